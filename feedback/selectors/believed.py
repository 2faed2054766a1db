"""What stands beside a figure of all hospitals, or of some: what their runs and results keep of cases, completeness, follow-up, audits."""

from typing import Any

from feedback import believed
from feedback.models import MeasureRun, SiteResult


def of_runs(*, run_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return the summaries of runs, by id; one query."""
    return dict(MeasureRun.objects.filter(pk__in=run_ids).values_list("pk", "summary"))


def of_comparison(*, comparison_id: int, measure_code: str) -> dict[str, Any] | None:
    """Return the summary of one measure in a comparison; None where the measure was not compared."""
    rows = MeasureRun.objects.filter(comparison_id=comparison_id, measure__code=measure_code, refusal=[])
    return rows.values_list("summary", flat=True).first()


def of_comparisons(*, comparison_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return one summary for each comparison, by its id: that of its measure with most cases."""
    found: dict[int, dict[str, Any]] = {}
    for pk, summary in MeasureRun.objects.filter(comparison_id__in=comparison_ids, refusal=[]).values_list("comparison_id", "summary"):
        if pk not in found or summary["n"] > found[pk]["n"]:
            found[pk] = summary
    return found


def of_hospital(*, comparison_id: int, measure_code: str, hospital_id: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return one hospital's result of a measure in a comparison with its window, within row security; None where it has none."""
    rows = SiteResult.objects.filter(run__comparison_id=comparison_id, run__measure__code=measure_code, hospital_id=hospital_id)
    row = rows.select_related("run").first()
    return None if row is None else (row.document, row.run.summary["window"])


def of_hospitals(*, run_ids: list[int], hospital_ids: tuple[int, ...]) -> dict[int, dict[str, Any]]:
    """Return what these hospitals' figures rest on, added up, by run."""
    held: dict[int, list[dict[str, Any]]] = {}
    for run_id, document in SiteResult.objects.filter(run_id__in=run_ids, hospital_id__in=hospital_ids).values_list(
        "run_id", "document__credibility"
    ):
        held.setdefault(run_id, []).append(document or {})
    return {run_id: believed.pooled(documents) for run_id, documents in held.items()}
