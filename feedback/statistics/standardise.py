"""Indirect standardisation: observed over expected and the rates that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.intervals import poisson_interval


@dataclass(frozen=True)
class Standardised:
    """O/E and adjusted rate with their interval, all (J,); NaN where undefined (nothing expected)."""

    ratio: np.ndarray
    ratio_lower: np.ndarray
    ratio_upper: np.ndarray
    rate: np.ndarray
    rate_lower: np.ndarray
    rate_upper: np.ndarray


def indirect(
    *, observed: np.ndarray, expected: np.ndarray, rate: float, method: str = "exact", level: float = 0.95
) -> Standardised:
    """Standardise each site to the cases it had.

    Parameters
    ----------
    observed, expected : (J,) events and Σ of predicted risks, expected >= 0.
    rate : rate of the population that gave ``expected``, 0–1; the adjusted rate is O/E times it (not capped at 1).
    method, level : of the Poisson interval, see ``intervals.poisson_interval``.

    Returns
    -------
    ``Standardised``; O/E is NaN where nothing was expected.

    Raises
    ------
    ValueError when a site has events although nothing was expected (a model error), or on a negative expectation.

    Source: Breslow & Day 1987, §2.3.
    """
    observed, expected = np.asarray(observed, dtype=float), np.asarray(expected, dtype=float)
    if (expected < 0).any() or ((expected == 0) & (observed > 0)).any():
        raise ValueError("events where none were expected: the risk model does not fit these sites")
    lower, upper = poisson_interval(observed, method=method, level=level)
    base = np.where(expected > 0, expected, np.nan)
    ratio, low, high = observed / base, lower / base, upper / base
    return Standardised(
        ratio=ratio, ratio_lower=low, ratio_upper=high, rate=ratio * rate, rate_lower=low * rate, rate_upper=high * rate
    )


def flag(*, lower: np.ndarray, upper: np.ndarray, benchmark: float) -> tuple[str, ...]:
    """Say on which side of the benchmark each whole interval lies.

    Parameters
    ----------
    lower, upper : (J,) interval, in the unit of ``benchmark``; NaN counts as undecided.

    Returns
    -------
    J words: ``higher``, ``lower`` or ``as expected``.
    """
    return tuple(
        "higher" if low > benchmark else "lower" if high < benchmark else "as expected"
        for low, high in zip(lower, upper, strict=True)
    )
