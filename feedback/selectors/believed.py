"""What stands beside a figure of all hospitals, or of a surgeon's hospitals: cases, completeness, follow-up, audits."""

from typing import Any

from feedback import believed
from feedback.charts import sentences
from feedback.models import MeasureRun, SiteResult


def of_run(run: MeasureRun) -> list[str]:
    """Return the credibility line of one run over all its hospitals."""
    return sentences.credibility_of_all(run.summary)


def of_runs(*, run_ids: list[int]) -> dict[int, list[str]]:
    """Return the credibility lines of runs, by id; one query."""
    return {run.pk: of_run(run) for run in MeasureRun.objects.filter(pk__in=run_ids).only("summary")}


def of_comparison(*, comparison_id: int, measure_code: str) -> list[str]:
    """Return the credibility line of one measure in a comparison; empty where the measure was not compared."""
    run = MeasureRun.objects.filter(comparison_id=comparison_id, measure__code=measure_code, refusal=[]).only("summary").first()
    return of_run(run) if run else []


def of_hospital(*, comparison_id: int, measure_code: str, hospital_id: int) -> list[str]:
    """Return one hospital's credibility line for a measure of a comparison, within row security; empty where it has none."""
    rows = SiteResult.objects.filter(run__comparison_id=comparison_id, run__measure__code=measure_code, hospital_id=hospital_id)
    row = rows.select_related("run").first()
    if row is None:
        return []
    return sentences.credibility(row.document, window=row.run.summary["window"], provisional=False)


def of_comparisons(*, comparison_ids: list[int]) -> dict[int, list[str]]:
    """Return one credibility line for each comparison, by its id: that of its measure with most cases."""
    rows = MeasureRun.objects.filter(comparison_id__in=comparison_ids, refusal=[]).only("comparison_id", "summary")
    found: dict[int, MeasureRun] = {}
    for run in rows:
        known = found.get(run.comparison_id)
        if known is None or run.summary["n"] > known.summary["n"]:
            found[run.comparison_id] = run
    return {pk: of_run(run) for pk, run in found.items()}


def of_hospitals(*, run_ids: list[int], hospital_ids: tuple[int, ...]) -> dict[int, dict[str, Any]]:
    """Return what these hospitals' figures rest on, added up, by run."""
    held: dict[int, list[dict[str, Any]]] = {}
    for run_id, document in SiteResult.objects.filter(run_id__in=run_ids, hospital_id__in=hospital_ids).values_list(
        "run_id", "document__credibility"
    ):
        held.setdefault(run_id, []).append(document or {})
    return {run_id: believed.pooled(documents) for run_id, documents in held.items()}
