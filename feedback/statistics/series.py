"""A site's own results period by period against a frozen model, so that a later refit does not recentre history."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from feedback.statistics.intervals import garwood, poisson_binomial

NOTHING = 1e-9
"""Fewer expected events than this count as none: the ratio would say nothing."""


class Note(StrEnum):
    """Why a period has no O/E."""

    NO_CASES = "NO_CASES"
    NOTHING_EXPECTED = "NOTHING_EXPECTED"
    MODEL_ERROR = "MODEL_ERROR"


@dataclass(frozen=True)
class Point:
    """One period; None where undefined.

    `oe` and its limits are ratios, the adjusted rates are O/E × reference rate (not capped at 1). `probability`: the mid-p
    chance of a result at least as unfavourable, if every case ran the risk the model states. `early_signal`: that chance is so
    small that the cases deserve a look; it never says that care was bad. `provisional`: outcomes of the period may still come in.
    """

    period: int
    n: int
    observed: int
    expected: float
    oe: float | None
    oe_lower: float | None
    oe_upper: float | None
    adjusted_rate: float | None
    adjusted_rate_lower: float | None
    adjusted_rate_upper: float | None
    probability: float | None
    early_signal: bool
    provisional: bool
    note: Note | None


def trend(
    *, period, n_periods: int, outcome, risk, reference_rate: float, adverse: bool = True, level: float = 0.95,
    signal_at: float = 0.001, provisional=(),
) -> tuple[Point, ...]:  # fmt: skip
    """Return one point per period, in order, empty periods included.

    `period`: shape (n,), ints 0…n_periods−1; `outcome`: 0/1, shape (n,), cases with a missing outcome left out before; `risk`:
    0–1, shape (n,), by the frozen model. `reference_rate`: 0–1, the rate of the population the frozen model was fitted on, from
    the same freeze. `adverse`: whether the event is unwelcome. `level`: of the exact (Garwood) interval. `signal_at`: the
    one-sided Poisson-binomial mid-p at or below which a period is an early signal (0.001: one false alarm in 1,000 periods).
    `provisional`: the periods that are not final. A period with events though none could happen is a MODEL_ERROR.
    Raises ValueError for unequal shapes, periods out of range, outcomes other than 0/1, risks or rates outside 0–1, levels outside (0, 1).
    Source: Garwood 1936; Spiegelhalter 2005; methods §4, §10.
    """
    when, happened, chance = _check(period=period, n_periods=n_periods, outcome=outcome, risk=risk)
    if not 0 <= reference_rate <= 1:
        raise ValueError("the reference rate must lie between 0 and 1")
    if not (0 < level < 1 and 0 < signal_at < 1):
        raise ValueError("the level and the probability of a signal must lie between 0 and 1")
    open_periods = set(provisional)
    if not open_periods <= set(range(n_periods)):
        raise ValueError("a provisional period is out of range")
    return tuple(
        _point(
            period=i,
            outcome=happened[when == i],
            risk=chance[when == i],
            rate=reference_rate,
            adverse=adverse,
            level=level,
            signal_at=signal_at,
            provisional=i in open_periods,
        )
        for i in range(n_periods)
    )


def _check(*, period, n_periods: int, outcome, risk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    when, happened, chance = np.asarray(period), np.asarray(outcome, dtype=float), np.asarray(risk, dtype=float)
    if chance.ndim != 1 or not when.shape == happened.shape == chance.shape:
        raise ValueError("periods, outcomes and risks must have one entry per case")
    if when.size and not (np.issubdtype(when.dtype, np.integer) and when.min() >= 0 and when.max() < n_periods):
        raise ValueError("a period is out of range")
    if not np.isin(happened, (0.0, 1.0)).all():
        raise ValueError("an outcome is neither 0 nor 1")
    if not ((chance >= 0) & (chance <= 1)).all():
        raise ValueError("a risk is missing or lies outside 0 to 1")
    return when, happened, chance


def _point(
    *, period: int, outcome, risk, rate: float, adverse: bool, level: float, signal_at: float, provisional: bool
) -> Point:
    n, observed, expected = outcome.size, int(outcome.sum()), float(risk.sum())
    if expected <= NOTHING:
        note = Note.NO_CASES if n == 0 else Note.MODEL_ERROR if observed else Note.NOTHING_EXPECTED
        return Point(period=period, n=n, observed=observed, expected=expected, oe=None, oe_lower=None, oe_upper=None,
                     adjusted_rate=None, adjusted_rate_lower=None, adjusted_rate_upper=None, probability=None,
                     early_signal=False, provisional=provisional, note=note)  # fmt: skip
    low, high = garwood(np.array([float(observed)]), level=level)
    oe, lower, upper = observed / expected, float(low[0]) / expected, float(high[0]) / expected
    probability = _unfavourable(observed=observed, risk=risk, adverse=adverse)
    return Point(period=period, n=n, observed=observed, expected=expected, oe=oe, oe_lower=lower, oe_upper=upper,
                 adjusted_rate=oe * rate, adjusted_rate_lower=lower * rate, adjusted_rate_upper=upper * rate,
                 probability=probability, early_signal=probability <= signal_at, provisional=provisional, note=None)  # fmt: skip


def _unfavourable(*, observed: int, risk: np.ndarray, adverse: bool) -> float:
    """Return the mid-p chance of at least as many events (at most as many, when the event is welcome)."""
    chances = poisson_binomial(risk)
    beyond = chances[observed + 1 :].sum() if adverse else chances[:observed].sum()
    return float(min(beyond + 0.5 * chances[observed], 1.0))
