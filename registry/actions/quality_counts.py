"""Count what data quality is judged by, hospital by hospital: from the submitted cases of a period and from the lists beside them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from django.db import connection

from registry.actions import snapshots
from registry.actions.completeness import Quality, asked_and_held, follow_up_of, quality_of
from registry.dictionary.elements import DataDictionary
from registry.dictionary.frame import TypedFrame
from registry.intake import columns
from registry.models import ReportingPeriod, WatchedElement
from registry.quality.drift import Moments
from registry.selectors import data_queries, dictionaries

GRACE = timedelta(days=30)
LATE = timedelta(days=7)
NONE = "0"
NOT_DONE = frozenset({"ND"})
TIMELY = """
SELECT hospital_id, count(*) FILTER (WHERE status = 'SUBMITTED'), count(*)
FROM registry_case WHERE period_id = %s AND status <> 'WITHDRAWN' AND follow_up_due_on < %s GROUP BY hospital_id
"""
DRAWN = """
SELECT f.hospital_id, count(*) FILTER (WHERE c.status = 'SUBMITTED'), count(*)
FROM registry_framerow f JOIN registry_case c ON c.id = f.case_id
WHERE f.registry_id = %s AND f.outcome IN ('RARE', 'CORE') AND f.operated_on >= %s AND f.operated_on < %s AND c.status <> 'WITHDRAWN'
  AND coalesce(c.follow_up_due_on, f.operated_on) < %s
