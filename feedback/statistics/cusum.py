"""Case-by-case monitoring against each case's own risk: VLAD, risk-adjusted CUSUM, EWMA. Limits are found in cusum_limits.

Every function takes the cases in the order in which their outcomes became known: `order_of_knowledge` declares that order.
The risks must come from a baseline or external model of the same case mix; drift of that model makes all these charts creep.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Cusum:
    """A two-sided risk-adjusted CUSUM. Paths and scores have shape (n,); the lower path is kept positive (draw it downwards).

    A path shows its value at the signalling case, then starts again. `signals_*` are positions of cases, ascending.
    """

    upper: np.ndarray
    lower: np.ndarray
    upper_scores: np.ndarray
    lower_scores: np.ndarray
    upper_signals: tuple[int, ...]
    lower_signals: tuple[int, ...]
    upper_limit: float | None
    lower_limit: float | None


@dataclass(frozen=True, eq=False)
class Ewma:
    """Exponentially weighted observed and expected rates with limits; arrays of shape (n,), rates 0–1.

    `outside` marks where the observed line leaves expected ± `width` standard deviations.
    """

    observed: np.ndarray
    expected: np.ndarray
    standard_deviation: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    outside: np.ndarray


def order_of_knowledge(*, known_on, case_number) -> np.ndarray:
    """Return positions that put cases in the order their outcome became known, ties by case number; shape (n,), int.

    `known_on`: dates or numbers, shape (n,) (index date + follow-up for a 30-day outcome). `case_number`: shape (n,), sortable.
    Raises ValueError for unequal shapes or repeated case numbers, for then the order would not be determined.
    Source: Steiner 2000; methods §11.
    """
    known, number = np.asarray(known_on), np.asarray(case_number)
    if known.ndim != 1 or known.shape != number.shape:
        raise ValueError("known_on and case_number must have one entry per case")
    if np.unique(number).size != number.size:
        raise ValueError("a case number occurs twice, so the order of cases is not determined")
    return np.lexsort((number, known))


def check_risk(risk) -> np.ndarray:
    """Return risks as a float array of shape (n,), each within 0–1. Raises ValueError otherwise."""
    array = np.asarray(risk, dtype=float)
    if array.ndim != 1:
        raise ValueError("risk must have one entry per case")
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError("a risk is missing or lies outside 0 to 1")
    return array


def check_cases(*, outcome, risk) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes (0 or 1) and risks (0–1) as float arrays of shape (n,). Raises ValueError otherwise."""
    happened, chance = np.asarray(outcome, dtype=float), check_risk(risk)
    if happened.shape != chance.shape:
        raise ValueError("outcome and risk must have one entry per case")
    if not np.isin(happened, (0.0, 1.0)).all():
        raise ValueError("an outcome is neither 0 nor 1")
    return happened, chance


def check_odds(*, odds_ratio: float, null: float) -> None:
    """Raise ValueError unless both odds ratios are positive, finite and different."""
    if not (0 < odds_ratio < np.inf and 0 < null < np.inf) or odds_ratio == null:
        raise ValueError("the two odds ratios must be positive, finite and different")


