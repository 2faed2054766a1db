"""Intervals by leaving out one site after the other, adopters and comparators as two samples."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student


@dataclass(frozen=True)
class Interval:
    """An effect in points with its 95 per cent interval, standard error, degrees of freedom and two-sided p by t; None where
    one site alone carries it, so that nothing can be said of its uncertainty."""

    value: float
    lower: float | None
    upper: float | None
    error: float | None
    freedom: float | None
    p: float | None


def interval(value: float, without: np.ndarray, *, group: np.ndarray, used: np.ndarray) -> Interval:
    """Return the interval of an effect from the effects without each site.

    `without`: (J,) or NaN where leaving the site out leaves no effect. `group`: booleans (J,), the adopters behind the effect;
    `used`: booleans (J,), sites with cases. The squared deviations from the effect are summed within adopters and within the others, each with
    factor (m − 1)/m; the degrees of freedom are Satterthwaite's, so five adopters do not pass for thirty sites.
    Source: Efron & Stein 1981; Shao & Tu 1995 (stratified jackknife); Satterthwaite 1946.
    """
    parts = [without[used & group], without[used & ~group]]
    if parts[0].size < 2 or not all(np.isfinite(part).all() for part in parts):
        return Interval(value=value, lower=None, upper=None, error=None, freedom=None, p=None)
    spread = [_spread(part - value) for part in parts if part.size > 1]
    variance = sum(v for v, _ in spread)
    below = sum(v**2 / f for v, f in spread)
    if below <= 0:
        return Interval(value=value, lower=None, upper=None, error=None, freedom=None, p=None)
    error, freedom = float(np.sqrt(variance)), float(variance**2 / below)
    reach = float(student.ppf(0.975, freedom)) * error
    p = float(2 * student.sf(abs(value) / error, freedom))
    return Interval(value=value, lower=value - reach, upper=value + reach, error=error, freedom=freedom, p=p)


def covariance(without: np.ndarray, *, group: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return the covariance (L, L) of L effects from their values without each site (J, L), in the same two samples."""
    total = np.zeros((without.shape[1], without.shape[1]))
    for chosen in (used & group, used & ~group):
        part = without[chosen]
        if len(part) > 1:
            away = part - part.mean(axis=0)
            total += (len(part) - 1) / len(part) * away.T @ away
    return total


def _spread(away: np.ndarray) -> tuple[float, int]:
    return (away.size - 1) / away.size * float((away**2).sum()), away.size - 1
