"""Reads a measure from its TOML file and reports every fault of the file at once; what a measure is stands in definition.py."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from feedback.measures.definition import Adjuster, Change, Coding, Exclusion, Kind, Measure, MissingRule
from registry.dictionary.expression import Expression, ExpressionFault, parse

UNITS = ("case",)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_TOP = frozenset(Measure.__dataclass_fields__) - {"digest"}
_OPTIONAL = {"missing_when", "exclusions", "adjusters"}
_DEFAULT_RULE = {True: MissingRule.MEAN_INDICATOR, False: MissingRule.CATEGORY}


@dataclass(frozen=True)
class MeasureFault:
    """One thing wrong with a measure file: the TOML key, what is wrong, and what to do about it."""

    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        """Return the fault as one line for a person."""
        return f"{self.key}: {self.message} {self.remedy}"


class MeasureFaults(Exception):
    """A measure file that cannot be used; `faults` holds every reason."""

    def __init__(self, faults: Iterable[MeasureFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def load(data: bytes) -> Measure:
    """Read one measure from the bytes of its TOML file.

    Raises MeasureFaults with all faults of the file. The digest is the SHA-256 of the file with line ends
    normalised, so the same words always give the same version.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except UnicodeDecodeError as fault:
        raise MeasureFaults(
            [MeasureFault("file", f"The file is not UTF-8 text (byte {fault.start}).", "Save it as UTF-8.")]
        ) from fault
    except tomllib.TOMLDecodeError as fault:
        raise MeasureFaults(
            [MeasureFault("file", f"The file is not TOML: {fault}.", "Mend the line that is named.")]
        ) from fault
    reader = _Reader()
    measure = _measure(reader, table, digest=hashlib.sha256(text.encode()).hexdigest())
    if reader.faults or measure is None:
        raise MeasureFaults(reader.faults)
    return measure


def faults_against(measure: Measure, *, columns: Iterable[str]) -> tuple[MeasureFault, ...]:
    """Return one fault for each column the measure names that a dictionary version does not have.

    `columns` are the export columns of the dictionary version. An empty tuple means the measure can be evaluated.
    """
    known = frozenset(columns)
    ticked = {column.split("___")[0] for column in known if "___" in column}
    named = [(key, reference.name) for key, rule in measure.expressions for reference in rule.references]
    strange = [(key, name) for key, name in dict.fromkeys(named) if name not in known | ticked]
    placed = [(f"adjusters[{at}].element", adjuster.element) for at, adjuster in enumerate(measure.adjusters, start=1)]
    strange += [(key, column) for key, column in placed if column not in known]
    remedy = "Name an element of the data dictionary, or publish a version that has it."
    return tuple(MeasureFault(key, f"The data dictionary does not have “{name}”.", remedy) for key, name in strange)


