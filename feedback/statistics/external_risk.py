"""Risks that came with the data (a national model, APACHE, STS), brought to these cases before sites are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from feedback.statistics.calibration import RECALIBRATIONS, Recalibrated, recalibrate
from feedback.statistics.cohort import Cohort
from feedback.statistics.refusal import ComparisonRefusal

NEAREST = 1e-15
WORDS = {
    "intercept": "The given risks were recalibrated to these cases: {intercept:+.4f} on the log-odds scale.",
    "slope": "The given risks were recalibrated to these cases: {intercept:+.4f} {slope:+.4f} × log-odds of the risk.",
}


def recalibrated(cohort: Cohort, *, kind: str) -> tuple[Cohort, Recalibrated]:
    """Return the cohort with its given risks recalibrated to its own outcomes, and how.

    Parameters
    ----------
    cohort : with ``risk``; its weights count.
    kind : ``intercept`` (one shift of the log-odds, so that expected adds up to observed) or ``slope`` (a shift and a stretch).

    Sites are then compared with these cases' own average and no longer with that of the model the risks came from; a note
    of the cohort says so.

    Raises
    ------
    ComparisonRefusal ``BAD_SETTINGS`` without given risks or for another kind, ``NOT_RECALIBRATED`` where no finite one is
    the likeliest.

    Source: as ``calibration.recalibrate``.
    """
    if kind not in RECALIBRATIONS:
        raise ComparisonRefusal("BAD_SETTINGS", (f"A recalibration is one of {', '.join(RECALIBRATIONS)}.",))
    if cohort.risk is None:
        raise ComparisonRefusal("BAD_SETTINGS", ("Only risks that came with the data can be recalibrated.",))
    trials = np.ones(len(cohort.outcome)) if cohort.weights is None else cohort.weights
    try:
        found = recalibrate(trials * cohort.outcome, trials, cohort.risk, kind=kind)
    except ValueError as error:
        raise ComparisonRefusal(
            "NOT_RECALIBRATED", ("The given risks cannot be recalibrated: no finite recalibration is the likeliest.",)
        ) from error
    note = WORDS[kind].format(intercept=found.intercept, slope=found.slope)
    risk = np.clip(found.risk, NEAREST, 1.0 - NEAREST)
    return replace(cohort, risk=risk, notes=(*cohort.notes, note)), found
