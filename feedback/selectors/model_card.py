"""What a model card shows, from a stored run."""

from typing import Any

from feedback.models import MeasureRun


def context(run: MeasureRun) -> dict[str, Any]:
    """Return the card's parts: coefficients as odds ratios, discrimination, calibration, reliability, missingness."""
    fit = run.model["fit"]
    return {
        "run": run,
        "title": run.measure.title,
        "fit": fit,
        "terms": fit["terms"],
        "reliability": run.model["reliability"],
        "missing": run.model["missing"],
        "aliased": run.model["aliased"],
        "excluded": run.model["excluded"],
        "tally": run.summary["tally"],
        "window": run.summary["window"],
        "summary": run.summary,
        "notes": run.summary["notes"],
    }
