"""How long abstraction will take: the median of measured minutes with its interval, and hours from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binom

FEWEST = 6


@dataclass(frozen=True, kw_only=True)
class Median:
    """The median of measured minutes and a 95 % interval between two of the measured values."""

    n: int
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Hours that a number of cases takes at the median pace, and at the ends of its interval."""

    n_cases: int
    value: float
    lower: float
    upper: float


def median(minutes: Sequence[float]) -> Median | None:
    """Return the median with the distribution-free 95 % interval by order statistics; None below six values.

    minutes: non-negative, any order. With fewer than six values no pair of them covers the median in 95 of 100 samples.
    Source: Conover, Practical Nonparametric Statistics (1999), §3.2.
    """
    n = len(minutes)
    if n < FEWEST:
        return None
    ordered = sorted(minutes)
    # The r-th smallest and r-th largest enclose the median with probability 1 − 2 P(B < r): P(B < r) is below 0.025 here.
    rank = int(binom.ppf(0.025, n, 0.5))
    half = n // 2
    middle = ordered[half] if n % 2 else (ordered[half - 1] + ordered[half]) / 2
    return Median(n=n, value=middle, lower=ordered[rank - 1], upper=ordered[n - rank])


def hours(pace: Median, *, n_cases: int) -> Hours:
    """Return the hours that ``n_cases`` (0 …) take at a measured pace."""
    return Hours(
        n_cases=n_cases, value=n_cases * pace.value / 60, lower=n_cases * pace.lower / 60, upper=n_cases * pace.upper / 60
    )
