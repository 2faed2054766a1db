"""Logistic regression by Newton's method: the risk model without site terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import risks_and_log_likelihood
from feedback.statistics.rows import Rows

STEP_TOLERANCE = 1e-8
SHORT = 1e-2
ERROR_LEFT = 1e-9
HALVINGS = 30
LONG = 50_000
THINNING = 8
FINER = 16
ROUGH = 2.0
FAR = 2.0


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression.

    ``beta`` (k,), ``covariance`` (k, k) the inverse information at ``beta``, ``log_likelihood``, ``iterations``,
    ``fitted`` (R,) probabilities by row, ``converged``: the step just taken was below 1e-8 conditional standard errors, or two
    steps in the quadratic range show that what is left is below 1e-9 of them.
    """

    beta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    iterations: int
    converged: bool
    fitted: np.ndarray


@dataclass(frozen=True)
class _Look:
    """One set of coefficients: ``beta`` (k,), ``risk`` (R,) and the log-likelihood ``value``."""

    beta: np.ndarray
    risk: np.ndarray
    value: float


def _look(rows: Rows, beta: np.ndarray, *, rough: bool = False) -> _Look:
    trials = None if rows.unit else rows.trials
    risk, value = risks_and_log_likelihood(rows.linear(beta), events=rows.events, trials=trials, rough=rough)
    return _Look(beta=beta, risk=risk, value=value)


def information(rows: Rows, risk: np.ndarray) -> np.ndarray:
    """Return the (k, k) information X' diag(trials·p(1 − p)) X at (R,) risks p."""
    weight = risk * risk
    np.subtract(risk, weight, out=weight)
    return rows.gram(rows.counted(weight))


def fit(rows: Rows, *, start: np.ndarray | None = None, max_iterations: int = 30) -> LogisticFit:
    """Maximise the likelihood by Newton's method with step halving.

    Parameters
    ----------
    rows : R rows, k columns of full rank.
    start : (k,) starting coefficients; when left out zeros, or on long data what a thinned part of the rows gives.
    max_iterations : steps before giving up.

    Returns
    -------
    ``LogisticFit``; ``converged`` is False when the steps did not vanish (as under separation) or the information
    became singular, in which case ``covariance`` is NaN.

    Source: McCullagh & Nelder, Generalized Linear Models, 2nd ed., 1989, §4.4.
    """
    first = _first_guess(rows) if start is None else np.asarray(start, dtype=float)
    here, iteration, converged = _climb(rows, first, max_iterations=max_iterations, enough=STEP_TOLERANCE)
    covariance = np.full((rows.k, rows.k), np.nan)
    if converged:
        covariance = np.linalg.inv(information(rows, here.risk))
    return LogisticFit(
        beta=here.beta,
        covariance=covariance,
        log_likelihood=here.value,
        iterations=iteration,
        converged=converged,
        fitted=here.risk,
    )


def _climb(rows: Rows, start: np.ndarray, *, max_iterations: int, enough: float) -> tuple[_Look, int, bool]:
    """Take Newton steps until one is shorter than ``enough`` conditional standard errors, or what is left surely is.

    On long data the looks before and after a long step are rough: what follows mends them.
    """
    long = len(rows.site) >= LONG
    here = _look(rows, start, rough=long)
    before = np.inf
    for iteration in range(1, max_iterations + 1):
        bend = information(rows, here.risk)
        try:
            step = np.linalg.solve(bend, rows.cross(rows.events - rows.counted(here.risk)))
        except np.linalg.LinAlgError:
            return here, iteration, False
        length = float((np.sqrt(np.abs(np.diag(bend))) * np.abs(step)).max())
        if not np.isfinite(length):
            return here, iteration, False
        here = _advance(rows, here=here, step=step, rough=long and length > FAR)
        if length < enough or (length < SHORT and length**3 < ERROR_LEFT * before**2):
            return here, iteration, True
        before = length
    return here, max_iterations, False


def _first_guess(rows: Rows) -> np.ndarray:
    """Return where a few steps on a small, then on a larger part of long data lead; a part that does not settle is passed over."""
    guess = np.zeros(rows.k)
    if len(rows.site) < LONG:
        return guess
    for step in (FINER * THINNING, THINNING):
        look, _, settled = _climb(rows.thin(step), guess, max_iterations=20, enough=ROUGH)
        guess = look.beta if settled else guess
    return guess


def _advance(rows: Rows, *, here: _Look, step: np.ndarray, rough: bool = False) -> _Look:
    """Take the longest of the halved steps that does not lower the likelihood (beyond rounding)."""
    slack = 1e-12 * (1.0 + abs(here.value))
    for halving in range(HALVINGS):
        trial = _look(rows, here.beta + step * 0.5**halving, rough=rough)
        if trial.value >= here.value - slack:
            return trial
    return here
