"""Fitting the models a comparison rests on, or refusing; a separated outcome is never taken for a fitted one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics import hierarchical, logistic, penalised
from feedback.statistics.cohort import Cohort
from feedback.statistics.design import Design
from feedback.statistics.hierarchical import HierarchicalFit
from feedback.statistics.link import expit, logit
from feedback.statistics.logistic import LogisticFit
from feedback.statistics.penalised import Penalised
from feedback.statistics.refusal import ComparisonRefusal
from feedback.statistics.result import Settings
from feedback.statistics.rows import Rows, arrange
from feedback.statistics.separation import separating_columns

QUICK = 12


@dataclass(frozen=True)
class Fits:
    """What was fitted: ``fixed`` and ``mixed`` may be None; ``risk`` (R,) is the expected risk of each of ``rows``.

    After a penalised fit the rows are the same cases with that model's log-odds as offset, so that ``mixed`` has an intercept
    only, and ``fixed`` is the penalised model with FLIC's intercept.
    """

    fixed: LogisticFit | None
    mixed: HierarchicalFit | None
    risk: np.ndarray
    rows: Rows
    penalised: Penalised | None = None


def fit(cohort: Cohort, rows: Rows, *, settings: Settings) -> Fits:
    """Fit the fixed part and, where asked for, the random intercept.

    Parameters
    ----------
    cohort, rows : the same cases, as built and as sorted.
    settings : the model, the number of nodes, the level and the events for each coefficient are used.

    Long data are fitted at once: a maximum found in a few of Newton's steps is finite, so that nothing is separated. Along a
    separated column each step would still be about 1, and shrink in standard errors by no more than e^(−½) a time.

    Raises
    ------
    ComparisonRefusal ``SEPARATED`` or ``NOT_CONVERGED``.
    """
    if cohort.risk is not None and settings.model == "logistic":
        return Fits(fixed=None, mixed=None, risk=expit(rows.offset), rows=rows)
    few = sparse(cohort, settings=settings)
    fixed = logistic.fit(rows) if len(rows.site) >= logistic.LONG and not few else None
    separating: tuple[str, ...] = ()
    if fixed is None or not fixed.converged or fixed.iterations > QUICK:
        separating = separating_columns(cohort.design, outcome=cohort.outcome)
    if separating or few:
        return _penalised(cohort, separating=separating, settings=settings)
    fixed = fixed or logistic.fit(rows)
    if not fixed.converged:
        raise ComparisonRefusal("NOT_CONVERGED", ("The risk model did not converge.",))
    mixed = None
    if settings.model == "random-intercept":
        mixed = _mixed(rows, fixed=fixed, quadrature=settings.quadrature)
    risk = fixed.fitted if cohort.risk is None else expit(rows.offset)
    return Fits(fixed=fixed, mixed=mixed, risk=risk, rows=rows)


def sparse(cohort: Cohort, *, settings: Settings) -> bool:
    """Say whether there are fewer cases with the rarer outcome for each coefficient than the settings ask for."""
    k = len(cohort.design.names)
    weights = cohort.weights
    n = float(len(cohort.outcome) if weights is None else weights.sum())
    events = float((cohort.outcome if weights is None else weights * cohort.outcome).sum())
    return k > 1 and min(events, n - events) < settings.events_per_parameter * k


def _penalised(cohort: Cohort, *, separating: tuple[str, ...], settings: Settings) -> Fits:
    """Fit by Firth and FLIC; the site effects then stand on that model's risks, as on risks that came with the data."""
    found = penalised.fit(cohort, separating=separating, level=settings.level)
    rows = arrange(
        _intercept_only(len(cohort.outcome)),
        site=cohort.site,
        outcome=cohort.outcome,
        weights=cohort.weights,
        offset=logit(found.risk),
    )
    plain = logistic.fit(rows)
    mixed = None
    if settings.model == "random-intercept":
        mixed = _mixed(rows, fixed=plain, quadrature=settings.quadrature)
    fixed = LogisticFit(
        beta=found.beta,
        covariance=found.found.covariance,
        log_likelihood=plain.log_likelihood,
        iterations=found.found.iterations,
        converged=True,
        fitted=expit(rows.offset),
    )
    return Fits(fixed=fixed, mixed=mixed, risk=fixed.fitted, rows=rows, penalised=found)


def _intercept_only(n: int) -> Design:
    return Design(
        names=("(Intercept)",),
        pattern=np.zeros(n, dtype=np.int32),
        table=np.ones((1, 1)),
        dense=np.empty((0, n)),
        discrete=(0,),
        free=(),
    )


def _mixed(rows: Rows, *, fixed: LogisticFit, quadrature: int) -> HierarchicalFit:
    try:
        mixed = hierarchical.fit(rows, fixed=fixed, quadrature=quadrature)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        raise ComparisonRefusal("NOT_CONVERGED", ("The random-intercept model broke down on these cases.",)) from error
    if not mixed.converged:
        raise ComparisonRefusal("NOT_CONVERGED", ("The random-intercept model did not converge.",))
    return mixed
