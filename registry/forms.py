"""The case form, built from a dictionary section by section, and the small forms around a case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from django import forms

from registry.calendar import day_words
from registry.dictionary.checks import Finding
from registry.dictionary.elements import DataDictionary, DataElement, FieldType, Role
from registry.dictionary.expression import Expression, holds
from registry.dictionary.form_schema import form_schema
from registry.dictionary.rules import is_answered
from registry.dictionary.wording import shown

MOST_PILLS = 9
BLANKS = ("required", "required_when")
# One key for each usual missing state; others are reached with Tab.
MISSING_KEYS = {"ND": "n", "UNK": "u", "NDOC": "d", "NAP": "a", "NC": "c"}
# For whom the usual words are long.
SHORT_STATES = {"Not collected in this form version": "not collected then"}
INPUT_KINDS = {"number": "number", "comma_number": "number", "date": "day", "datetime": "moment", "time": "time"}


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One element as the page draws it. ``control`` says how: pills, boxes, list, input, notes, calc, fixed or words."""

    name: str
    control: str
    kind: str
    label: str
    heading: str
    note: str
    unit: str
    choices: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str, str], ...]
    columns: tuple[str, ...]
    counts: bool
    matrix: str = ""
    opens_matrix: bool = False
    value: Any = ""
    text: str = ""
    stored: str = ""
    missing_value: str = ""
    source: str = ""
    is_hidden: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def row_attrs(self) -> dict[str, Any]:
        """Return the attributes of the row that the script reads."""
        shared = {"data-element": self.name, "data-control": self.control, "hidden": self.is_hidden}
        return shared | ({"data-matrix": len(self.choices)} if self.matrix else {})

    @property
    def input_kind(self) -> str:
        """Say which kind of line it is typed into."""
        return "number" if self.kind == "number" else "text"

    @property
    def choices_and_states(self) -> tuple[tuple[str, str], ...]:
        """Return the choices and then the missing states, for a plain list."""
        return (*self.choices, *((code, words) for code, words, _ in self.missing))

    @property
    def missing_plain(self) -> tuple[tuple[str, str, str], ...]:
        """Return the missing states without keys, for a page without the script."""
        return tuple((code, words, "") for code, words, _ in self.missing)

    @property
    def typed_hint(self) -> str:
        """Say how a value is written where no script helps."""
        states = ", ".join(f"{code} for {words}" for code, words, _ in self.missing)
        shape = {"day": "YYYY-MM-DD", "moment": "YYYY-MM-DD HH:MM", "time": "HH:MM"}.get(self.kind, "")
        return ". ".join(part for part in (self.note, shape, f"Or {states}" if states else "") if part)

    @property
    def missing_name(self) -> str:
        """Name the radio group of the missing states beside an input."""
        return f"{self.name}-missing"

    @property
    def attrs(self) -> dict[str, Any]:
        """Return the attributes of an input that the script reads; a list is a combobox."""
        shared = {"data-kind": self.kind, "autocomplete": "off", "spellcheck": "false"}
        if self.control == "list":
            return shared | {
                "role": "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": f"list-{self.name}",
                "data-code": self.value, "placeholder": "type to find",
            }  # fmt: skip
        if self.kind in ("day", "moment", "time"):
            return shared | {"inputmode": "text", "class": "input input-moment", "placeholder": PLACEHOLDERS[self.kind]}
        return shared


PLACEHOLDERS = {"day": "e.g. 12 Mar 2026", "moment": "e.g. 12 Mar 2026 08:30", "time": "e.g. 08:30"}


@dataclass(frozen=True, kw_only=True)
class FormSection:
    """One section with its fields, and how far it is: answered of expected."""

    name: str
    title: str
    fields: tuple[FormField, ...]
    n_answered: int = 0
    n_expected: int = 0
    n_findings: int = 0
    note: str = ""

    @property
    def shape(self) -> str:
        """Say by shape how far the section is."""
        if self.n_findings:
            return "warning"
        if not self.n_expected:
            return "none"
        return "done" if self.n_answered == self.n_expected else "todo"

    @property
    def progress(self) -> str:
        """Say how far the section is; follow-up that is still to come says when."""
        if not self.n_expected:
            return ""
        return self.note if self.note and self.n_answered == 0 else f"{self.n_answered}/{self.n_expected}"


@dataclass(frozen=True, kw_only=True)
class CaseForm:
    """The whole form of a case, bound to its answers."""

    sections: tuple[FormSection, ...]
    schema: dict[str, Any] = field(repr=False)

    @property
    def n_answered(self) -> int:
        """Count what is answered of what is expected."""
        return sum(section.n_answered for section in self.sections)

    @property
    def n_expected(self) -> int:
        """Count the fields that this case needs."""
        return sum(section.n_expected for section in self.sections)

    @property
    def n_findings(self) -> int:
        """Count the findings that wait for somebody."""
        return sum(section.n_findings for section in self.sections)


