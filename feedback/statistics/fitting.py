"""Fitting the models a comparison rests on, or refusing: separation is looked for before any fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics import hierarchical, logistic
from feedback.statistics.cohort import Cohort
from feedback.statistics.hierarchical import HierarchicalFit
from feedback.statistics.link import expit
from feedback.statistics.logistic import LogisticFit
from feedback.statistics.refusal import ComparisonRefusal
from feedback.statistics.result import Settings
from feedback.statistics.rows import Rows
from feedback.statistics.separation import separating_columns


@dataclass(frozen=True)
class Fits:
    """What was fitted: ``fixed`` and ``mixed`` may be None; ``risk`` (R,) is the expected risk of each row."""

    fixed: LogisticFit | None
    mixed: HierarchicalFit | None
    risk: np.ndarray


def fit(cohort: Cohort, rows: Rows, *, settings: Settings) -> Fits:
    """Fit the fixed part and, where asked for, the random intercept.

    Parameters
    ----------
    cohort, rows : the same cases, as built and as sorted.
    settings : the model and the number of nodes are used.

    Raises
    ------
    ComparisonRefusal ``SEPARATED`` or ``NOT_CONVERGED``.
    """
    if cohort.risk is not None and settings.model == "logistic":
        return Fits(fixed=None, mixed=None, risk=expit(rows.offset))
    _require_overlap(cohort)
    fixed = logistic.fit(rows)
    if not fixed.converged:
        raise ComparisonRefusal("NOT_CONVERGED", ("The risk model did not converge.",))
    mixed = None
    if settings.model == "random-intercept":
        mixed = _mixed(rows, fixed=fixed, quadrature=settings.quadrature)
    risk = fixed.fitted if cohort.risk is None else expit(rows.offset)
    return Fits(fixed=fixed, mixed=mixed, risk=risk)


def _mixed(rows: Rows, *, fixed: LogisticFit, quadrature: int) -> HierarchicalFit:
    try:
        mixed = hierarchical.fit(rows, fixed=fixed, quadrature=quadrature)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        raise ComparisonRefusal("NOT_CONVERGED", ("The random-intercept model broke down on these cases.",)) from error
    if not mixed.converged:
        raise ComparisonRefusal("NOT_CONVERGED", ("The random-intercept model did not converge.",))
    return mixed


def _require_overlap(cohort: Cohort) -> None:
    names = separating_columns(cohort.design, outcome=cohort.outcome)
    if names:
        listed = ", ".join(names)
        raise ComparisonRefusal(
            "SEPARATED", (f"The outcome is fully determined along {listed}; merge rare levels or drop the adjuster.",)
        )
