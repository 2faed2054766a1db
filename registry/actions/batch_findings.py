"""The findings of an examined batch: counted, grouped by check, put into words for the page, and listed for their reasons."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from registry.actions.batches import Batch
from registry.actions.examination import Examination, Group, Outcome
from registry.actions.row_faults import RowFault
from registry.dictionary.elements import Severity
from registry.intake import columns
from registry.models import FindingReason

KEPT = 20_000
Explained = frozenset[tuple[int, str, str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """One finding in words: the sender's row number, the column's place in the file (None where it has none), and what to do."""

    row: int
    place: int | None
    column: str
    code: str
    severity: str
    message: str
    remedy: str
    value: str

    def as_json(self) -> dict:
        """Give what the upload keeps."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Sort:
    """All findings of one check on one column. ``name`` is what a reason is given for."""

    code: str
    column: str
    label: str
    severity: str
    n: int
    example: str

    @property
    def name(self) -> str:
        """Name the group."""
        return group_name(self.code, self.column)


@dataclass(frozen=True, kw_only=True)
class Soft:
    """The soft findings of one check on one column within a group: rows (positions in the group) and the values found."""

    code: str
    column: str
    places: np.ndarray
    values: list[str]


@dataclass(frozen=True, kw_only=True)
class Collected:
    """Everything found: counts, groups by check (hard first, the most frequent first) and at most KEPT findings in words."""

    n_hard: int
    n_soft: int
    n_rows: int
    sorts: tuple[Sort, ...]
    written: tuple[Written, ...]

    @property
    def soft_names(self) -> tuple[str, ...]:
        """Name the groups that need a reason."""
        return tuple(sort.name for sort in self.sorts if sort.severity == "soft")


def group_name(code: str, column: str) -> str:
    """Name a check on a column, as reasons are kept under."""
    return f"{code}|{column}"


def collect(examined: Examination, *, words: bool = True) -> Collected:
    """Count and word every finding of rows that are new or change; what stays as it is was settled before.

    Without ``words`` they are counted only.
    """
    explained = explained_of(examined)
    counted: dict[tuple[str, str, str], int] = {}
    written: list[Written] = []
    rows: set[int] = set()
    for fault in _faults(examined, explained):
        sort = (fault.severity.value, fault.code, fault.column)
        counted[sort] = counted.get(sort, 0) + 1
        rows.add(fault.number)
        written.append(_of_fault(fault))
    for group in examined.groups:
        for hit, places in _hits(examined, group, explained):
            sort = (hit.severity.value, hit.code, hit.column)
            counted[sort] = counted.get(sort, 0) + len(places)
            rows.update(examined.batch.numbers[group.rows[places]].tolist())
            room = max(0, KEPT - len(written)) if hit.severity is Severity.SOFT else len(places)
            room = room if words else 0
            written += [_of_hit(examined.batch, group, hit, place) for place in places[: min(room, KEPT)].tolist()]
    written.sort(key=lambda finding: (finding.severity, finding.row, -1 if finding.place is None else finding.place))
    kept = sorted(written[:KEPT], key=lambda finding: (finding.row, -1 if finding.place is None else finding.place))
    first = {(finding.severity, finding.code, finding.column): finding.message for finding in reversed(written)}
    sorts = [
        Sort(
            code=code,
            column=column,
            label=_label(examined.batch, column),
            severity=severity,
            n=n,
            example=first.get((severity, code, column), ""),
        )
        for (severity, code, column), n in counted.items()
    ]
    return Collected(
        n_hard=sum(sort.n for sort in sorts if sort.severity == "hard"),
        n_soft=sum(sort.n for sort in sorts if sort.severity == "soft"),
        n_rows=len(rows),
        sorts=tuple(sorted(sorts, key=lambda sort: (sort.severity, -sort.n, sort.code, sort.column))),
        written=tuple(kept),
    )


