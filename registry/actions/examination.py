"""Examining a batch: what is new, what changes, what stays, and every finding. Reads the database, writes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import pyarrow as pa

from registry.actions import row_faults
from registry.actions.batches import Batch, Known, known_cases
from registry.actions.row_faults import RowFault
from registry.dictionary.calculations import calculated
from registry.dictionary.checks import FrameFindings, Hit, check_frame
from registry.dictionary.elements import DataDictionary, Role
from registry.dictionary.frame import TypedFrame
from registry.dictionary.rules import rows_answered
from registry.intake import columns, dates
from registry.lifecycle import CaseState
from registry.models import DictionaryVersion
from registry.selectors import dictionaries, periods
from sites.selectors import people

Progress = Callable[[int, int, str], None]
STEPS = 4


class Outcome(IntEnum):
    """What a row means for its case."""

    NEW = 0
    CHANGED = 1
    SAME = 2


@dataclass(frozen=True, kw_only=True)
class KeptFindings:
    """The findings of a frame that an earlier examination made; the columns are typed again only for who wants words."""

    hits: tuple[Hit, ...]
    dictionary: DataDictionary
    arrays: Mapping[str, pa.DictionaryArray]
    n: int

    @cached_property
    def frame(self) -> TypedFrame:
        """Give the frame that was examined."""
        return typed(self.dictionary, self.arrays, n=self.n)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows of a batch that belong to one dictionary version, with everything that follows from their answers.

    rows: positions in the batch, shape (m,). All arrays below have shape (m,) in that order.
    """

    version: DictionaryVersion
    dictionary: DataDictionary
    rows: np.ndarray
    arrays: Mapping[str, pa.DictionaryArray]
    findings: FrameFindings | KeptFindings
    outcome: np.ndarray
    changes: Mapping[int, dict[str, list[str | None]]]
    occurred_on: np.ndarray
    periods: np.ndarray
    surgeons: np.ndarray
    n_answered: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, kw_only=True)
class Examination:
    """A batch, examined: groups by version, the cases already there, and the faults no dictionary speaks of."""

    batch: Batch
    keys: np.ndarray
    known: Mapping[int, Known]
    groups: tuple[Group, ...]
    faults: tuple[RowFault, ...]

    def count(self, outcome: Outcome) -> int:
        """Count the rows of an outcome."""
        return sum(int((group.outcome == outcome).sum()) for group in self.groups)


def silent(done: int, of: int, words: str) -> None:
    """Tell nobody how far the work is."""


def examine(batch: Batch, *, hold: bool = False, progress: Progress = silent) -> Examination:
    """Compare a batch with the registry and check it. With ``hold`` the cases it touches are kept for us."""
    progress(1, STEPS, "Looking for cases that are already there")
    keys = columns.texts(batch.arrays[batch.key_column])
    known = known_cases(batch, keys, hold=hold)
    spans = periods.spans(registry_id=batch.registry.pk, hold=hold)
    progress(2, STEPS, f"Checking {len(batch):,} rows")
    groups = tuple(_group(batch, version, rows, known, spans) for version, rows in _by_version(batch, known))
    progress(3, STEPS, "Collecting findings")
    faults = row_faults.of_batch(batch, keys)
    for group in groups:
        faults += row_faults.of_group(batch, group, known, spans)
    return Examination(batch=batch, keys=keys, known=known, groups=groups, faults=tuple(faults))


def _by_version(batch: Batch, known: Mapping[int, Known]) -> list[tuple[DictionaryVersion, np.ndarray]]:
    ids = np.full(len(batch), batch.version.pk, dtype=np.int64)
    for row, case in known.items():
        ids[row] = case.version_id
    others = DictionaryVersion.objects.defer(*dictionaries.HEAVY).in_bulk(
        sorted(set(ids.tolist()) - {batch.version.pk})
    )
    versions = {batch.version.pk: batch.version, **others}
    return [(versions[number], np.flatnonzero(ids == number)) for number in sorted(set(ids.tolist()))]


def _group(
    batch: Batch, version: DictionaryVersion, rows: np.ndarray, known: Mapping[int, Known], spans: list[dates.Span]
) -> Group:
    dictionary = batch.dictionary if version.pk == batch.version.pk else dictionaries.governed(version, registry=batch.registry)
    there = {place: known[row] for place, row in enumerate(rows.tolist()) if row in known} if known else {}
    stored = _stored(dictionary, there, n=len(rows))
    arrays = _complete(batch, dictionary, rows, stored)
    frame = typed(dictionary, arrays, n=len(rows))
    computed = calculated(dictionary, frame, today=batch.today)
    arrays |= {name: columns.from_factorised(*texts) for name, texts in computed.items()}
    findings = check_frame(dictionary, frame, today=batch.today)
    outcome, changes = _compared(arrays, stored, there, n=len(rows))
    occurred_on, held = placed(batch, dictionary, arrays, spans, n=len(rows))
    entered = (rows_answered(element, findings.frame) for element in dictionary.elements if element.is_entered)
    return Group(
        version=version,
        dictionary=dictionary,
        rows=rows,
        arrays=arrays,
        findings=findings,
        outcome=outcome,
        changes=changes,
        occurred_on=occurred_on,
        periods=held,
        surgeons=surgeons_of(batch, dictionary, arrays, rows),
        n_answered=sum(entered, start=np.zeros(len(rows), dtype=np.int16)),
    )