@lru_cache(maxsize=32)
def _schema(dictionary: DataDictionary) -> dict[str, Any]:
    return form_schema(dictionary)


@lru_cache(maxsize=32)
def _unbound(dictionary: DataDictionary) -> tuple[FormSection, ...]:
    texts = {element["name"]: element for section in _schema(dictionary)["sections"] for element in section["elements"]}
    own = {dictionary.roles.get(Role.CASE_KEY), dictionary.roles.get(Role.HOSPITAL)}
    return tuple(
        FormSection(
            name=section.name,
            title=section.title,
            fields=_opened(
                _field(element, texts[element.name], dictionary, fixed=element.name in own or _is_read_only(element, texts[element.name]))
                for element in section.elements
                if not texts[element.name]["hidden"]
            ),
        )
        for section in dictionary.sections
    )


def _opened(fields: Iterable[FormField]) -> tuple[FormField, ...]:
    """Mark the first row of every matrix: above it stand the words of the choices."""
    rows, before = [], ""
    for item in fields:
        rows.append(replace(item, opens_matrix=True) if item.matrix and item.matrix != before else item)
        before = item.matrix
    return tuple(rows)


def _is_read_only(element: DataElement, text: Mapping[str, Any]) -> bool:
    return bool(text["read_only"]) and element.calculation is None


def _field(element: DataElement, text: Mapping[str, Any], dictionary: DataDictionary, *, fixed: bool) -> FormField:
    control, kind = _control(element, fixed=fixed)
    return FormField(
        name=element.name,
        control=control,
        kind=kind,
        label=text["label"],
        heading=text["heading"],
        note=text["note"],
        unit=element.unit,
        choices=tuple((choice["code"], choice["label"]) for choice in text["choices"]),
        missing=tuple(
            (code, _state_words(dictionary.missing_labels[code]), MISSING_KEYS.get(code, "")) for code in element.missing_states
        ),
        columns=element.columns,
        matrix=element.matrix_group if control in ("pills", "boxes") else "",
        counts=control not in ("fixed", "calc", "words") and (element.is_required or element.required_when is not None),
    )


def _state_words(label: str) -> str:
    words = SHORT_STATES.get(label, label)
    return words[:1].lower() + words[1:]


def _control(element: DataElement, *, fixed: bool) -> tuple[str, str]:
    if fixed:
        return "fixed", "text"
    if element.calculation is not None:
        return "calc", INPUT_KINDS.get(element.kind, "text")
    if element.type in (FieldType.RADIO, FieldType.YESNO, FieldType.TRUEFALSE) and len(element.choices) <= MOST_PILLS:
        return "pills", "code"
    if element.type in (FieldType.RADIO, FieldType.DROPDOWN, FieldType.SQL):
        return ("list", "code") if element.choices else ("input", "text")
    plain = {
        FieldType.CHECKBOX: ("boxes", "tick"),
        FieldType.NOTES: ("notes", "text"),
        FieldType.DESCRIPTIVE: ("words", "text"),
        FieldType.FILE: ("words", "file"),
        FieldType.SLIDER: ("input", "number"),
    }
    return plain.get(element.type, ("input", INPUT_KINDS.get(element.kind, "text")))


def case_form(
    *,
    dictionary: DataDictionary,
    answers: Mapping[str, str],
    findings: Iterable[Finding],
    sources: Mapping[str, str],
    today: date,
    notes: Mapping[str, str],
) -> CaseForm:
    """Bind the form of a dictionary to a case. notes: words beside a section's name, such as when its follow-up is due."""
    by_element: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.code not in BLANKS:
            by_element.setdefault(finding.element, []).append(finding)

    def holds_now(expression: Expression | None) -> bool:
        return expression is None or holds(expression, answers, types=dictionary.types, today=today)

    sections = []
    for section in _unbound(dictionary):
        bound, answered, expected = [], 0, 0
        for plain in section.fields:
            element = dictionary.element(plain.name)
            is_shown = holds_now(element.branching)
            found = tuple(by_element.get(plain.name, ()))
            bound.append(_bound(plain, element, dictionary, answers, sources, is_hidden=not is_shown and not found, findings=found))
            if plain.counts and is_shown and (element.is_required or holds_now(element.required_when)):
                expected += 1
                answered += is_answered(element, answers)
        n_findings = sum(len(item.findings) for item in bound)
        counted = {"n_answered": answered, "n_expected": expected, "n_findings": n_findings}
        sections.append(replace(section, fields=tuple(bound), note=notes.get(section.name, ""), **counted))
    return CaseForm(sections=tuple(sections), schema=_schema(dictionary))


