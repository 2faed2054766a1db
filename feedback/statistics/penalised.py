"""The risk model where maximum likelihood has no answer or hardly any cases behind it: Firth's penalty, then FLIC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics import calibration, firth
from feedback.statistics.cohort import Cohort
from feedback.statistics.firth import FirthFit
from feedback.statistics.refusal import ComparisonRefusal

MOST_NAMED = 10
PROFILED_ROWS = 5_000
PROFILED_WORK = 2e8
WHOLE = 1.0 - 1e-12


@dataclass(frozen=True)
class Penalised:
    """A penalised risk model: the fit, the (n,) risks of the used rows in input order (ΣE = ΣO) and a sentence why."""

    found: FirthFit
    risk: np.ndarray
    note: str

    @property
    def beta(self) -> np.ndarray:
        """Coefficients (k,) that give these risks: FLIC's intercept before Firth's slopes."""
        return np.append(self.found.flic_intercept, self.found.beta[1:])


def fit(cohort: Cohort, *, separating: tuple[str, ...], level: float) -> Penalised:
    """Fit the cohort's design with Firth's penalty; rows alike count as one.

    Parameters
    ----------
    cohort : n usable rows with adjusters.
    separating : names of the columns whose maximum-likelihood coefficient is infinite; empty when cases are only few.
    level : of the intervals. On a long or wide design only the separating columns have a profile interval, the others Wald's;
        all have Wald's where even these are too many.

    Raises
    ------
    ComparisonRefusal ``SEPARATED`` when the adjusters tell every case with the outcome from every case without: such a
    column repeats the outcome. ``NOT_CONVERGED`` when the steps do not vanish. ``BAD_INPUT`` when a column's numbers
    differ so much in size that nothing can be computed with them.

    Source: Firth 1993; Heinze & Schemper 2002; Puhr et al. 2017.
    """
    design, trials = cohort.design, np.ones(len(cohort.outcome)) if cohort.weights is None else cohort.weights
    events = trials * cohort.outcome
    if design.free:
        matrix, rows_of = design.matrix(), np.arange(len(events))
    else:
        matrix, rows_of = design.table, design.pattern
        events, trials = (np.bincount(rows_of, values, minlength=len(matrix)) for values in (events, trials))
    chosen, each = tuple(range(matrix.shape[1])), matrix.size * matrix.shape[1]
    if len(matrix) > PROFILED_ROWS or len(chosen) * each > PROFILED_WORK:
        chosen = tuple(design.names.index(name) for name in separating)
    if len(chosen) * each > PROFILED_WORK:
        chosen = ()
    try:
        found = firth.fit(matrix, outcome=events, trials=trials, level=level, profiled=chosen)
    except firth.Deficient as error:  # columns that only rounding tells apart: the one that reaches furthest is named
        furthest = design.names[int(np.abs(matrix).max(axis=0).argmax())]
        raise ComparisonRefusal(
            "BAD_INPUT",
            (f"Column {furthest} holds numbers too different in size to be modelled; look for one that is mistyped.",),
        ) from error
    if not found.converged:
        raise ComparisonRefusal("NOT_CONVERGED", ("The risk model did not converge.",))
    risk = found.risk(matrix)
    if separating and calibration.discrimination(events, trials, risk).c >= WHOLE:
        raise ComparisonRefusal(
            "SEPARATED",
            (f"The outcome is fully determined along {_some(separating)}; merge rare levels or drop the adjuster.",),
        )
    why = (
        f"Along {', '.join(separating)} every case has, or no case has, the outcome"
        if separating
        else "There are few cases with the rarer outcome for so many coefficients"
    )
    return Penalised(
        found=found,
        risk=risk[rows_of],
        note=f"{why}: the risk model is Firth's penalised one with FLIC, and site effects stand on its risks.",
    )


def _some(names: tuple[str, ...]) -> str:
    """Name the first few; a refusal is one line."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