def _label(batch: Batch, column: str) -> str:
    if not batch.dictionary.has_column(column):
        return column
    element = batch.dictionary.element_of(column)
    return element.label or element.name


def _hits(examined: Examination, group: Group, explained: Explained) -> Iterator[tuple]:
    """Give each rule with the rows of the group where it counts: not those that stay, not those explained before."""
    active = group.outcome != Outcome.SAME
    whole = bool(active.all())
    for hit in group.findings.hits:
        places = hit.rows if whole else hit.rows[active[hit.rows]]
        if explained and hit.severity is Severity.SOFT and len(places):
            places = _unexplained(examined, group, hit, places, explained)
        if len(places):
            yield hit, places


def _faults(examined: Examination, explained: Explained) -> Iterator[RowFault]:
    """Give the faults no dictionary speaks of, without the soft ones that were explained before for this very value."""
    for fault in examined.faults:
        case = examined.known.get(fault.row)
        if (
            fault.severity is Severity.HARD
            or case is None
            or (case.id, fault.code, fault.column, fault.value) not in explained
        ):
            yield fault


def _unexplained(examined: Examination, group: Group, hit, places: np.ndarray, explained: Explained) -> np.ndarray:
    values = _values(group, hit.column, places)
    keep = [
        (case := examined.known.get(int(group.rows[place]))) is None
        or (case.id, hit.code, hit.column, value) not in explained
        for place, value in zip(places.tolist(), values, strict=True)
    ]
    return places[np.array(keep, dtype=bool)]


def _values(group: Group, column: str, places: np.ndarray) -> list[str]:
    if column not in group.arrays:
        return [""] * len(places)
    return [text or "" for text in columns.texts(group.arrays[column])[places].tolist()]


def explained_of(examined: Examination) -> Explained:
    """Return the reasons that were given before for the cases this batch changes."""
    changed = [
        case.id
        for group in examined.groups
        for row in group.rows[group.outcome == Outcome.CHANGED].tolist()
        if (case := examined.known.get(row)) is not None
    ]
    if not changed:
        return frozenset()
    rows = FindingReason.objects.filter(case_id__in=changed)
    return frozenset(rows.values_list("case_id", "code", "column", "value"))


def softs(examined: Examination, group: Group) -> list[Soft]:
    """List the soft findings of a group that need a reason, one entry per check and column."""
    explained = explained_of(examined)
    found = [
        Soft(code=hit.code, column=hit.column, places=places, values=_values(group, hit.column, places))
        for hit, places in _hits(examined, group, explained)
        if hit.severity is Severity.SOFT
    ]
    position = {int(row): place for place, row in enumerate(group.rows.tolist())} if examined.faults else {}
    for fault in _faults(examined, explained):
        if fault.severity is Severity.SOFT and fault.row in position:
            place = np.array([position[fault.row]])
            found.append(Soft(code=fault.code, column=fault.column, places=place, values=[fault.value]))
    return found


def missing_reasons(collected: Collected, reasons: Mapping[str, str]) -> tuple[Sort, ...]:
    """Return the groups of soft findings that nobody has explained yet."""
    return tuple(sort for sort in collected.sorts if sort.severity == "soft" and not reasons.get(sort.name, "").strip())


def _of_fault(fault: RowFault) -> Written:
    return Written(
        row=fault.number,
        place=fault.place,
        column=fault.column,
        code=fault.code,
        severity=fault.severity.value,
        message=fault.message,
        remedy=fault.remedy,
        value=fault.value[:200],
    )


def _of_hit(batch: Batch, group: Group, hit, place: int) -> Written:
    finding = hit.rule.finding(group.findings.frame.answers(place, hit.rule.columns))
    return Written(
        row=int(batch.numbers[group.rows[place]]),
        place=batch.places.get(finding.column),
        column=finding.column,
        code=finding.code,
        severity=finding.severity.value,
        message=finding.message,
        remedy=finding.remedy,
        value=finding.value[:200],
    )
