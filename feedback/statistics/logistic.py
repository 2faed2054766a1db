"""Logistic regression by Newton's method: the risk model without site terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import expit, softplus
from feedback.statistics.rows import Rows

STEP_TOLERANCE = 1e-10
LARGEST_STEP = 5.0
HALVINGS = 30


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression.

    ``beta`` (k,), ``covariance`` (k, k) the inverse information at ``beta``, ``log_likelihood``, ``iterations``,
    ``converged`` (largest step below 1e-10), ``fitted`` (R,) probabilities by row.
    """

    beta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    iterations: int
    converged: bool
    fitted: np.ndarray


def log_likelihood(rows: Rows, eta: np.ndarray) -> float:
    """Return Σ events·eta − trials·log(1 + exp eta) for the (R,) linear predictor."""
    return float((rows.events * eta - rows.trials * softplus(eta)).sum())


def fit(rows: Rows, *, start: np.ndarray | None = None, max_iterations: int = 50) -> LogisticFit:
    """Maximise the likelihood by Newton's method with step halving.

    Parameters
    ----------
    rows : R rows, k columns of full rank.
    start : (k,) starting coefficients, zeros when left out.
    max_iterations : steps before giving up.

    Returns
    -------
    ``LogisticFit``; ``converged`` is False when the steps did not vanish (as under separation) or the information
    became singular, in which case ``covariance`` is NaN.

    Source: McCullagh & Nelder, Generalized Linear Models, 2nd ed., 1989, §4.4.
    """
    beta = np.zeros(rows.k) if start is None else np.asarray(start, dtype=float)
    eta = rows.linear(beta)
    reached = log_likelihood(rows, eta)
    converged, iteration = False, 0
    while not converged and iteration < max_iterations:
        iteration += 1
        p = expit(eta)
        information = rows.gram(rows.trials * p * (1.0 - p))
        try:
            step = np.linalg.solve(information, rows.cross(rows.events - rows.trials * p))
        except np.linalg.LinAlgError:
            break
        length = float(np.abs(step).max())
        if not np.isfinite(length):
            break
        step *= min(1.0, LARGEST_STEP / max(length, LARGEST_STEP))
        beta, eta, reached = _advance(rows, beta=beta, step=step, reached=reached)
        converged = length < STEP_TOLERANCE * max(1.0, float(np.abs(beta).max()))
    fitted = expit(eta)
    covariance = np.full((rows.k, rows.k), np.nan)
    if converged:
        covariance = np.linalg.inv(rows.gram(rows.trials * fitted * (1.0 - fitted)))
    return LogisticFit(
        beta=beta,
        covariance=covariance,
        log_likelihood=reached,
        iterations=iteration,
        converged=converged,
        fitted=fitted,
    )


def _advance(rows: Rows, *, beta, step, reached) -> tuple[np.ndarray, np.ndarray, float]:
    """Take the longest of the halved steps that does not lower the likelihood (beyond rounding)."""
    slack = 1e-12 * (1.0 + abs(reached))
    for halving in range(HALVINGS):
        trial = beta + step * 0.5**halving
        eta = rows.linear(trial)
        value = log_likelihood(rows, eta)
        if value >= reached - slack:
            return trial, eta, value
    return beta, rows.linear(beta), reached
