"""Cycles of a hospital: which are due, which are drawn and from what, how far the sample is abstracted and how it compares."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import connection
from django.db.models import Count, Min, QuerySet

from registry.dictionary.elements import CHOSEN, DataDictionary
from registry.dictionary.wording import plain_label
from registry.models import Cycle, FrameRow, ProcedureList, Registry, ReportingPeriod, SamplingRules
from registry.sampling.reconciliation import MixDifference, mix_difference
from registry.sampling.selection import Operation, draw
from registry.selectors import dictionaries, sampling
from sites.refusals import NotFound

MOST_DUE = 60
OUTCOMES = {
    "RARE": "always taken",
    "CORE": "taken",
    "LEFT": "not taken",
    "LATE": "came after the draw",
    "UNLISTED": "not eligible",
    "WAITING": "not drawn yet",
}


@dataclass(frozen=True, kw_only=True)
class DueCycle:
    """A cycle that is over and not drawn; ``n_rows`` operations of it are here."""

    number: int
    starts_on: date
    ends_before: date
    n_rows: int


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Operations of one procedure or cycle: on the list, eligible, of these in drawn cycles, taken, abstracted; and rare ones without a case."""

    label: str
    n_list: int
    n_eligible: int
    n_drawn: int
    n_taken: int
    n_abstracted: int
    n_missed_rare: int = 0

    @property
    def fraction(self) -> float | None:
        """Return the share (0–1) of the eligible operations of drawn cycles that is taken; None where there is none."""
        return self.n_taken / self.n_drawn if self.n_drawn else None


@dataclass(frozen=True, kw_only=True)
class Mix:
    """One line of the comparison of risk: what is compared, in words, whether it is a share, and the difference."""

    label: str
    is_share: bool
    found: MixDifference


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """List against sample over some days: in all, by procedure, by cycle, by risk."""

    whole: Tally
    procedures: tuple[Tally, ...]
    cycles: tuple[Tally, ...]
    mix: tuple[Mix, ...]
    n_waiting: int
    n_late: int


def due(*, registry: Registry, hospital_id: int, today: date) -> list[DueCycle]:
    """Return the cycles of open periods that are over and not drawn, the earliest first, since the hospital's first operation."""
    calendar = sampling.calendar(sampling.rules(registry))
    opened = ReportingPeriod.objects.filter(registry=registry, status="OPEN", starts_on__isnull=False).aggregate(on=Min("starts_on"))["on"]
    own = FrameRow.objects.filter(registry=registry, hospital_id=hospital_id)
    first = own.order_by("operated_on").values_list("operated_on", flat=True).first()
    if calendar is None or opened is None or first is None:
        return []
    start = max(first, calendar.first_on)
    since = max(opened, calendar.span(calendar.number(start))[0])
    done = set(Cycle.objects.filter(registry=registry, hospital_id=hospital_id, starts_on__gte=since).values_list("number", flat=True))
    numbers = [number for number in calendar.over(since=since, on=today) if number not in done][:MOST_DUE]
    if not numbers:
        return []
    spans = {number: calendar.span(number) for number in numbers}
    waiting = own.filter(outcome="WAITING", operated_on__gte=spans[numbers[0]][0], operated_on__lt=spans[numbers[-1]][1])
    counted: dict[int, int] = {}
    for day, n in waiting.values_list("operated_on").annotate(n=Count("id")):
        counted[calendar.number(day)] = counted.get(calendar.number(day), 0) + n
    return [
        DueCycle(number=number, starts_on=start, ends_before=before, n_rows=counted.get(number, 0)) for number, (start, before) in spans.items()
    ]


def drawn(*, hospital_ids: tuple[int, ...]) -> QuerySet[Cycle]:
    """Return the drawn cycles of these hospitals, the latest first."""
    rows = Cycle.objects.filter(hospital_id__in=hospital_ids).select_related("registry", "hospital", "rules")
    return rows.order_by("-starts_on", "hospital_id", "-id")


def one(*, registry_code: str, hospital_ids: tuple[int, ...], hospital_code: str, number: int) -> Cycle:
    """Return one drawn cycle of these hospitals."""
    rows = Cycle.objects.filter(hospital_id__in=hospital_ids, hospital__code=hospital_code, registry__code=registry_code, number=number)
    found = rows.select_related("registry", "hospital", "rules", "procedures", "drawn_by").first()
    if found is None:
        raise NotFound
    return found