def _bound(
    plain: FormField,
    element: DataElement,
    dictionary: DataDictionary,
    answers: Mapping[str, str],
    sources: Mapping[str, str],
    *,
    is_hidden: bool,
    findings: tuple[Finding, ...],
) -> FormField:
    source = next((sources[column] for column in plain.columns if column in sources and answers.get(column)), "")
    if plain.control == "boxes":
        ticked = [choice.code for choice, column in zip(element.choices, element.columns, strict=True) if answers.get(column) == "1"]
        return replace(plain, value=ticked, is_hidden=is_hidden, findings=findings, source=source)
    text = answers.get(plain.name, "")
    state = text if text in {code for code, _, _ in plain.missing} else ""
    written = "" if state and plain.control != "list" else _written(plain, element, dictionary, text)
    value = text if plain.control in ("pills", "list") else ""
    return replace(
        plain, value=value, text=written, stored=text, missing_value=state, is_hidden=is_hidden, findings=findings, source=source
    )


def _written(plain: FormField, element: DataElement, dictionary: DataDictionary, text: str) -> str:
    """Write a stored text as the input shows it: dates in words, a choice by its label."""
    if plain.kind in ("day", "moment") and text:
        try:
            day = day_words(date.fromisoformat(text[:10]))
        except ValueError:
            return text
        return f"{day} {text[11:16]}".rstrip()
    return shown(element, text, dictionary) if plain.control == "list" and text else text


def read_rows(*, dictionary: DataDictionary, answers: Mapping[str, str], today: date) -> list[tuple[str, str, list[tuple[str, str, str, str]]]]:
    """Write a case out for reading: (section, title, rows of (element, label, words, heading)); what does not apply is left out."""
    sections = []
    for section in _unbound(dictionary):
        rows = []
        for plain in section.fields:
            element = dictionary.element(plain.name)
            told = _told(element, dictionary, answers)
            applies = element.branching is None or holds(element.branching, answers, types=dictionary.types, today=today)
            if plain.control != "words" and (told or applies):
                rows.append((plain.name, plain.label, told, plain.heading))
        sections.append((section.name, section.title, rows))
    return sections


def _told(element: DataElement, dictionary: DataDictionary, answers: Mapping[str, str]) -> str:
    if element.type is FieldType.CHECKBOX:
        chosen = [choice.label for choice, column in zip(element.choices, element.columns, strict=True) if answers.get(column) == "1"]
        return ", ".join(chosen)
    text = answers.get(element.name, "")
    return shown(element, text, dictionary) if text else ""


class NewCaseForm(forms.Form):
    """Open a case: where, and under which number."""

    where = forms.ChoiceField(label="Registry", widget=forms.RadioSelect)
    key = forms.CharField(label="Case number", max_length=64, help_text="Your hospital's own number for this operation, never the record number.")

    def __init__(self, data: Any = None, *, places: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["where"].choices = places
        if len(places) == 1:
            self.fields["where"].initial = places[0][0]
            self.fields["where"].widget = forms.HiddenInput()


class ReasonForm(forms.Form):
    """Say why."""

    reason = forms.CharField(label="Why", max_length=1000, widget=forms.Textarea)


class AmendForm(forms.Form):
    """Propose another value for one field of a closed case."""

    element = forms.ChoiceField(label="Field")
    reason = forms.CharField(label="Why it should change", max_length=1000, widget=forms.Textarea)

    def __init__(self, data: Any = None, *, elements: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["element"].choices = elements


def amendable(dictionary: DataDictionary) -> list[tuple[str, str]]:
    """Return the fields that an amendment may change, with their labels; boxes are changed by reopening before the close."""
    kept = ("pills", "list", "input", "notes")
    return [(item.name, f"{section.title}: {item.label}") for section in _unbound(dictionary) for item in section.fields if item.control in kept]


def value_control(dictionary: DataDictionary, answers: Mapping[str, str], name: str) -> FormField | None:
    """Return the control for one field's new value, bound to what it holds; None where there is no such field."""
    plain = next((item for section in _unbound(dictionary) for item in section.fields if item.name == name), None)
    if plain is None:
        return None
    return _bound(plain, dictionary.element(name), dictionary, answers, {}, is_hidden=False, findings=())


def amended_value(dictionary: DataDictionary, name: str, text: str) -> str:
    """Return the stored form of what was typed: a choice's label is taken for its code."""
    text = text.strip()
    by_label = {choice.label.lower(): choice.code for choice in dictionary.element(name).choices}
    return by_label.get(text.lower(), text)