def typed(dictionary: DataDictionary, arrays: Mapping[str, pa.DictionaryArray], *, n: int) -> TypedFrame:
    """Make columns ready for edit checks."""
    texts = {name: columns.factorised(array) for name, array in arrays.items()}
    return TypedFrame.of_texts(texts, n=n, types=dictionary.types)


def _stored(dictionary: DataDictionary, there: Mapping[int, Known], *, n: int) -> dict[str, np.ndarray]:
    """Spread the answers of the cases that are there over the rows: column → object array of shape (n,)."""
    if not there:
        return {}
    places = np.fromiter(there, dtype=np.int64)
    spread = {}
    for column, texts in zip(
        dictionary.columns, zip(*(case.answers for case in there.values()), strict=True), strict=True
    ):
        spread[column] = np.full(n, None, dtype=object)
        spread[column][places] = texts
    return spread


def _complete(
    batch: Batch, dictionary: DataDictionary, rows: np.ndarray, stored: Mapping[str, np.ndarray]
) -> dict[str, pa.DictionaryArray]:
    """Fill every column of the version: from the batch, else from what is stored, else blank."""
    whole = len(rows) == len(batch)
    nothing = columns.blank(len(rows))
    given = batch.arrays if whole else columns.taken(batch.arrays, rows)
    found = {}
    for column in dictionary.columns:
        if column in given:
            found[column] = given[column]
        else:
            found[column] = columns.encoded(stored[column].tolist()) if column in stored else nothing
    return found


def _compared(
    arrays: Mapping[str, pa.DictionaryArray], stored: Mapping[str, np.ndarray], there: Mapping[int, Known], *, n: int
) -> tuple[np.ndarray, dict[int, dict[str, list[str | None]]]]:
    """Say what each row means, and for the changed ones each column as [old, new]. A draft that is complete now is a change too."""
    outcome = np.full(n, Outcome.NEW, dtype=np.int8)
    changes: dict[int, dict[str, list[str | None]]] = {}
    if not there:
        return outcome, changes
    for place, case in there.items():
        outcome[place] = Outcome.SAME if case.status == CaseState.SUBMITTED.value else Outcome.CHANGED
        changes[place] = {}
    known = outcome != Outcome.NEW
    for column, old in stored.items():
        new = columns.texts(arrays[column])
        for place in np.flatnonzero(known & (old != new)).tolist():
            changes[place][column] = [old[place], new[place]]
            outcome[place] = Outcome.CHANGED
    return outcome, {place: change for place, change in changes.items() if outcome[place] == Outcome.CHANGED}


def placed(
    batch: Batch,
    dictionary: DataDictionary,
    arrays: Mapping[str, pa.DictionaryArray],
    spans: list[dates.Span],
    *,
    n: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the day and the period of each row: object arrays of date and Span, None where there is none."""
    index = dictionary.role(Role.OCCURRED_ON)
    days = dates.days(arrays[index.name]) if index else np.full(n, None, dtype=object)
    if batch.registry.has_dates:
        return days, dates.spans(arrays[index.name], spans) if index else np.full(n, None, dtype=object)
    chosen = next((span for span in spans if batch.period is not None and span.id == batch.period.pk), None)
    return days, np.full(n, chosen, dtype=object)


def surgeons_of(
    batch: Batch, dictionary: DataDictionary, arrays: Mapping[str, pa.DictionaryArray], rows: np.ndarray
) -> np.ndarray:
    """Find the person behind each surgeon code of its hospital: object array of ids, None where unknown."""
    element = dictionary.role(Role.SURGEON)
    found = np.full(len(rows), None, dtype=object)
    if element is None or not batch.registry.has_surgeons:
        return found
    hospitals = batch.hospitals[rows]
    array = arrays[element.name]
    ids = tuple(sorted(set(hospitals.tolist())))
    by_hospital: dict[int, dict[str, int]] = {}
    for (hospital_id, code), person_id in people.surgeons(hospital_ids=ids).items():
        by_hospital.setdefault(hospital_id, {})[code] = person_id
    for hospital_id, table in by_hospital.items():
        own = hospitals == hospital_id
        found[own] = columns.looked_up(array, table, absent=None)[own]
    return found
