"""Did what a hospital watches move since the report it acted on? For jobs: the web process imports no statistics."""

from datetime import datetime

from feedback.models import Comparison, MeasureRun, SiteResult
from interventions.impact.moved import Movement, movement
from interventions.models import Priority, ReportStep

Kind = ReportStep.Kind


def follow(*, comparison: Comparison, at: datetime) -> int:
    """Look, as of a published comparison, which watched measures moved since an earlier one was acted on; return how many did newly."""
    runs = {
        run.measure.code: run
        for run in MeasureRun.objects.filter(comparison=comparison, refusal=[]).select_related("measure")
    }
    priorities = Priority.objects.filter(
        comparison__registry=comparison.registry, comparison__published_at__lt=comparison.published_at
    )
    rows = []
    for one in priorities.select_related("comparison"):
        run = runs.get(one.watched_code)
        found = run and _movement(one, run)
        if found is not None and found.moved:
            rows.append(
                ReportStep(
                    comparison=one.comparison,
                    hospital_id=one.hospital_id,
                    kind=Kind.MOVED,
                    measure_code=one.watched_code,
                    at=at,
                )
            )
    before = ReportStep.objects.filter(kind=Kind.MOVED).count()
    ReportStep.objects.bulk_create(rows, ignore_conflicts=True)
    return ReportStep.objects.filter(kind=Kind.MOVED).count() - before


def _movement(one: Priority, run: MeasureRun) -> Movement | None:
    """Compare the window of the priority's report with the periods after it, by the frozen model of the newer result."""
    held = SiteResult.objects.filter(run=run, hospital_id=one.hospital_id).first()
    known = SiteResult.objects.filter(
        run__comparison=one.comparison, run__measure__code=one.watched_code, hospital_id=one.hospital_id
    ).first()
    if held is None or known is None or not known.document.get("trend"):
        return None
    labels = [point["period"] for point in known.document["trend"]][-len(one.comparison.snapshot_ids) :]
    trend = held.document.get("trend") or []
    at = next((place for place, point in enumerate(trend) if point["period"] == labels[-1]), None)
    if at is None:
        return None
    sides = [
        [(p["n"], p["observed"], p["expected"]) for p in part]
        for part in ([p for p in trend if p["period"] in labels], trend[at + 1 :])
    ]
    return movement(before=sides[0], after=sides[1], adverse=run.summary["measure"]["adverse"])