def scores(*, risk, odds_ratio: float, null: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-likelihood-ratio score of each case without and with the event; two arrays of shape (n,).

    `risk`: shape (n,), 0–1. `odds_ratio`: odds of the event, against the risk, that the chart is tuned to find (2: doubled,
    0.5: halved); `null`: the odds that are in order. Raises ValueError for risks outside 0–1 or impossible odds.
    Source: Steiner, Cook, Farewell & Treasure 2000; methods §11.
    """
    check_odds(odds_ratio=odds_ratio, null=null)
    chance = check_risk(risk)
    without = np.log((1 - chance + null * chance) / (1 - chance + odds_ratio * chance))
    return without, without + np.log(odds_ratio / null)


def vlad(*, outcome, risk) -> np.ndarray:
    """Return cumulative expected minus observed events (up = fewer than expected); shape (n,).

    It has no limits of its own: show it with the signals of a CUSUM. Raises ValueError as `check_cases`.
    Source: Lovegrove et al. 1997; methods §11.
    """
    happened, chance = check_cases(outcome=outcome, risk=risk)
    return np.cumsum(chance - happened)


def _path(
    *, steps: np.ndarray, limit: float | None, reset: bool, head_start: float
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return the path max(0, S + W) and its signals (S > limit); after a signal S starts again at `head_start`."""
    path, signals, start, level = np.empty(steps.size), [], 0, head_start
    bound, above = np.inf if limit is None else limit, False
    while start < steps.size:
        total = np.cumsum(steps[start : start + CHUNK])
        here = total - np.minimum(np.minimum.accumulate(total), -level)
        hits = np.flatnonzero(here > bound)
        if reset and hits.size:
            here = here[: hits[0] + 1]
            signals.append(start + int(hits[0]))
        elif hits.size:
            entered = np.diff(np.concatenate([[above], here > bound]).astype(int)) > 0
            signals.extend((start + np.flatnonzero(entered)).tolist())
        path[start : start + here.size] = here
        start += here.size
        above = bool(here[-1] > bound)
        level = head_start if reset and above else float(here[-1])
    return path, tuple(signals)


def risk_adjusted_cusum(
    *, outcome, risk, upper_limit: float | None, lower_limit: float | None = None, worse: float = 2.0, better: float = 0.5,
    null: float = 1.0, reset: bool = True, head_start: float = 0.0,
) -> Cusum:  # fmt: skip
    """Follow cases in order with S = max(0, S + W), upwards for `worse` odds of the event and downwards for `better` odds.

    `outcome` (0/1), `risk` (0–1): shape (n,), in order of knowledge. A side signals when S > its limit (strictly), and with
    `reset` starts again at `head_start` × its limit (0.5 is the fast initial response); a limit of None never signals. Without
    `reset` a signal is each case at which the path comes to lie above the limit. Limits come from `cusum_limits.calibrate_limit`
    for the own case mix, never from a book.
    Raises ValueError as `check_cases`, for limits ≤ 0, a head start outside 0–1, or odds on the wrong side of `null`.
    Source: Steiner, Cook, Farewell & Treasure 2000; methods §11.
    """
    happened, chance = check_cases(outcome=outcome, risk=risk)
    if any(limit is not None and not limit > 0 for limit in (upper_limit, lower_limit)):
        raise ValueError("a limit must be above 0")
    if not 0 <= head_start < 1:
        raise ValueError("the head start is a share of the limit, at least 0 and below 1")
    if not better < null < worse:
        raise ValueError("the odds to be found must lie on either side of the odds that are in order")
    sides = []
    for odds, limit in ((worse, upper_limit), (better, lower_limit)):
        without, with_event = scores(risk=chance, odds_ratio=odds, null=null)
        steps = np.where(happened == 1, with_event, without)
        begin = 0.0 if limit is None else head_start * limit
        sides.append((steps, *_path(steps=steps, limit=limit, reset=reset, head_start=begin)))
    (up_steps, up, up_signals), (down_steps, down, down_signals) = sides
    return Cusum(
        upper=up, lower=down, upper_scores=up_steps, lower_scores=down_steps, upper_signals=up_signals,
        lower_signals=down_signals, upper_limit=upper_limit, lower_limit=lower_limit,
    )  # fmt: skip


def ewma(*, outcome, risk, start: float, weight: float = 0.02, width: float = 3.0) -> Ewma:
    """Smooth outcomes and risks exponentially and compare them: Z = λ y + (1 − λ) Z, expected alike.

    `outcome` (0/1), `risk` (0–1): shape (n,), in order. `start`: rate 0–1 at which both lines begin (the baseline's).
    `weight`: λ in (0, 1], .01–.05 usual. The variance of the observed line is exact given the risks: λ²p(1−p) + (1−λ)² s².
    Raises ValueError as `check_cases`, or for start, weight or width out of range. Source: Cook, Coory & Webster 2011; methods §11.
    """
    happened, chance = check_cases(outcome=outcome, risk=risk)
    if not 0 <= start <= 1 or not 0 < weight <= 1 or not width > 0:
        raise ValueError("start must lie in 0 to 1, weight above 0 and up to 1, width above 0")
    keep = 1.0 - weight

    def smooth(values, share, fade, begin):
        return lfilter([share], [1.0, -fade], values, zi=[fade * begin])[0]

    observed, expected = smooth(happened, weight, keep, start), smooth(chance, weight, keep, start)
    deviation = np.sqrt(smooth(chance * (1 - chance), weight**2, keep**2, 0.0))
    lower, upper = expected - width * deviation, expected + width * deviation
    return Ewma(
        observed=observed, expected=expected, standard_deviation=deviation, lower=np.clip(lower, 0, 1),
        upper=np.clip(upper, 0, 1), outside=(observed < lower) | (observed > upper),
    )  # fmt: skip