def rows_of(cycle: Cycle) -> QuerySet[FrameRow]:
    """Return the operations of a drawn cycle: those taken first, each with its case's code and status."""
    rows = FrameRow.objects.filter(cycle=cycle).select_related("case").only(
        "key", "operated_on", "procedure", "outcome", "chance", "cycle_id", "case__code", "case__status"
    )  # fmt: skip
    return rows.order_by("outcome", "operated_on", "id")


def n_late(cycle: Cycle) -> int:
    """Count the operations that came after the draw and were looked at by nobody yet."""
    return FrameRow.objects.filter(
        registry_id=cycle.registry_id, hospital_id=cycle.hospital_id, outcome="WAITING",
        operated_on__gte=cycle.starts_on, operated_on__lt=cycle.ends_before,
    ).count()  # fmt: skip


def is_repeated(cycle: Cycle) -> bool:
    """Draw the cycle again from its seed, and tell whether the same operations are taken as are recorded."""
    groups = sampling.groups(cycle.procedures)
    rows = FrameRow.objects.filter(cycle=cycle).exclude(outcome="LATE").values_list("key", "procedure", "outcome")
    # What came late and is always taken changes no other row's chance, nor whether it is taken.
    again = draw([Operation(key=key, group=groups.get(code)) for key, code, _ in rows], rules=sampling.as_rules(cycle.rules), seed=cycle.seed)
    return all(again[key].outcome.value == outcome for key, _, outcome in rows)


COUNTS = """
SELECT r.procedure, r.cycle_id, r.outcome, count(*), count(*) FILTER (WHERE c.status = 'SUBMITTED'),
  count(*) FILTER (WHERE r.outcome = 'RARE' AND (c.id IS NULL OR c.status = 'WITHDRAWN'))
FROM registry_framerow r LEFT JOIN registry_case c ON c.id = r.case_id
WHERE r.hospital_id = %s AND r.registry_id = %s AND r.operated_on >= %s AND r.operated_on < %s GROUP BY 1, 2, 3
"""


