"""Read comparisons for their review: never a hospital's name."""

from typing import Any

from django.db.models import Count, Max, Q

from feedback.models import Comparison, MeasureRun, MeasureVersion
from registry.models import Registry, Snapshot
from sites.refusals import NotFound


def listed() -> Any:
    """Return all comparisons, newest first."""
    return (
        Comparison.objects.select_related("registry", "requested_by", "published_by", "job")
        .annotate(n_runs=Count("runs"), n_refused=Count("runs", filter=~Q(runs__refusal=[])))
        .order_by("-pk")
    )


def one(*, code: str) -> Comparison:
    """Return one comparison."""
    row = Comparison.objects.select_related("registry", "requested_by", "published_by", "job").filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def by_id(*, comparison_id: int) -> Comparison:
    """Return the comparison a job works on."""
    return Comparison.objects.select_related("registry", "published_by").get(pk=comparison_id)


def published() -> list[Comparison]:
    """Return every published comparison, oldest first."""
    rows = Comparison.objects.filter(status=Comparison.Status.PUBLISHED).select_related("registry")
    return list(rows.order_by("pk"))


def measures(*, comparison: Comparison) -> list[MeasureVersion]:
    """Return the measure versions a comparison was asked for, by code."""
    return list(MeasureVersion.objects.filter(pk__in=comparison.settings["measures"]).order_by("code"))


def runs(*, comparison: Comparison) -> list[MeasureRun]:
    """Return the measures of a comparison by title."""
    rows = MeasureRun.objects.filter(comparison=comparison).select_related("measure", "comparison__registry")
    return list(rows.order_by("measure__title"))


def before(*, comparison: Comparison) -> tuple[Comparison | None, dict[str, MeasureRun]]:
    """Return the comparison that was published last before this one, and its runs by measure code."""
    last = (
        Comparison.objects.filter(registry=comparison.registry, status=Comparison.Status.PUBLISHED)
        .exclude(pk=comparison.pk)
        .filter(pk__lt=comparison.pk)
        .order_by("-published_at")
        .first()
    )
    return last, {run.measure.code: run for run in runs(comparison=last)} if last else {}


def run(*, comparison: Comparison, measure_code: str) -> MeasureRun:
    """Return one measure's run."""
    row = (
        MeasureRun.objects.filter(comparison=comparison, measure__code=measure_code)
        .select_related("measure", "comparison__registry")
        .first()
    )
    if row is None:
        raise NotFound
    return row


def open_snapshots() -> list[Snapshot]:
    """Return the newest snapshot of each period, by registry and period, newest periods first."""
    newest = Snapshot.objects.values("period_id").annotate(newest=Max("id")).values_list("newest", flat=True)
    rows = Snapshot.objects.filter(pk__in=list(newest)).select_related("period", "registry")
    return list(rows.order_by("registry__title", "-period__ordinal"))


def window(*, upto_period: int, periods: int) -> tuple[Registry, list[Snapshot]]:
    """Return the snapshots of a window that ends with a period."""
    every = open_snapshots()
    last = next((s for s in every if s.period_id == upto_period), None)
    if last is None:
        raise NotFound
    upto = [s for s in every if s.registry_id == last.registry_id and s.period.ordinal <= last.period.ordinal]
    inside = sorted(upto, key=lambda snapshot: snapshot.period.ordinal)[-periods:]
    return last.registry, inside


def label(snapshots: list[Snapshot]) -> str:
    """Return a window's label from the labels of its first and last period."""
    first, last = snapshots[0].period, snapshots[-1].period
    if first.starts_on is None or last.ends_before is None:
        return first.label if first == last else f"{first.label} – {last.label}"
    ends = last.ends_before.replace(day=1)
    month = ends.month - 1 or 12
    year = ends.year if ends.month > 1 else ends.year - 1
    return f"{first.starts_on:%b %Y} – {ends.replace(year=year, month=month):%b %Y}"