GROUP BY f.hospital_id
"""
LATELY = """
SELECT c.hospital_id, count(DISTINCT r.case_id)
FROM registry_case c JOIN registry_caserevision r ON r.case_id = c.id
WHERE c.period_id = %s AND c.status = 'SUBMITTED' AND r.number > 1 AND r.at >= %s AND r.at < %s GROUP BY c.hospital_id
"""


@dataclass(kw_only=True)
class Counts:
    """What was counted for one hospital in one period; pairs are (good, all), None where it does not apply."""

    n_cases: int = 0
    quality: Quality | None = None
    adjusters: dict[str, tuple[int, int]] = field(default_factory=dict)
    timely: tuple[int, int] | None = None
    drawn: tuple[int, int] | None = None
    queries: tuple[int, int] | None = None
    comorbidity: Moments = field(default_factory=Moments)
    present: Moments = field(default_factory=Moments)
    events: Moments = field(default_factory=Moments)
    late_edits: Moments | None = None


def count(period: ReportingPeriod, *, today: date) -> dict[int, Counts]:
    """Count everything for a period, by hospital id; hospitals with nothing to count are absent."""
    found: dict[int, Counts] = defaultdict(Counts)
    _from_cases(found, period, today=today)
    _from_lists(found, period, today=today)
    return dict(found)


def _from_cases(found: dict[int, Counts], period: ReportingPeriod, *, today: date) -> None:
    submitted = snapshots.submitted(period)
    watched: dict[str, set[str]] = defaultdict(set)
    for kind, element in WatchedElement.objects.filter(registry_id=period.registry_id).values_list("kind", "element"):
        watched[kind].add(element)
    ids = np.array([int(text) for text in submitted.table.column("version_id").to_pylist()], dtype=np.int64)
    for number, version in submitted.versions.items():
        part = submitted.table.filter(pa.array(ids == number))
        _part(found, dictionaries.load(version), part, watched, period=period, today=today)


def _part(
    found: dict[int, Counts],
    dictionary: DataDictionary,
    part: pa.Table,
    watched: Mapping[str, set[str]],
    *,
    period: ReportingPeriod,
    today: date,
) -> None:
    n, days = part.num_rows, period.registry.follow_up_days
    hospitals = np.array([int(text) for text in part.column("hospital_id").to_pylist()], dtype=np.int64)
    for hospital_id, quality in quality_of(dictionary, part, follow_up_days=days, today=today).items():
        own = found[hospital_id]
        own.quality = quality if own.quality is None else own.quality.plus(quality)
    arrays = {name: columns.whole(part, name) for name in dictionary.columns if name in part.column_names}
    frame = TypedFrame(columns.to_frame(arrays, n=n), types=dictionary.types)
    asked_held = {
        name: asked_and_held(dictionary, dictionary.element(name), frame, arrays, n=n, today=today)
        for name in sorted(set().union(*watched.values()))
        if dictionary.has_element(name)
    }
    recorded = {
        kind: _recorded(dictionary, watched.get(kind, set()), asked_held, frame, n=n)
        for kind in ("COMORBIDITY", "PRESENT", "EVENT")
    }
    _, followed = follow_up_of(dictionary, part, arrays, follow_up_days=days, today=today)
    for hospital_id in np.unique(hospitals).tolist():
        mine, own = hospitals == hospital_id, found[hospital_id]
        own.n_cases += int(mine.sum())
        for name in sorted(watched.get("ADJUSTER", set()) & asked_held.keys()):
            asked, held = asked_held[name]
            asked = asked & ~_not_done(dictionary, name, frame, n=n)
            before = own.adjusters.get(name, (0, 0))
            own.adjusters[name] = (before[0] + int((asked & held)[mine].sum()), before[1] + int(asked[mine].sum()))
        own.comorbidity = own.comorbidity.plus(_moments(recorded["COMORBIDITY"], mine))
        own.present = own.present.plus(_moments(recorded["PRESENT"], mine, at_most=1))
        seen = mine if followed is None else mine & followed
        own.events = own.events.plus(_moments(recorded["EVENT"], seen, at_most=1))


def _not_done(dictionary: DataDictionary, name: str, frame: TypedFrame, *, n: int) -> np.ndarray:
    """Say for each row that a test was not done: then there is nothing to record, and nothing is missing."""
    element = dictionary.element(name)
    states = element.missing_states and NOT_DONE - element.codes
    return frame.is_among(element.columns[0], states) if states and len(element.columns) == 1 else np.zeros(n, bool)


def _recorded(
    dictionary: DataDictionary,
    names: Iterable[str],
    asked_held: Mapping[str, tuple[np.ndarray, np.ndarray]],
    frame: TypedFrame,
    *,
    n: int,
) -> np.ndarray | None:
    """Count for each row how many of these elements say that there is something: answered, and not with nought or a missing state."""
    present = [name for name in names if name in asked_held]
    if not present:
        return None
    total = np.zeros(n)
    for name in present:
        _, held = asked_held[name]
        element = dictionary.element(name)
        says_none = (
            frame.is_among(element.columns[0], frozenset({NONE})) if len(element.columns) == 1 else np.zeros(n, bool)
        )
        total += held & ~says_none
    return total


def _moments(values: np.ndarray | None, rows: np.ndarray, *, at_most: float | None = None) -> Moments:
    if values is None:
        return Moments()
    own = values[rows] if at_most is None else np.minimum(values[rows], at_most)
    return Moments(n=len(own), total=float(own.sum()), squares=float((own**2).sum()))


def _from_lists(found: dict[int, Counts], period: ReportingPeriod, *, today: date) -> None:
    for hospital_id, good, all_ in _ask(TIMELY, [period.pk, today - GRACE]):
        found[hospital_id].timely = (good, all_)
    if period.starts_on is not None:
        for hospital_id, good, all_ in _ask(DRAWN, [period.registry_id, period.starts_on, period.ends_before, today - GRACE]):
            found[hospital_id].drawn = (good, all_)
    for row in data_queries.backlog(registry_id=period.registry_id, today=today, period_id=period.pk):
        asked = row.n_open + row.n_answered + row.n_resolved
        if asked:
            found[row.hospital_id].queries = (asked - row.n_overdue, asked)
    if period.closed_at is not None:
        for own in found.values():
            own.late_edits = Moments(n=own.n_cases)
        for hospital_id, late in _ask(LATELY, [period.pk, period.closed_at - LATE, period.closed_at]):
            found[hospital_id].late_edits = Moments(n=found[hospital_id].n_cases, total=late, squares=late)


def _ask(statement: str, values: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
