"""How complete frozen cases are: required elements answered, follow-up done, hospital by hospital. Reads nothing, writes nothing."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from registry.dictionary.elements import DataDictionary, DataElement, Role
from registry.dictionary.expression import holds_frame
from registry.dictionary.frame import TypedFrame
from registry.dictionary.rules import rows_answered
from registry.intake import columns, dates

# Missing states that say the question was not put: such cases are not counted for or against.
NOT_ASKED = frozenset({"NAP", "NC"})


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Counts of one hospital: required elements that applied and were answered; follow-ups due and done (None without the role)."""

    n_applied: int
    n_answered: int
    n_due: int | None
    n_followed: int | None

    @property
    def completeness(self) -> float | None:
        """Give the share (0-1) of required elements that hold an answer, None where none applied."""
        return self.n_answered / self.n_applied if self.n_applied else None

    def plus(self, other: "Quality") -> "Quality":
        """Add the counts of another dictionary version."""
        return Quality(
            n_applied=self.n_applied + other.n_applied,
            n_answered=self.n_answered + other.n_answered,
            n_due=_sum(self.n_due, other.n_due),
            n_followed=_sum(self.n_followed, other.n_followed),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def quality_of(dictionary: DataDictionary, table: pa.Table, *, follow_up_days: int, today: date) -> dict[int, Quality]:
    """Count by hospital id. table: the rows of one version as frozen; today: the day on which follow-up is due or not yet."""
    n = table.num_rows
    arrays = {name: columns.whole(table, name) for name in dictionary.columns if name in table.column_names}
    frame = TypedFrame(columns.to_frame(arrays, n=n), types=dictionary.types)
    applied, answered = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for element in dictionary.elements:
        if element.is_required and element.is_entered and element.columns:
            asked, held = asked_and_held(dictionary, element, frame, arrays, n=n, today=today)
            applied += asked
            answered += asked & held
    due, followed = follow_up_of(dictionary, table, arrays, follow_up_days=follow_up_days, today=today)
    hospitals = np.array([int(text) for text in table.column("hospital_id").to_pylist()], dtype=np.int64)
    return {
        hospital_id: Quality(
            n_applied=int(applied[own].sum()),
            n_answered=int(answered[own].sum()),
            n_due=None if due is None else int(due[own].sum()),
            n_followed=None if due is None else int((due & followed)[own].sum()),
        )
        for hospital_id in sorted(set(hospitals.tolist()))
        for own in [hospitals == hospital_id]
    }


def asked_and_held(
    dictionary: DataDictionary,
    element: DataElement,
    frame: TypedFrame,
    arrays: dict[str, pa.DictionaryArray],
    *,
    n: int,
    today: date,
) -> tuple[np.ndarray, np.ndarray]:
    """Say for each row whether a required element was asked and whether it holds an answer, not a missing state."""
    asked = np.ones(n, dtype=bool)
    if element.branching is not None:
        asked = holds_frame(element.branching, frame, types=dictionary.types, today=today)
    held = rows_answered(element, frame)
    states = dictionary.types.missing - dictionary.types.own_codes.get(element.name, frozenset())
    if element.columns[0] in arrays and len(element.columns) == 1:
        array = arrays[element.columns[0]]
        state = columns.looked_up(array, {code: code for code in states}, absent="")
        held &= state == ""
        asked &= ~np.isin(state.astype(str), sorted(NOT_ASKED))
    return asked, held


def follow_up_of(
    dictionary: DataDictionary,
    table: pa.Table,
    arrays: dict[str, pa.DictionaryArray],
    *,
    follow_up_days: int,
    today: date,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Say for each row whether its follow-up is due and whether it was done; None where the dictionary names no such date."""
    element = dictionary.role(Role.FOLLOW_UP_ON)
    if element is None or element.name not in arrays:
        return None, None
    latest = today - timedelta(days=follow_up_days)
    days = dates.days(columns.whole(table, "occurred_on"))
    due = np.array([day is not None and day <= latest for day in days.tolist()], dtype=bool)
    followed = np.array([day is not None for day in dates.days(arrays[element.name]).tolist()], dtype=bool)
    return due, followed
