"""Firth's penalised logistic regression for sparse or separated outcomes, with risks that add up again (FLIC)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from feedback.statistics.link import expit, softplus

LARGEST_STEP = 20.0
TOLERANCE = 1e-10
FARTHEST = 1e4


class Deficient(ValueError):
    """The design lacks full column rank."""


@dataclass(frozen=True)
class FirthFit:
    """A penalised fit.

    ``beta``, ``standard_error``, ``lower``, ``upper`` and ``p_value`` are (k,): intervals and tests come from the profile
    of the penalised likelihood (Wald's, where no profile was asked for). ``covariance`` (k, k) is the inverse information,
    ``penalised_log_likelihood`` at the estimate, ``iterations`` the steps taken. ``flic_intercept`` replaces the first
    coefficient when risks are predicted, so that ΣE = ΣO. A limit beyond ±10,000 is infinite.
    """

    beta: np.ndarray
    standard_error: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    p_value: np.ndarray
    covariance: np.ndarray
    penalised_log_likelihood: float
    flic_intercept: float
    iterations: int
    converged: bool

    def risk(self, matrix: np.ndarray) -> np.ndarray:
        """Return (n,) predicted risks for an (n, k) design whose first column is the intercept."""
        beta = self.beta.copy()
        beta[0] = self.flic_intercept
        return expit(matrix @ beta)


@dataclass(frozen=True)
class _Data:
    """Design (n, k), events (n,) and trials (n,): rows that are alike may be one row."""

    matrix: np.ndarray
    events: np.ndarray
    trials: np.ndarray


@dataclass(frozen=True)
class _State:
    """One place of the search; ``bend`` (k, k) is the information with the weight that the penalty adds to each row."""

    beta: np.ndarray
    value: float
    score: np.ndarray
    information: np.ndarray
    bend: np.ndarray


def _look(data: _Data, beta: np.ndarray) -> _State:
    matrix = data.matrix
    eta = matrix @ beta
    p = expit(eta)
    weight = data.trials * p * (1.0 - p)
    information = matrix.T @ (weight[:, None] * matrix)
    sign, log_determinant = np.linalg.slogdet(information)
    if sign <= 0:
        return _State(beta=beta, value=-np.inf, score=np.zeros(len(beta)), information=information, bend=information)
    leverage = weight * (matrix * np.linalg.solve(information, matrix.T).T).sum(axis=1)
    return _State(
        beta=beta,
        value=float((data.events * eta - data.trials * softplus(eta)).sum()) + 0.5 * log_determinant,
        score=matrix.T @ (data.events - data.trials * p + leverage * (0.5 - p)),
        information=information,
        bend=information + matrix.T @ ((leverage * p * (1.0 - p))[:, None] * matrix),
    )


def _maximise(data: _Data, *, start: np.ndarray, free: np.ndarray, most_steps: int = 200) -> tuple[_State, int]:
    """Maximise the penalised likelihood over the free coefficients, steps limited to 20 in the linear predictor and halved
    while it falls. Return the place reached and the steps it took, 0 when they did not vanish.

    The penalty adds leverage·(½ − p) to a row's residual. A step that leaves this out of the curvature is twice too long
    along a column that one row alone decides, and would go to and fro for ever.
    """
    state = _look(data, start)
    for taken in range(1, most_steps + 1):
        step = np.zeros(len(start))
        step[free] = np.linalg.solve(state.bend[np.ix_(free, free)], state.score[free])
        longest = np.abs(data.matrix @ step).max()
        step *= min(1.0, LARGEST_STEP / max(longest, LARGEST_STEP))
        moved = _look(data, state.beta + step)
        while moved.value < state.value - 1e-11 * (1.0 + abs(state.value)):
            step = step / 2.0
            moved = _look(data, state.beta + step)
        state = moved
        if np.abs(step).max(initial=0.0) < TOLERANCE * max(1.0, float(np.abs(state.beta).max())):
            return state, taken
    return state, 0


def fit(
    matrix: np.ndarray,
    *,
    outcome: np.ndarray,
    trials: np.ndarray | None = None,
    level: float = 0.95,
    most_steps: int = 200,
    profiled: tuple[int, ...] | None = None,
) -> FirthFit:
    """Fit a logistic regression with Firth's penalty ½·log|information|.

    Parameters
    ----------
    matrix : (n, k) design of full column rank, the intercept first.
    outcome : (n,) 0/1, or the events among ``trials`` (n,) cases that are alike.
    level : of the intervals, in (0, 1).
    most_steps : before ``converged`` becomes False.
    profiled : columns with a profile interval, every one when left out; the others have Wald's.

    Returns
    -------
    ``FirthFit``; finite also where the outcome is separated.

    Raises
    ------
    Deficient, a ValueError, when the design lacks full column rank.

    Source: Firth, Biometrika 80, 1993; Heinze & Schemper, Stat. Med. 21, 2002; Puhr et al., Stat. Med. 36, 2017 (FLIC).
    """
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise Deficient("the design lacks full column rank")
    k = matrix.shape[1]
    events = np.asarray(outcome, dtype=float)
    data = _Data(matrix=matrix, events=events, trials=np.ones(len(events)) if trials is None else trials)
    best, iterations = _maximise(data, start=np.zeros(k), free=np.arange(k), most_steps=most_steps)
    covariance = np.linalg.inv(best.information)
    errors = np.sqrt(np.diag(covariance))
    half = float(norm.isf((1.0 - level) / 2.0)) * errors
    lower, upper, p = best.beta - half, best.beta + half, 2.0 * norm.sf(np.abs(best.beta) / errors)
    drop = 0.5 * float(chi2.isf(1.0 - level, 1))
    for place in range(k) if profiled is None else profiled:
        lower[place] = _limit(data, best=best, place=place, first=-errors[place], drop=drop)
        upper[place] = _limit(data, best=best, place=place, first=errors[place], drop=drop)
        null = _profile(data, best=best, place=place, at=0.0)
        p[place] = float(chi2.sf(max(0.0, 2.0 * (best.value - null)), 1))
    return FirthFit(
        beta=best.beta,
        standard_error=errors,
        lower=lower,
        upper=upper,
        p_value=p,
        covariance=covariance,
        penalised_log_likelihood=best.value,
        flic_intercept=_flic(data, best.beta),
        iterations=iterations,
        converged=iterations > 0,
    )


def _profile(data: _Data, *, best: _State, place: int, at: float) -> float:
    """Return the largest penalised likelihood with one coefficient held at a value."""
    free = np.delete(np.arange(len(best.beta)), place)
    start = best.beta.copy()
    if len(free):
        # move the others along the quadratic approximation, so that a far value starts near its own maximum
        along = np.linalg.solve(best.information[np.ix_(free, free)], best.information[free, place])
        start[free] -= along * (at - best.beta[place])
    start[place] = at
    return _maximise(data, start=start, free=free)[0].value


def _limit(data: _Data, *, best: _State, place: int, first: float, drop: float) -> float:
    """Return where the profile has fallen by ``drop`` on one side, or an infinity."""

    def surplus(at: float) -> float:
        return _profile(data, best=best, place=place, at=at) - best.value + drop

    centre, away = float(best.beta[place]), float(first)
    while surplus(centre + away) > 0:
        away *= 2.0
        if abs(away) > FARTHEST:
            return float(np.copysign(np.inf, away))
    return float(brentq(surplus, centre, centre + away, xtol=1e-9))


def _flic(data: _Data, beta: np.ndarray) -> float:
    """Return the intercept that makes the predicted risks add up to the events."""
    rest = data.matrix[:, 1:] @ beta[1:]
    goal = float(data.events.sum())
    if goal in (0.0, float(data.trials.sum())):
        return float(np.copysign(np.inf, goal - 0.5))
    return float(
        brentq(lambda a: float((data.trials * expit(rest + a)).sum()) - goal, -200.0 - rest.max(), 200.0 - rest.min())
    )