def reconciliation(*, registry: Registry, hospital_id: int, since: date, before: date) -> Reconciliation:
    """Set the operating list against the sample over half-open days. The number of queries never depends on the rows."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [hospital_id, registry.pk, since, before])
        cells = cursor.fetchall()
    lists, versions = sampling.procedure_lists(registry), sampling.rules(registry)
    waiting = _eligible_waiting(registry, hospital_id, since, before, lists=lists, versions=versions)
    words = {code: label for listed in lists for code, label in sampling.labels(listed).items()}
    numbers = dict(Cycle.objects.filter(hospital_id=hospital_id, registry=registry).values_list("pk", "number"))

    def by_words(code: str) -> str:
        return words.get(code, code)

    by_procedure: dict[str, list] = {}
    by_cycle: dict[int, list] = {}
    for cell in cells:
        by_procedure.setdefault(cell[0], []).append(cell)
        if cell[1] is not None:
            by_cycle.setdefault(cell[1], []).append(cell)
    return Reconciliation(
        whole=_counted("All", cells, waiting=sum(waiting.values())),
        procedures=tuple(
            _counted(by_words(code), by_procedure[code], waiting=waiting.get(code, 0)) for code in sorted(by_procedure, key=by_words)
        ),
        cycles=tuple(_counted(str(numbers[pk]), by_cycle[pk]) for pk in sorted(by_cycle, key=lambda pk: numbers[pk])),
        mix=_mix(registry, hospital_id, since, before, versions),
        n_waiting=sum(n for _, _, outcome, n, *_ in cells if outcome == "WAITING"),
        n_late=sum(n for _, _, outcome, n, *_ in cells if outcome == "LATE"),
    )


def _eligible_waiting(
    registry: Registry, hospital_id: int, since: date, before: date, *, lists: list[ProcedureList], versions: list[SamplingRules]
) -> dict[str, int]:
    """Count by procedure the operations that wait for a draw and are eligible by the list that will hold for their cycle."""
    rows = FrameRow.objects.filter(
        registry=registry, hospital_id=hospital_id, outcome="WAITING", operated_on__gte=since, operated_on__lt=before
    )
    calendar, counts = sampling.calendar(versions), dict[str, int]()
    for code, day, n in rows.values_list("procedure", "operated_on").annotate(n=Count("id")):
        cycled = calendar is not None and day >= calendar.first_on
        listed = sampling.in_force(lists, calendar.span(calendar.number(day))[0] if cycled else day)
        if listed is not None and code in sampling.groups(listed):
            counts[code] = counts.get(code, 0) + n
    return counts


def _counted(label: str, cells: list, *, waiting: int = 0) -> Tally:
    taken = ("RARE", "CORE")
    n_drawn = sum(n for _, _, outcome, n, _, _ in cells if outcome in (*taken, "LEFT", "LATE"))
    return Tally(
        label=label,
        n_list=sum(n for _, _, _, n, _, _ in cells),
        n_eligible=n_drawn + waiting,
        n_drawn=n_drawn,
        n_taken=sum(n for _, _, outcome, n, _, _ in cells if outcome in taken),
        n_abstracted=sum(submitted for _, _, outcome, _, submitted, _ in cells if outcome in taken),
        n_missed_rare=sum(missed for *_, missed in cells),
    )


def _mix(registry: Registry, hospital_id: int, since: date, before: date, versions: list[SamplingRules]) -> tuple[Mix, ...]:
    rules = sampling.in_force(versions, before - timedelta(days=1))
    version = dictionaries.latest(registry)
    if rules is None or version is None or not rules.risk_mix:
        return ()
    dictionary = dictionaries.load(version)
    places = ", ".join('r."values" ->> %s' for _ in rules.risk_mix)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.chance, r.outcome IN ('RARE', 'CORE') AND c.status IS NOT DISTINCT FROM 'SUBMITTED',"
            f" r.outcome IN ('RARE', 'CORE'), {places}"
            " FROM registry_framerow r LEFT JOIN registry_case c ON c.id = r.case_id WHERE r.hospital_id = %s AND r.registry_id = %s"
            " AND r.operated_on >= %s AND r.operated_on < %s AND r.outcome IN ('RARE', 'CORE', 'LEFT')",
            [*rules.risk_mix, hospital_id, registry.pk, since, before],
        )
        rows = cursor.fetchall()
    chances = np.array([row[0] or 0.0 for row in rows], dtype=float)
    marks = np.array([row[1] for row in rows], dtype=bool)
    taken = sum(row[2] for row in rows)
    done = float(marks.sum()) / taken if taken else 0.0
    known = [(place, name) for place, name in enumerate(rules.risk_mix, start=3) if dictionary.has_element(name)]
    parts = [part for place, name in known for part in _parts(dictionary, name, [row[place] for row in rows])]
    return tuple(
        Mix(label=label, is_share=is_share, found=mix_difference(values, chances=chances * done, abstracted=marks, lines=len(parts)))
        for label, is_share, values in parts
        if done
    )


def _parts(dictionary: DataDictionary, name: str, texts: list[str | None]) -> list[tuple[str, bool, np.ndarray]]:
    """Take a number as it is, and a choice code by code: (words, whether it is a share, values of shape (n,))."""
    element = dictionary.element(name)
    words = plain_label(element)
    if element.type not in CHOSEN:
        held = dictionary.types.read_all(name, [text or "" for text in texts])
        values = np.array([value if isinstance(value, float | int) else np.nan for value in held], dtype=float)
        return [(f"{words}, mean", False, values)]
    found = []
    for choice in element.choices:
        values = np.array([np.nan if text not in element.codes else float(text == choice.code) for text in texts], dtype=float)
        if np.nansum(values):
            found.append((f"{words}: {choice.label}", True, values))
    return found


def a_year(*, registry: Registry, hospital_id: int, on: date) -> int:
    """Say how many cases a year asks for at the pace of the cycles of the last 365 days; 0 where none was drawn."""
    rows = Cycle.objects.filter(registry=registry, hospital_id=hospital_id, ends_before__lte=on, starts_on__gte=on - timedelta(days=365))
    found = list(rows.values_list("n_selected", "starts_on", "ends_before"))
    days = sum((end - start).days for _, start, end in found)
    return round(sum(n for n, _, _ in found) * 365 / days) if days else 0


def latest_period(periods: list[ReportingPeriod], *, registry: Registry, hospital_id: int) -> ReportingPeriod | None:
    """Return the latest of these periods (newest first) of which a cycle is drawn, else the first of them."""
    newest = Cycle.objects.filter(registry=registry, hospital_id=hospital_id).order_by("-starts_on").first()
    if newest is not None:
        found = next((period for period in periods if period.starts_on <= newest.starts_on < period.ends_before), None)
        if found is not None:
            return found
    return periods[0] if periods else None