class _Reader:
    """Takes values out of TOML tables and notes a fault for each that is missing or of the wrong kind."""

    def __init__(self) -> None:
        self.faults: list[MeasureFault] = []

    def fault(self, key: str, message: str, remedy: str) -> None:
        self.faults.append(MeasureFault(key, message, remedy))

    def known(self, table: Mapping[str, Any], allowed: Iterable[str], *, prefix: str = "") -> None:
        for key in sorted(set(table) - set(allowed)):
            self.fault(prefix + key, "This key is not known.", f"Use one of: {', '.join(sorted(allowed))}.")

    def value(
        self, table: Mapping[str, Any], key: str, kind: type | tuple[type, ...], what: str, *, prefix: str = ""
    ) -> Any:
        if key not in table:
            self.fault(prefix + key, "This key is missing.", f"Give {what}.")
            return None
        found = table[key]
        wrong_bool = isinstance(found, bool) and kind is not bool
        if wrong_bool or not isinstance(found, kind) or isinstance(found, datetime):
            self.fault(prefix + key, f"This is {type(found).__name__}, not {what}.", f"Give {what}.")
            return None
        return found

    def text(self, table: Mapping[str, Any], key: str, *, prefix: str = "") -> str:
        found = self.value(table, key, str, "a text", prefix=prefix)
        if found is not None and not found.strip():
            self.fault(prefix + key, "This text is empty.", "Write it, for people will read it.")
        return (found or "").strip()

    def expression(self, table: Mapping[str, Any], key: str, *, prefix: str = "") -> Expression | None:
        text = self.text(table, key, prefix=prefix)
        if not text:
            return None
        try:
            return parse(text)
        except ExpressionFault as fault:
            self.fault(
                prefix + key,
                f"The expression cannot be read: {fault}",
                "Write it in the dictionary's expression language.",
            )
            return None

    def choice(self, table: Mapping[str, Any], key: str, kind: type[StrEnum], *, prefix: str = "") -> Any:
        text = self.text(table, key, prefix=prefix)
        if text and text not in list(kind):
            self.fault(prefix + key, f"“{text}” is not known here.", f"Use one of: {', '.join(kind)}.")
            return None
        return kind(text) if text else None

    def tables(self, table: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
        rows = self.value(table, key, list, "a list of tables") if key in table else []
        if rows is None or not all(isinstance(row, dict) for row in rows):
            if rows is not None:
                self.fault(key, "This holds something other than tables.", f"Write each as [[{key}]].")
            return []
        return [(f"{key}[{at}].", row) for at, row in enumerate(rows, start=1)]


def _measure(reader: _Reader, table: Mapping[str, Any], *, digest: str) -> Measure | None:
    """Read every key of the file, noting all faults; return None when the expressions or choices cannot stand."""
    reader.known(table, _TOP)
    texts = {
        key: reader.text(table, key)
        for key in (
            "code",
            "version",
            "title",
            "registry",
            "why",
            "unit",
            "checker",
            "denominator_words",
            "numerator_words",
        )
    }
    kind = reader.choice(table, "kind", Kind)
    adverse = reader.value(table, "adverse", bool, "true or false")
    review = reader.value(table, "review_date", date, "a date, as 2027-06-30")
    population, outcome = reader.expression(table, "population"), reader.expression(table, "outcome")
    missing_when = reader.expression(table, "missing_when") if "missing_when" in table else None
    exclusions = tuple(_exclusion(reader, prefix, row) for prefix, row in reader.tables(table, "exclusions"))
    adjusters = tuple(_adjuster(reader, prefix, row) for prefix, row in reader.tables(table, "adjusters"))
    change_log = tuple(_change(reader, prefix, row) for prefix, row in reader.tables(table, "change_log"))
    authors = _authors(reader, table)
    _check_names(reader, texts=texts, authors=authors)
    _check_lists(reader, exclusions=exclusions, adjusters=adjusters, outcome=outcome)
    _check_dates(reader, version=texts["version"], change_log=change_log, review=review)
    if reader.faults:
        return None
    return Measure(
        kind=kind,
        adverse=adverse,
        population=population,
        exclusions=exclusions,
        outcome=outcome,
        missing_when=missing_when,
        adjusters=adjusters,
        authors=authors,
        review_date=review,
        change_log=change_log,
        digest=digest,
        **texts,
    )


def _exclusion(reader: _Reader, prefix: str, row: Mapping[str, Any]) -> Exclusion:
    reader.known(row, Exclusion.__dataclass_fields__, prefix=prefix)
    code = reader.text(row, "code", prefix=prefix)
    _check_code(reader, prefix + "code", code)
    return Exclusion(
        code=code, when=reader.expression(row, "when", prefix=prefix), words=reader.text(row, "words", prefix=prefix)
    )


def _adjuster(reader: _Reader, prefix: str, row: Mapping[str, Any]) -> Adjuster:
    reader.known(row, Adjuster.__dataclass_fields__, prefix=prefix)
    coding = reader.choice(row, "coding", Coding, prefix=prefix) or Coding.CATEGORICAL
    default = _DEFAULT_RULE[coding.numeric]
    missing = reader.choice(row, "missing", MissingRule, prefix=prefix) if "missing" in row else default
    if missing is not None and missing is not default:
        reader.fault(prefix + "missing", f"“{missing}” does not go with {coding} coding.", f"Use {default}.")
    if coding.numeric and "reference" in row:
        reader.fault(
            prefix + "reference", "A number has no reference level.", 'Take it out, or say coding = "categorical".'
        )
    reference = None if coding.numeric else reader.text(row, "reference", prefix=prefix)
    if not coding.numeric:
        for key in sorted({"centre", "scale"} & set(row)):
            reader.fault(
                prefix + key, "Categories are not centred or scaled.", "Take it out, or choose a numeric coding."
            )
    centre = _number(reader, row, "centre", prefix=prefix, default=0.0)
    scale = _number(reader, row, "scale", prefix=prefix, default=1.0)
    if scale <= 0:
        reader.fault(
            prefix + "scale",
            "The scale is not above zero.",
            "Give the number of units that one step means, as 10 for ten years.",
        )
    return Adjuster(
        element=reader.text(row, "element", prefix=prefix),
        label=reader.text(row, "label", prefix=prefix),
        coding=coding,
        missing=missing or default,
        reference=reference,
        centre=centre,
        scale=scale,
    )


def _number(reader: _Reader, row: Mapping[str, Any], key: str, *, prefix: str, default: float) -> float:
    found = reader.value(row, key, (int, float), "a number", prefix=prefix) if key in row else default
    return default if found is None else float(found)


def _change(reader: _Reader, prefix: str, row: Mapping[str, Any]) -> Change:
    reader.known(row, Change.__dataclass_fields__, prefix=prefix)
    return Change(
        version=reader.text(row, "version", prefix=prefix),
        on=reader.value(row, "on", date, "a date, as 2026-01-31", prefix=prefix),
        by=reader.text(row, "by", prefix=prefix),
        words=reader.text(row, "words", prefix=prefix),
    )


def _authors(reader: _Reader, table: Mapping[str, Any]) -> tuple[str, ...]:
    names = reader.value(table, "authors", list, "a list of names") or []
    if not all(isinstance(name, str) and name.strip() for name in names):
        reader.fault("authors", "One of the authors is not a name.", "Write each as a text.")
        return ()
    if not names and isinstance(table.get("authors"), list):
        reader.fault("authors", "Nobody is named.", "Name whoever answers for the measure.")
    return tuple(name.strip() for name in names)


def _check_code(reader: _Reader, key: str, code: str) -> None:
    if code and not _CODE.fullmatch(code):
        reader.fault(key, f"“{code}” is not a code.", "Use 2 to 40 capitals, digits and underscores, a letter first.")


def _check_names(reader: _Reader, *, texts: Mapping[str, str], authors: tuple[str, ...]) -> None:
    _check_code(reader, "code", texts["code"])
    if texts["unit"] and texts["unit"] not in UNITS:
        reader.fault("unit", f"“{texts['unit']}” is not counted here.", f"Use {', '.join(UNITS)}.")
    if texts["checker"] and texts["checker"] in authors:
        reader.fault("checker", "The checker is one of the authors.", "Let somebody else check it.")


def _check_lists(
    reader: _Reader, *, exclusions: tuple[Exclusion, ...], adjusters: tuple[Adjuster, ...], outcome: Expression | None
) -> None:
    for key, names in (
        ("exclusions", [rule.code for rule in exclusions]),
        ("adjusters", [rule.element for rule in adjusters]),
    ):
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            reader.fault(key, f"“{name}” stands here more than once.", "Keep one of them.")
    for adjuster in adjusters:
        if outcome is not None and adjuster.element.split("___")[0] in outcome.elements:
            reader.fault(
                "adjusters",
                f"“{adjuster.element}” is part of the outcome.",
                "Adjust only for what was so before the operation.",
            )


def _check_dates(reader: _Reader, *, version: str, change_log: tuple[Change, ...], review: date | None) -> None:
    if not change_log:
        reader.fault("change_log", "There is no change log.", "Add [[change_log]] with version, on, by and words.")
        return
    if version and version not in {change.version for change in change_log}:
        reader.fault("change_log", f"Version {version} is not in the change log.", "Say what changed in it.")
    dates = [change.on for change in change_log if change.on is not None]
    if review is not None and dates and review <= max(dates):
        reader.fault("review_date", "The review date is not after the latest change.", "Give a date to come.")
