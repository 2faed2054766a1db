"""Logistic regression by Newton's method: the risk model without site terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import expit_and_softplus
from feedback.statistics.rows import Rows

STEP_TOLERANCE = 1e-8
HALVINGS = 30
LONG = 50_000
THINNING = 32


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression.

    ``beta`` (k,), ``covariance`` (k, k) the inverse information at ``beta``, ``log_likelihood``, ``iterations``,
    ``fitted`` (R,) probabilities by row, ``converged``: the step just taken was below 1e-8 conditional standard errors, so
    that what is left is about its square.
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


def _look(rows: Rows, beta: np.ndarray) -> _Look:
    eta = rows.linear(beta)
    risk, lost = expit_and_softplus(eta)
    return _Look(beta=beta, risk=risk, value=float((rows.events * eta - rows.trials * lost).sum()))


def fit(rows: Rows, *, start: np.ndarray | None = None, max_iterations: int = 30) -> LogisticFit:
    """Maximise the likelihood by Newton's method with step halving.

    Parameters
    ----------
    rows : R rows, k columns of full rank.
    start : (k,) starting coefficients; when left out zeros, or on long data the fit of every 32nd row.
    max_iterations : steps before giving up.

    Returns
    -------
    ``LogisticFit``; ``converged`` is False when the steps did not vanish (as under separation) or the information
    became singular, in which case ``covariance`` is NaN.

    Source: McCullagh & Nelder, Generalized Linear Models, 2nd ed., 1989, §4.4.
    """
    here = _look(rows, _first_guess(rows) if start is None else np.asarray(start, dtype=float))
    converged, iteration = False, 0
    while not converged and iteration < max_iterations:
        iteration += 1
        information = rows.gram(rows.trials * here.risk * (1.0 - here.risk))
        try:
            step = np.linalg.solve(information, rows.cross(rows.events - rows.trials * here.risk))
        except np.linalg.LinAlgError:
            break
        length = float((np.sqrt(np.abs(np.diag(information))) * np.abs(step)).max())
        if not np.isfinite(length):
            break
        here = _advance(rows, here=here, step=step)
        converged = length < STEP_TOLERANCE
    covariance = np.full((rows.k, rows.k), np.nan)
    if converged:
        covariance = np.linalg.inv(rows.gram(rows.trials * here.risk * (1.0 - here.risk)))
    return LogisticFit(
        beta=here.beta,
        covariance=covariance,
        log_likelihood=here.value,
        iterations=iteration,
        converged=converged,
        fitted=here.risk,
    )


def _first_guess(rows: Rows) -> np.ndarray:
    zeros = np.zeros(rows.k)
    if len(rows.site) < LONG:
        return zeros
    part = fit(rows.thin(THINNING), start=zeros, max_iterations=20)
    return part.beta if part.converged else zeros


def _advance(rows: Rows, *, here: _Look, step: np.ndarray) -> _Look:
    """Take the longest of the halved steps that does not lower the likelihood (beyond rounding)."""
    slack = 1e-12 * (1.0 + abs(here.value))
    for halving in range(HALVINGS):
        trial = _look(rows, here.beta + step * 0.5**halving)
        if trial.value >= here.value - slack:
            return trial
    return here
