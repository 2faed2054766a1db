"""The model card of one run: what is kept of a risk model for its readers. Distributions over sites, never a single one. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from feedback.measures.definition import Measure
from feedback.statistics import model_card
from feedback.statistics.cohort import Cohort
from feedback.statistics.compare import Result, to_document

OPTIMISM_DRAWS = 100
FEWEST_DRAWS = 20
ROWS_DRAWN = 20_000_000
SPREAD_FROM = 8
RELIABLE = 0.7


def document(result: Result, cohort: Cohort, measure: Measure, *, seed: int) -> dict[str, Any]:
    """Return the card as plain data.

    Of sites it holds quartiles alone, and those from eight sites on; the own values of a site are in its own result.
    The optimism of the c-statistic is measured on 100 bootstrap samples, on fewer where these would draw more than twenty
    million rows, and not at all for a penalised model.
    """
    whole = to_document(result)
    labels = {adjuster.element: adjuster.label for adjuster in measure.adjusters}
    draws = 0 if result.settings["estimation"] == "penalised" else _draws(len(cohort.outcome))
    card = model_card.to_document(model_card.card(cohort, result=result, draws=draws, seed=seed))
    ratios = [site.oe for site in result.sites if site.oe is not None]
    reliabilities = [site.reliability for site in result.sites if site.reliability is not None]
    return {
        "risk_model": result.risk_model.to_document(),
        "fit": whole["model"],
        "settings": {key: value for key, value in whole["settings"].items() if key != "versions"},
        "excluded": whole["input"]["excluded"],
        "labels": labels,
        "codings": [asdict(coding) for coding in cohort.codings],
        "aliased": [asdict(aliased) for aliased in cohort.aliased],
        "groups": card["groups"],
        "curve": card["curve"],
        "optimism": card["optimism"],
        "brier_scaled": card["brier_scaled"],
        "sites": {
            "ratio": spread(ratios),
            "apart": sum(site.flag not in (None, "as expected") for site in result.sites),
            "of": len(ratios),
        },
        "reliability": {
            "median": float(np.median(reliabilities)) if reliabilities else None,
            "share_over_0_7": float(np.mean([r > RELIABLE for r in reliabilities])) if reliabilities else None,
            "lower_quarter": float(np.quantile(reliabilities, 0.25)) if reliabilities else None,
            "upper_quarter": float(np.quantile(reliabilities, 0.75)) if reliabilities else None,
        },
        "missing": [
            {
                "adjuster": item.adjuster,
                "label": labels.get(item.adjuster, item.adjuster),
                "share": float(np.mean(item.share)),
                "sites": spread(item.share),
            }
            for item in cohort.missing
        ],
        "dispersion": {"phi": result.overall.dispersion_phi, "tau2": result.overall.dispersion_tau2},
        "change_log": [asdict(entry) | {"on": entry.on.isoformat()} for entry in measure.change_log],
        "rate": result.overall.rate,
    }


def missing_by_site(cohort: Cohort) -> dict[str, dict[str, float]]:
    """Return, for each site's label, the share of its values that are missing by adjuster; for that site's own eyes."""
    return {
        label: {item.adjuster: item.share[index] for item in cohort.missing}
        for index, label in enumerate(cohort.labels)
    }


def spread(values: Sequence[float]) -> Mapping[str, float] | None:
    """Return the quartiles over sites, None below eight of them: a quartile of few sites is nearly one site's value."""
    if len(values) < SPREAD_FROM:
        return None
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return {"lower_quarter": float(low), "median": float(middle), "upper_quarter": float(high)}


def _draws(rows: int) -> int:
    return int(np.clip(ROWS_DRAWN // rows, FEWEST_DRAWS, OPTIMISM_DRAWS))
