"""Intervals for counts and proportions, and the exact distribution of a sum of unequal risks."""

from __future__ import annotations

import numpy as np
from scipy import special
from scipy.stats import norm

from feedback.statistics import event_counts

METHODS = ("exact", "byar", "midp")
EXACT_BELOW = 10
BISECTIONS = 200


def _tails(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    return (1.0 - level) / 2.0


def _counts(observed: np.ndarray) -> np.ndarray:
    counts = np.asarray(observed, dtype=float)
    if (counts < 0).any():
        raise ValueError("a count cannot be negative")
    return counts


def garwood(observed: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Exact interval for the mean of a Poisson count.

    Parameters
    ----------
    observed : (J,) counts >= 0.
    level : confidence, in (0, 1).

    Returns
    -------
    lower, upper : (J,), in events; lower is 0 for a count of 0.

    Raises
    ------
    ValueError for a negative count or a level outside (0, 1).

    Source: Garwood, Biometrika 28, 1936.
    """
    tail, x = _tails(level), _counts(observed)
    lower = np.where(x > 0, special.gammaincinv(np.where(x > 0, x, 1.0), tail), 0.0)
    return lower, special.gammainccinv(x + 1.0, tail)


def byar(observed: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Byar's approximation to the exact Poisson interval; a negative lower limit is set to 0.

    Parameters, result and errors as for ``garwood``.

    Source: Breslow & Day, Statistical Methods in Cancer Research II, 1987, p. 69.
    """
    z, x = norm.isf(_tails(level)), _counts(observed)
    safe = np.where(x > 0, x, 1.0)
    lower = np.where(x > 0, x * (1.0 - 1.0 / (9.0 * safe) - z / (3.0 * np.sqrt(safe))) ** 3, 0.0)
    above = x + 1.0
    upper = above * (1.0 - 1.0 / (9.0 * above) + z / (3.0 * np.sqrt(above))) ** 3
    return np.maximum(lower, 0.0), upper


def midp(observed: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Mid-P interval for the mean of a Poisson count, by bisection to machine precision.

    Parameters, result and errors as for ``garwood``.

    Source: Lancaster, JASA 56, 1961; as used by the CDC for standardised infection ratios.
    """
    tail, x = _tails(level), _counts(observed)

    def above(mean: np.ndarray) -> np.ndarray:
        # Pr(X > x) + ½ Pr(X = x), increasing in the mean
        at_least = np.where(x > 0, special.gammainc(np.where(x > 0, x, 1.0), mean), 1.0)
        return 0.5 * (special.gammainc(x + 1.0, mean) + at_least)

    low, high = garwood(x, level=1.0 - (1.0 - level) / 4.0)
    lower = _bisect(above, target=tail, low=low * 0.5, high=high)
    upper = _bisect(above, target=1.0 - tail, low=low * 0.5, high=high * 1.5)
    return np.where(x > 0, lower, 0.0), upper


def _bisect(function, *, target: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    low, high = low.copy(), high.copy()
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        below = function(middle) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)


def poisson_interval(
    observed: np.ndarray, *, method: str = "exact", level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Interval for the mean of a Poisson count by name: ``exact`` (Garwood), ``byar`` or ``midp``.

    Parameters, result and errors as for ``garwood``; also ValueError for another method.
    """
    functions = {"exact": garwood, "byar": byar, "midp": midp}
    if method not in functions:
        raise ValueError(f"interval method {method} is none of {', '.join(METHODS)}")
    return functions[method](observed, level=level)


def exact_or_byar(observed: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Exact interval below ten events, Byar's from ten on.

    Parameters, result and errors as for ``garwood``.

    Source: Public Health England, Technical Guide: commonly used public health statistics, 2018.
    """
    x = _counts(observed)
    few = x < EXACT_BELOW
    exact, approximate = garwood(x, level=level), byar(x, level=level)
    return np.where(few, exact[0], approximate[0]), np.where(few, exact[1], approximate[1])


def wilson(events: np.ndarray, trials: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval for a proportion.

    Parameters
    ----------
    events, trials : (J,) with 0 <= events <= trials and trials > 0.

    Returns
    -------
    lower, upper : (J,), 0–1.

    Raises
    ------
    ValueError for impossible counts.

    Source: Wilson, JASA 22, 1927.
    """
    tail, (x, n) = _tails(level), _proportion(events, trials)
    z2 = norm.isf(tail) ** 2
    half = np.sqrt(z2) * np.sqrt(z2 + 4.0 * x * (1.0 - x / n))
    return (2.0 * x + z2 - half) / (2.0 * (n + z2)), (2.0 * x + z2 + half) / (2.0 * (n + z2))


def clopper_pearson(events: np.ndarray, trials: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Exact interval for a proportion from beta quantiles.

    Parameters, result and errors as for ``wilson``.

    Source: Clopper & Pearson, Biometrika 26, 1934.
    """
    tail, (x, n) = _tails(level), _proportion(events, trials)
    lower = np.where(x > 0, special.betaincinv(np.where(x > 0, x, 1.0), n - x + 1.0, tail), 0.0)
    upper = np.where(x < n, special.betaincinv(x + 1.0, np.where(x < n, n - x, 1.0), 1.0 - tail), 1.0)
    return lower, upper


def _proportion(events: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, n = _counts(events), np.asarray(trials, dtype=float)
    if (n <= 0).any() or (x > n).any():
        raise ValueError("a proportion needs trials above 0 and no more events than trials")
    return x, n


def poisson_binomial(risks: np.ndarray) -> np.ndarray:
    """Exact distribution of the number of events among n independent risks.

    Parameters
    ----------
    risks : (n,) probabilities, 0–1.

    Returns
    -------
    (n + 1,) probabilities of 0 … n events, those below about 1e-30 as 0; see ``event_counts``.

    Raises
    ------
    ValueError when a risk lies outside 0–1.

    Source: Hong, Comput. Stat. Data Anal. 59, 2013 (the distribution); divide and conquer as in Biscarri et al. 2018.
    """
    p = np.asarray(risks, dtype=float)
    if ((p < 0) | (p > 1)).any():
        raise ValueError("a risk lies between 0 and 1")
    out = np.zeros(len(p) + 1)
    if not len(p):
        return np.ones(1)
    ((first, mass),) = event_counts.of_sites(p, np.array([len(p)]))
    out[first : first + len(mass)] = mass
    return out
