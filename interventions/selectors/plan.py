"""Read own priorities with their steps, who could own one, and how far the published reports came."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from feedback.models import Comparison, MeasureRun
from feedback.selectors import dashboard
from interventions.models import Adoption, Priority, PriorityStep, ReportStep, Toolkit, ToolkitVersion
from sites.refusals import NotFound
from sites.selectors import people

State = Priority.State


@dataclass(frozen=True)
class Shown:
    """A priority with its next step (None: none with a day) and how many of its notes there are."""

    row: Priority
    following: PriorityStep | None
    notes: int


@dataclass(frozen=True)
class Cycle:
    """How many hospitals a published report reached at each step."""

    registry: str
    label: str
    published_at: datetime
    delivered: int
    opened: int
    drilled: int
    acknowledged: int
    acting: int
    moved: int


@dataclass(frozen=True)
class Report:
    """The newest published comparison of a registry and the measures that an own set finds in it, as (code, title)."""

    comparison: Comparison
    registry: str
    measures: tuple[tuple[str, str], ...]


def reports(*, hospital_ids: tuple[int, ...]) -> list[Report]:
    """Return the newest report of each registry of these hospitals."""
    shelves = dashboard.shelves(hospital_ids=hospital_ids) if hospital_ids else ()
    rows = {row.pk: row for row in Comparison.objects.filter(pk__in=[shelf.comparison_id for shelf in shelves])}
    titles = dict(
        MeasureRun.objects.filter(comparison_id__in=list(rows), refusal=[]).values_list(
            "measure__code", "measure__title"
        )
    )
    return [
        Report(
            comparison=rows[shelf.comparison_id], registry=shelf.registry,
            measures=tuple(sorted(((key.measure, titles.get(key.measure, key.measure)) for key in shelf.keys), key=lambda one: one[1])),
        )
        for shelf in shelves if shelf.comparison_id in rows
    ]  # fmt: skip


def report(*, registry: str, measure: str, hospital_ids: tuple[int, ...]) -> Report:
    """Return the newest report of a registry that holds a measure."""
    for one in reports(hospital_ids=hospital_ids):
        if one.registry == registry and measure in dict(one.measures):
            return one
    raise NotFound


def comparison(*, code: str, hospital_ids: tuple[int, ...]) -> Comparison:
    """Return a newest published comparison of one of these hospitals by its code."""
    for one in reports(hospital_ids=hospital_ids):
        if one.comparison.code == code:
            return one.comparison
    raise NotFound


def priorities(*, hospital_ids: tuple[int, ...]) -> list[Shown]:
    """Return own priorities: the open ones by their place, then those that ended, newest first."""
    rows = list(
        Priority.objects.filter(hospital_id__in=hospital_ids).select_related(
            "hospital", "owner", "toolkit", "comparison__registry"
        )
    )
    steps: dict[int, list[PriorityStep]] = {}
    for step in PriorityStep.objects.filter(priority__in=rows).order_by("-pk"):
        steps.setdefault(step.priority_id, []).append(step)
    rows.sort(
        key=lambda row: (
            row.state != State.OPEN,
            row.hospital.name,
            row.place if row.state == State.OPEN else 0,
            -row.pk,
        )
    )
    return [
        Shown(
            row=row,
            following=next((s for s in steps.get(row.pk, []) if s.due_on), None),
            notes=len(steps.get(row.pk, [])),
        )
        for row in rows
    ]


def priority(*, code: str, hospital_ids: tuple[int, ...]) -> Priority:
    """Return one own priority."""
    rows = Priority.objects.filter(code=code, hospital_id__in=hospital_ids)
    row = rows.select_related("hospital", "owner", "toolkit", "comparison__registry").first()
    if row is None:
        raise NotFound
    return row


def steps(row: Priority) -> list[PriorityStep]:
    """Return what was noted, newest first."""
    return list(PriorityStep.objects.filter(priority=row).select_related("by").order_by("-pk"))


def owners(*, hospital_id: int, on: date) -> list[tuple[int, str]]:
    """Return the people of a hospital, once each, by name."""
    rows = people.memberships(hospital_ids=(hospital_id,), with_centre=False, on=on)
    found = {row.person_id: row.person.name for row in rows if row.person.is_active and row.starts_on <= on}
    return sorted(found.items(), key=lambda one: one[1])


def levers(*, registry: str, measure: str) -> list[tuple[str, str, Toolkit]]:
    """Return what the library offers for a measure: (key, the component's words, its toolkit)."""
    found = []
    toolkits = (
        Toolkit.objects.filter(registry__code=registry, measure_code=measure)
        .exclude(state=Toolkit.State.RETIRED)
        .order_by("title")
    )
    for toolkit in toolkits:
        version = ToolkitVersion.objects.filter(toolkit=toolkit).order_by("-number").first()
        found += [
            (f"{toolkit.code}.{place}", words, toolkit) for place, words in enumerate(version.components, start=1)
        ]
    return found


def acknowledged(*, comparison_ids: list[int], hospital_ids: tuple[int, ...]) -> set[int]:
    """Return which of these comparisons all of these hospitals have acknowledged."""
    rows = ReportStep.objects.filter(
        comparison_id__in=comparison_ids, hospital_id__in=hospital_ids, kind=ReportStep.Kind.ACKNOWLEDGED
    )
    found: dict[int, set[int]] = {}
    for comparison_id, hospital_id in rows.values_list("comparison_id", "hospital_id"):
        found.setdefault(comparison_id, set()).add(hospital_id)
    return {pk for pk, held in found.items() if held >= set(hospital_ids)}


def moved(row: Priority) -> bool:
    """Tell whether the watched measure was found to have moved since the report."""
    rows = ReportStep.objects.filter(comparison=row.comparison, hospital_id=row.hospital_id, kind=ReportStep.Kind.MOVED)
    return rows.filter(measure_code=row.watched_code).exists()


def cycle() -> list[Cycle]:
    """Return how far each published report came, newest first; the database answers the centre alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_report_cycle()")
        return [Cycle(*row) for row in cursor.fetchall()]


def adopted(*, hospital_ids: tuple[int, ...]) -> list[Adoption]:
    """Return own adoptions that run."""
    return list(
        Adoption.objects.filter(hospital_id__in=hospital_ids, stopped_on__isnull=True).select_related(
            "toolkit", "hospital"
        )
    )


def watchable(report: Report) -> list[tuple[str, str]]:
    """Return the measures of a report by which one could see that something moves: processes first."""
    kinds: dict[str, Any] = dict(
        MeasureRun.objects.filter(comparison=report.comparison, refusal=[]).values_list(
            "measure__code", "measure__kind"
        )
    )
    return sorted(report.measures, key=lambda one: (kinds.get(one[0], "").lower() != "process", one[1]))
