"""Sequential probability ratio tests: SPRT case by case and on counts, and MaxSPRT with its exact limit."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, lambertw, xlogy

from feedback.statistics.cusum import check_cases, scores


class Verdict(StrEnum):
    """What a sequential test decided."""

    RAISED = "RAISED"
    IN_ORDER = "IN_ORDER"


@dataclass(frozen=True)
class Decision:
    """A decision and the position (from 0) at which it was reached."""

    at: int
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Sprt:
    """The log-likelihood ratio, shape (n,), the two boundaries, and the decisions in order (none: still open)."""

    path: np.ndarray
    raised_at: float
    in_order_at: float
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, eq=False)
class MaxSprt:
    """The maximised log-likelihood ratio, shape (n,), its limit, and the position of the first signal (None: no signal)."""

    path: np.ndarray
    limit: float
    signal: int | None


def boundaries(*, alpha: float, beta: float) -> tuple[float, float]:
    """Return the boundaries log((1−β)/α) for "raised" and log(β/(1−α)) for "in order".

    Raises ValueError unless α and β lie in (0, 0.5). Source: Wald 1947; Spiegelhalter 2003; methods §11.
    """
    if not (0 < alpha < 0.5 and 0 < beta < 0.5):
        raise ValueError("alpha and beta must lie between 0 and 0.5")
    return float(np.log((1 - beta) / alpha)), float(np.log(beta / (1 - alpha)))


def _decide(*, steps: np.ndarray, alpha: float, beta: float, restart: bool) -> Sprt:
    upper, lower = boundaries(alpha=alpha, beta=beta)
    path, decisions, start = np.empty(steps.size), [], 0
    while start < steps.size:
        here = np.cumsum(steps[start:])
        hits = np.flatnonzero((here >= upper) | (here <= lower))
        if hits.size == 0:
            path[start:] = here
            break
        first = int(hits[0])
        verdict = Verdict.RAISED if here[first] >= upper else Verdict.IN_ORDER
        decisions.append(Decision(at=start + first, verdict=verdict))
        stop = start + first + 1 if restart else steps.size
        path[start:stop] = here[: stop - start]
        start = stop
    return Sprt(path=path, raised_at=upper, in_order_at=lower, decisions=tuple(decisions))


def sprt(
    *, outcome, risk, odds_ratio: float = 2.0, alpha: float = 0.01, beta: float = 0.01, restart: bool = True
) -> Sprt:
    """Test case by case whether the odds of the event are `odds_ratio` times those of the risk.

    `outcome` (0/1), `risk` (0–1): shape (n,), in order of knowledge. With `restart` the test begins again at 0 after each
    decision; without it the path runs on and only the first decision is given.
    Raises ValueError for bad cases, odds, alpha or beta. Source: Wald 1947; Spiegelhalter et al. 2003; methods §11.
    """
    happened, chance = check_cases(outcome=outcome, risk=risk)
    without, with_event = scores(risk=chance, odds_ratio=odds_ratio)
    return _decide(steps=np.where(happened == 1, with_event, without), alpha=alpha, beta=beta, restart=restart)


def _check_counts(*, observed, expected) -> tuple[np.ndarray, np.ndarray]:
    count, mean = np.asarray(observed, dtype=float), np.asarray(expected, dtype=float)
    if count.ndim != 1 or count.shape != mean.shape:
        raise ValueError("observed and expected must have one entry per period")
    if not ((count >= 0) & np.isfinite(count)).all() or not ((mean >= 0) & np.isfinite(mean)).all():
        raise ValueError("observed and expected must be finite and not negative")
    if ((mean == 0) & (count > 0)).any():
        raise ValueError("a period has events although none could be expected")
    return count, mean


def poisson_sprt(
    *, observed, expected, ratio: float = 2.0, alpha: float = 0.01, beta: float = 0.01, restart: bool = True
) -> Sprt:
    """Test period by period whether events come `ratio` times as often as expected: LLR = O log R − (R − 1) E.

    `observed` (counts), `expected` (> 0 where there are events): per period, shape (n,). `ratio`: above 1, or below 1 to look
    for improvement. Raises ValueError for bad counts, a ratio of 1 or ≤ 0, alpha or beta out of range.
    Source: Spiegelhalter et al. 2003; methods §11.
    """
    count, mean = _check_counts(observed=observed, expected=expected)
    if not 0 < ratio < np.inf or ratio == 1:
        raise ValueError("the ratio must be positive, finite and not 1")
    return _decide(steps=count * np.log(ratio) - (ratio - 1) * mean, alpha=alpha, beta=beta, restart=restart)


def maxsprt(*, observed, expected, limit: float) -> MaxSprt:
    """Test period by period whether events come more often than expected, by any factor: LLR = O log(O/E) − (O − E) if O > E.

    `observed`, `expected`: per period, shape (n,); both are accumulated here. `limit`: from `maxsprt_limit`; a signal is LLR ≥ limit.
    Raises ValueError for bad counts or a limit ≤ 0. Source: Kulldorff et al. 2011; methods §11.
    """
    count, mean = _check_counts(observed=observed, expected=expected)
    if not limit > 0:
        raise ValueError("a limit must be above 0")
    total, due = np.cumsum(count), np.cumsum(mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        path = np.where(total > due, xlogy(total, total / due) - (total - due), 0.0)
    hits = np.flatnonzero(path >= limit)
    return MaxSprt(path=path, limit=float(limit), signal=int(hits[0]) if hits.size else None)


def maxsprt_alarm_probability(*, limit: float, expected_total: float) -> float:
    """Return the probability, 0–1, that MaxSPRT signals by chance before `expected_total` events were expected.

    Exact for events watched one by one: no signal means that at each μ_n, the latest time at which the n-th event would signal,
    fewer than n events have happened. Raises ValueError unless both are positive and finite. Source: Kulldorff et al. 2011.
    """
    if not (0 < limit < np.inf and 0 < expected_total < np.inf):
        raise ValueError("the limit and the expected total must be positive and finite")
    silent, time, n = np.array([1.0]), 0.0, 0
    while time < expected_total:
        n += 1
        latest = min(float(-n * lambertw(-np.exp(-1 - limit / n)).real), expected_total)
        more = np.arange(n)
        gained = np.exp(xlogy(more, latest - time) - (latest - time) - gammaln(more + 1))
        silent, time = np.convolve(silent, gained)[:n], latest
    return float(np.clip(1.0 - silent.sum(), 0.0, 1.0))


def maxsprt_limit(*, expected_total: float, alpha: float = 0.05) -> float:
    """Return the limit at which MaxSPRT alarms by chance with probability `alpha` before `expected_total` events were expected.

    Raises ValueError unless alpha lies in (0, 0.5) and the total is positive and finite, or when so few events are expected
    that one of them would always be enough. Source: Kulldorff et al. 2011.
    """
    if not 0 < alpha < 0.5:
        raise ValueError("alpha must lie between 0 and 0.5")
    low, high = 1e-3, 60.0
    if maxsprt_alarm_probability(limit=low, expected_total=expected_total) <= alpha:
        raise ValueError("so few events are expected that any event would be a signal")
    return float(
        brentq(
            lambda c: maxsprt_alarm_probability(limit=c, expected_total=expected_total) - alpha, low, high, xtol=1e-9
        )
    )
