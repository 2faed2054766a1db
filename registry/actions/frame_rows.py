"""The rows of an operating list: what each says, every fault at once by row and column, and what is here already. Reads, never writes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import md5
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from django.db import connection

from registry.calendar import day_words
from registry.dictionary.elements import DataDictionary, Role
from registry.dictionary.frame import TypedFrame
from registry.dictionary.rules import ExpressionRule, Rule, ValueRule, rules_of
from registry.dictionary.wording import plain_label
from registry.intake import columns, dates
from registry.intake.sheet import Sheet, letter

HOSPITAL = "@hospital"
LONGEST_KEY, LONGEST_CODE = 64, 40


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that cannot be taken: the sheet's row, the column by letter and header, the value, what is wrong, what to do."""

    row: int
    letter: str
    header: str
    code: str
    value: str
    message: str
    remedy: str

    def as_json(self) -> dict[str, Any]:
        """Give what the upload keeps."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An operating list, read. arrays: column → texts of shape (n,). places: column → its place in the file. procedure: its element."""

    sheet: Sheet
    dictionary: DataDictionary
    arrays: Mapping[str, pa.DictionaryArray]
    places: Mapping[str, int]
    procedure: str
    codes: frozenset[str]
    hospital_codes: frozenset[str]
    today: date

    @property
    def key(self) -> str:
        """Name the column that holds the key."""
        return key_column(self.dictionary)

    @property
    def day(self) -> str:
        """Name the column that holds the day of the operation."""
        return self.dictionary.roles[Role.OCCURRED_ON]

    def fault(self, row: int, column: str, *, code: str, value: str, message: str, remedy: str) -> Fault:
        """Say where a fault stands. row: position in the sheet."""
        place = self.places.get(column)
        return Fault(
            row=int(self.sheet.rows[row]),
            letter="" if place is None else letter(place),
            header="" if place is None else self.sheet.headers[place],
            code=code,
            value=value[:80],
            message=message,
            remedy=remedy,
        )


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a list says row by row: arrays of shape (n,), objects; ``values`` are records of column and text."""

    keys: np.ndarray
    days: np.ndarray
    procedures: np.ndarray
    surgeons: np.ndarray
    values: list[dict[str, str]]
    digests: list[str]


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A list, examined: what it says, which rows are new (bool, shape (n,)), and every fault in the order of rows."""

    read: Read
    is_new: np.ndarray
    faults: tuple[Fault, ...]


def key_column(dictionary: DataDictionary) -> str:
    """Name the element that names a case."""
    return (dictionary.role(Role.CASE_KEY) or dictionary.elements[0]).name


def needed(dictionary: DataDictionary, procedure: str) -> tuple[str, ...]:
    """Name the columns without which a list tells nothing."""
    return key_column(dictionary), dictionary.roles[Role.OCCURRED_ON], procedure


def examine(frame: Frame, *, registry_id: int, hospital_id: int) -> Examined:
    """Read a list, find every fault, and compare it with what is here already."""
    read = _read(frame)
    faults = [*_uneven(frame), *_blanks(frame, read), *_values(frame), *_procedures(frame, read), *_hospitals(frame), *_twice(frame, read)]
    here = _here(read, registry_id=registry_id, hospital_id=hospital_id)
    faults += _other_content(frame, read, here)
    is_new = np.array([key not in here for key in read.keys.tolist()], dtype=bool)
    return Examined(read=read, is_new=is_new, faults=tuple(sorted(faults, key=lambda fault: (fault.row, fault.letter))))


def _read(frame: Frame) -> Read:
    n = len(frame.sheet)
    kept = [column for column in frame.arrays if column not in (frame.key, HOSPITAL)]
    values: list[dict[str, str]] = [{} for _ in range(n)]
    for column in sorted(kept):
        for row, text in zip(values, columns.texts(frame.arrays[column]).tolist(), strict=True):
            if text is not None:
                row[column] = text
    surgeon = frame.dictionary.roles.get(Role.SURGEON, "")
    return Read(
        keys=columns.texts(frame.arrays[frame.key]),
        days=dates.days(frame.arrays[frame.day]),
        procedures=columns.texts(frame.arrays[frame.procedure]),
        surgeons=columns.texts(frame.arrays[surgeon]) if surgeon in frame.arrays else np.full(n, "", dtype=object),
        values=values,
        digests=[md5(orjson.dumps(row), usedforsecurity=False).hexdigest() for row in values],
    )


def _uneven(frame: Frame) -> Iterator[Fault]:
    for row in frame.sheet.uneven:
        yield Fault(
            row=row.row,
            letter="",
            header="",
            code="uneven_row",
            value="",
            message=f"The row has {row.n_cells} cells where the header has {row.n_headers}.",
            remedy="Most often a text holds the separator without quotation marks around it.",
        )


