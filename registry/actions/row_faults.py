"""Faults of a row that no dictionary speaks of: its key, its hospital, its period, its case's state, its surgeon's code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from registry import follow_up
from registry.actions.batches import Batch, Known
from registry.calendar import day_words
from registry.dictionary.elements import Role, Severity
from registry.intake import columns
from registry.intake.dates import Span, days
from registry.lifecycle import CaseState

if TYPE_CHECKING:
    from registry.actions.examination import Group

LONGEST_KEY = 64
LAST_YEAR = 9990
SAME = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFault:
    """One fault: row by position (-1 where the row could not be read), its number for the reader, and the words of a finding."""

    row: int
    number: int
    place: int | None
    column: str
    code: str
    severity: Severity
    message: str
    remedy: str
    value: str = ""


def of_batch(batch: Batch, keys: np.ndarray) -> list[RowFault]:
    """Find rows that could not be read, foreign hospitals, blank or long keys, and keys that stand twice in the batch."""
    faults = [
        RowFault(
            row=-1,
            number=row.row,
            place=None,
            column="",
            code="uneven_row",
            severity=Severity.HARD,
            message=f"The row has {row.n_cells} cells where the header has {row.n_headers}.",
            remedy="Most often a text holds the separator without quotation marks around it.",
        )
        for row in batch.uneven
    ]
    faults += [_foreign(batch, row, text) for row, text in batch.foreign.items()]
    return faults + _key_faults(batch, keys)


def _foreign(batch: Batch, row: int, text: str) -> RowFault:
    message = f"“{text[:40]}” is not the code of this hospital." if text else "The row does not say whose case it is."
    return RowFault(
        row=row,
        number=int(batch.numbers[row]),
        place=batch.hospital_place,
        column="",
        code="hospital",
        severity=Severity.HARD,
        message=message,
        remedy="Take the row out, or correct the code. The coordinating centre knows the codes.",
        value=text,
    )


def _key_faults(batch: Batch, keys: np.ndarray) -> list[RowFault]:
    place, faults = batch.places.get(batch.key_column), []

    def add(row: int, code: str, message: str, remedy: str) -> None:
        faults.append(
            RowFault(
                row=row,
                number=int(batch.numbers[row]),
                place=place,
                column=batch.key_column,
                code=code,
                severity=Severity.HARD,
                message=message,
                remedy=remedy,
                value=keys[row] or "",
            )
        )

    required = batch.dictionary.element_of(batch.key_column).is_required
    blank = pd.isna(keys)
    if not required:
        for row in np.flatnonzero(blank).tolist():
            add(row, "key_blank", "The row has no case number.", "Give the case the number your hospital keeps for it.")
    array = batch.arrays[batch.key_column]
    if columns.longest(array) > LONGEST_KEY:
        for row in [row for row, key in enumerate(keys.tolist()) if key and len(key) > LONGEST_KEY]:
            add(row, "key_long", f"The case number is longer than {LONGEST_KEY} signs.", "Use a shorter one.")
    pairs = pd.DataFrame({"hospital": batch.hospitals, "key": columns.codes(array)})
    again = pairs.duplicated(keep="first").to_numpy() & ~blank
    if again.any():
        first = pairs[~again & ~blank].reset_index().set_index(["hospital", "key"])["index"]
        for row in np.flatnonzero(again).tolist():
            earlier = int(batch.numbers[first[tuple(pairs.iloc[row])]])
            add(row, "key_twice", f"The case number already stands in row {earlier}.", "Keep one of the two rows.")
    return faults


def of_group(batch: Batch, group: "Group", known: Mapping[int, Known], spans: list[Span]) -> list[RowFault]:
    """Find rows that touch a closed period or a withdrawn case or come before day 30, days of no period, unknown surgeons, lost columns."""
    active = group.outcome != SAME
    faults = _period_faults(batch, group, known, spans, active)
    faults += _state_faults(batch, group, known, active)
    faults += _early_faults(batch, group, active)
    faults += _surgeon_faults(batch, group, active)
    return faults + _lost_columns(batch, group, active)


def _fault(
    batch: Batch,
    group: "Group",
    place: int,
    *,
    column: str,
    code: str,
    severity: Severity,
    words: tuple[str, str],
    value: str = "",
) -> RowFault:
    row = int(group.rows[place])
    return RowFault(
        row=row,
        number=int(batch.numbers[row]),
        place=batch.places.get(column),
        column=column,
        code=code,
        severity=severity,
        message=words[0],
        remedy=words[1],
        value=value,
    )


def _period_faults(
    batch: Batch, group: "Group", known: Mapping[int, Known], spans: list[Span], active: np.ndarray
) -> list[RowFault]:
    index = group.dictionary.role(Role.OCCURRED_ON)
    column = index.name if index else batch.key_column
    by_id = {span.id: span for span in spans}
    shut = {id(span) for span in spans if not span.is_open}
    closed_ids = {span.id for span in spans if not span.is_open}
    faults = []
    for place in np.flatnonzero(active).tolist() if shut else ():
        span, case = group.periods[place], known.get(int(group.rows[place]))
        old = by_id.get(case.period_id) if case is not None and case.period_id in closed_ids else None
        closed = old or (span if span is not None and not span.is_open else None)
        if closed is not None:
            words = (
                f"The period {closed.label} is closed.",
                "Take the row out; a case of a closed period is changed by an amendment that a second person approves.",
            )
            value = day.isoformat() if (day := group.occurred_on[place]) else ""
            faults.append(
                _fault(
                    batch,
                    group,
                    place,
                    column=column,
                    code="period_closed",
                    severity=Severity.HARD,
                    words=words,
                    value=value,
                )
            )
    missing = active & np.array([span is None for span in group.periods], dtype=bool)
    if batch.registry.has_dates:
        missing &= np.array([day is not None for day in group.occurred_on], dtype=bool)
    for place in np.flatnonzero(missing).tolist():
        day = group.occurred_on[place]
        said = f"No reporting period covers {day_words(day)}." if day else "No reporting period was chosen."
        words = (said, "Check the date, or ask the coordinating centre to open the period.")
        value = day.isoformat() if day else ""
        faults.append(
            _fault(
                batch, group, place, column=column, code="period_none", severity=Severity.HARD, words=words, value=value
            )
        )
    return faults


def _state_faults(batch: Batch, group: "Group", known: Mapping[int, Known], active: np.ndarray) -> list[RowFault]:
    withdrawn = [
        place for place in (np.flatnonzero(active).tolist() if known else ())
        if (case := known.get(int(group.rows[place]))) is not None and case.status == CaseState.WITHDRAWN.value
    ]  # fmt: skip
    words = ("The case was withdrawn.", "Open it again on its page first, or take the row out.")
    return [
        _fault(batch, group, place, column=batch.key_column, code="withdrawn", severity=Severity.HARD, words=words)
        for place in withdrawn
    ]


def _early_faults(batch: Batch, group: "Group", active: np.ndarray) -> list[RowFault]:
    """Find cases whose follow-up is not over: what comes by file or delivery is complete, as what the form submits is."""
    index, dictionary = group.dictionary.role(Role.OCCURRED_ON), group.dictionary
    if index is None or dictionary.role(Role.FOLLOW_UP_ON) is None or not batch.registry.has_dates:
        return []
    length = timedelta(days=batch.registry.follow_up_days)
    early = active & np.array([day is not None and day > batch.today - length for day in group.occurred_on.tolist()], dtype=bool)
    if not early.any():
        return []
    died = dictionary.role(Role.DIED_ON)
    died_on = days(group.arrays[died.name]) if died else np.full(len(early), None, dtype=object)
    faults = []
    for place in np.flatnonzero(early).tolist():
        day = group.occurred_on[place]
        due_on = day + length if day.year <= LAST_YEAR else None
        if follow_up.may_complete(due_on=due_on, died_on=died_on[place], today=batch.today):
            continue
        words = (
            f"The follow-up of this case runs to {day_words(due_on)}, so it cannot be complete before.",
            "Send the row from that day on, or open the case in the form, which keeps it as a draft. If the patient has died, give the day of death.",
        )
        fault = _fault(
            batch, group, place, column=index.name, code="follow_up_runs", severity=Severity.HARD, words=words, value=day.isoformat()
        )
        faults.append(fault)
    return faults


def _surgeon_faults(batch: Batch, group: "Group", active: np.ndarray) -> list[RowFault]:
    element = group.dictionary.role(Role.SURGEON)
    if element is None or not batch.registry.has_surgeons:
        return []
    texts = columns.texts(group.arrays[element.name])
    states = set(group.dictionary.types.missing)
    unknown = active & (batch.hospitals[group.rows] != 0) & (group.surgeons == None) & (texts != None)  # noqa: E711
    words = (
        "No surgeon of this hospital has this code.",
        "Correct the code, or ask the coordinating centre to add the surgeon.",
    )
    return [
        _fault(
            batch,
            group,
            place,
            column=element.name,
            code="surgeon",
            severity=Severity.SOFT,
            words=words,
            value=texts[place],
        )
        for place in np.flatnonzero(unknown).tolist()
        if texts[place] not in states
    ]


def _lost_columns(batch: Batch, group: "Group", active: np.ndarray) -> list[RowFault]:
    faults = []
    for column in [name for name in batch.arrays if not group.dictionary.has_column(name)]:
        texts = columns.texts(batch.arrays[column])[group.rows]
        words = (
            f"The case keeps dictionary version {group.version.number}, which does not have “{column}”.",
            "Leave the cell blank for this case.",
        )
        for place in np.flatnonzero(active & (texts != None)).tolist():  # noqa: E711
            faults.append(
                _fault(
                    batch,
                    group,
                    place,
                    column=column,
                    code="version",
                    severity=Severity.HARD,
                    words=words,
                    value=texts[place],
                )
            )
    return faults