def _blanks(frame: Frame, read: Read) -> Iterator[Fault]:
    for column, held in ((frame.key, read.keys), (frame.day, columns.texts(frame.arrays[frame.day])), (frame.procedure, read.procedures)):
        words = plain_label(frame.dictionary.element(column))
        for row in np.flatnonzero([text is None for text in held.tolist()]):
            message = f"{words} is blank."
            yield frame.fault(row, column, code="blank", value="", message=message, remedy="Every operation needs it; fill it in the source.")
    for row, key in enumerate(read.keys.tolist()):
        if key is not None and (len(key) > LONGEST_KEY or not key.isprintable()):
            message = f"The key is longer than {LONGEST_KEY} signs, or holds signs that cannot be read."
            yield frame.fault(row, frame.key, code="key", value=key, message=message, remedy="Send the study number alone.")


def _values(frame: Frame) -> Iterator[Fault]:
    """Ask the dictionary's own rules about each value: kind, choice, missing state and the limits of the possible; nothing about what is absent."""
    n = len(frame.sheet)
    typed = TypedFrame(columns.to_frame({name: array for name, array in frame.arrays.items() if name != HOSPITAL}, n=n), types=frame.dictionary.types)
    for rule in rules_of(frame.dictionary):
        if rule.column not in frame.arrays or not _is_of_a_value(rule) or rule.column == frame.procedure:
            continue
        for row in np.flatnonzero(rule.rows(typed, frame.today)):
            found = rule.finding({name: text for name, text in typed.answers(int(row), rule.columns).items() if text})
            yield frame.fault(row, rule.column, code=rule.code, value=found.value, message=found.message, remedy=found.remedy)


def _is_of_a_value(rule: Rule) -> bool:
    return isinstance(rule, ValueRule) or (isinstance(rule, ExpressionRule) and rule.kind in ("range.below", "range.above"))


def _procedures(frame: Frame, read: Read) -> Iterator[Fault]:
    for row, text in enumerate(read.procedures.tolist()):
        if text is not None and text not in frame.codes:
            yield frame.fault(
                row, frame.procedure, code="procedure", value=text, message=f"“{text[:40]}” is no procedure of this registry.",
                remedy="Correct the code, or leave the operation out of the list.",
            )  # fmt: skip


def _hospitals(frame: Frame) -> Iterator[Fault]:
    if HOSPITAL not in frame.arrays:
        return
    for row, text in enumerate(columns.texts(frame.arrays[HOSPITAL]).tolist()):
        if text not in frame.hospital_codes:
            words = f"“{text[:40]}” is not the code of this hospital." if text else "The row does not say whose operation it is."
            yield frame.fault(row, HOSPITAL, code="hospital", value=text or "", message=words, remedy="Send only the operations of this hospital.")


def _twice(frame: Frame, read: Read) -> Iterator[Fault]:
    counted = Counter(key for key in read.keys.tolist() if key is not None)
    first: dict[str, int] = {}
    for row, key in enumerate(read.keys.tolist()):
        if counted.get(key, 0) < 2:
            continue
        if key in first:
            message = f"“{key[:40]}” stands in row {first[key]} too."
            yield frame.fault(row, frame.key, code="twice", value=key, message=message, remedy="Each operation has a key of its own and stands once.")
        first.setdefault(key, int(frame.sheet.rows[row]))


def _here(read: Read, *, registry_id: int, hospital_id: int) -> dict[str, tuple[str, dict[str, str], date]]:
    """Find the operations that earlier lists brought: digest, values and the day of their list, by key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.key, r.digest, r.values, u.committed_at::date FROM registry_framerow r JOIN registry_frameupload u ON u.id = r.upload_id"
            " WHERE r.hospital_id = %s AND r.registry_id = %s AND r.key = ANY(%s)",
            [hospital_id, registry_id, [key for key in read.keys.tolist() if key is not None]],
        )
        return {key: (digest, orjson.loads(values) if isinstance(values, str) else values, on) for key, digest, values, on in cursor.fetchall()}


def _other_content(frame: Frame, read: Read, here: Mapping[str, tuple[str, dict[str, str], date]]) -> Iterator[Fault]:
    """Name the first value that an earlier list told otherwise; a column that only one of the two lists has says nothing."""
    for row, key in enumerate(read.keys.tolist()):
        if key not in here or here[key][0] == read.digests[row]:
            continue
        _, before, on = here[key]
        now = read.values[row]
        for column in sorted((before.keys() | now.keys()) & set(frame.arrays)):
            if column in before and before[column] != now.get(column):
                message = f"The list of {day_words(on)} says “{before[column][:40]}” for this operation."
                remedy = "What was on a list stays as it was. Correct the value in the case, or leave the operation out of this list."
                yield frame.fault(row, column, code="other_content", value=now.get(column, ""), message=message, remedy=remedy)
                break
