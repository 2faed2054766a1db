"""Funnel limits around a target and the over-dispersion that may widen them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, norm, poisson, rankdata

INSIDE = (0.95, 0.998)
SHARE = 0.1
FEWEST_SITES = 10


@dataclass(frozen=True)
class Scores:
    """Transformed indicators ``value`` (J,) with standard errors ``error`` (J,), their ``target`` and ``transform``."""

    value: np.ndarray
    error: np.ndarray
    target: float
    transform: str

    @property
    def z(self) -> np.ndarray:
        """Return the naive z-scores, (J,)."""
        return (self.value - self.target) / self.error


@dataclass(frozen=True)
class Dispersion:
    """Over-dispersion: ``phi`` (1 when none, in large samples), ``tau2`` on the transformed scale, ``sites`` used."""

    phi: float
    tau2: float
    sites: int
    winsorised: np.ndarray


def _interpolate(*, p: float, quantile: np.ndarray, cdf) -> np.ndarray:
    at, before = cdf(quantile), cdf(quantile - 1.0)
    return quantile - (at - p) / (at - before)


def exact_proportion(trials: np.ndarray, *, target: float, p: float) -> np.ndarray:
    """Interpolated binomial limit of a proportion.

    Parameters
    ----------
    trials : (J,) > 0.
    target : rate in the centre, in (0, 1).
    p : lower-tail probability of the limit, e.g. 0.025 or 0.975.

    Returns
    -------
    (J,) limits, 0–1 except that a very small site's lower limit may be negative (clip when drawing).

    Source: Spiegelhalter, Stat. Med. 24, 2005, appendix A.1.1.
    """
    n = np.asarray(trials, dtype=float)
    quantile = binom.ppf(p, n, target)
    return _interpolate(p=p, quantile=quantile, cdf=lambda r: binom.cdf(r, n, target)) / n


def exact_ratio(expected: np.ndarray, *, target: float = 1.0, p: float) -> np.ndarray:
    """Interpolated Poisson limit of an O/E ratio.

    Parameters
    ----------
    expected : (J,) > 0.
    target : ratio in the centre, > 0.
    p : lower-tail probability of the limit.

    Returns
    -------
    (J,) limits; a site lies below the lower one exactly when Pr(X <= O) < p, above the upper one exactly when
    Pr(X > O) < 1 − p, for X Poisson with mean target × expected. A lower limit below 0 cannot be crossed, so a site
    without events is low only when e^(−E) < p.

    Source: Spiegelhalter 2005, appendix A.1.1.
    """
    e = np.asarray(expected, dtype=float)
    mean = e * target
    quantile = poisson.ppf(p, mean)
    return _interpolate(p=p, quantile=quantile, cdf=lambda r: poisson.cdf(r, mean)) / e


def scores_of_ratio(
    observed: np.ndarray, expected: np.ndarray, *, transform: str = "sqrt", target: float = 1.0
) -> Scores:
    """Transform O/E ratios.

    Parameters
    ----------
    observed, expected : (J,), expected > 0.
    transform : ``sqrt`` (finite for O = 0), ``log`` (−∞ for O = 0) or ``identity``.
    target : ratio in the centre.

    Raises
    ------
    ValueError for another transform.

    Source: Spiegelhalter et al., JRSS A 175, 2012.
    """
    e = np.asarray(expected, dtype=float)
    ratio = np.asarray(observed, dtype=float) / e
    if transform == "sqrt":
        return Scores(value=np.sqrt(ratio), error=0.5 / np.sqrt(e), target=float(np.sqrt(target)), transform=transform)
    if transform == "log":
        with np.errstate(divide="ignore"):
            value = np.log(ratio)
        return Scores(value=value, error=1.0 / np.sqrt(e * target), target=float(np.log(target)), transform=transform)
    if transform == "identity":
        return Scores(value=ratio, error=np.sqrt(target / e), target=float(target), transform=transform)
    raise ValueError(f"transform {transform} is none of sqrt, log, identity")


def scores_of_proportion(
    events: np.ndarray, trials: np.ndarray, *, target: float, transform: str = "arcsine"
) -> Scores:
    """Transform proportions: ``arcsine`` (variance-stabilised) or ``identity`` (the inverted Wilson interval).

    Parameters
    ----------
    events, trials : (J,), trials > 0; target in (0, 1).

    Raises
    ------
    ValueError for another transform.

    Source: Spiegelhalter 2005; Public Health England 2018 (identity).
    """
    n = np.asarray(trials, dtype=float)
    rate = np.asarray(events, dtype=float) / n
    if transform == "arcsine":
        return Scores(
            value=np.arcsin(np.sqrt(rate)),
            error=0.5 / np.sqrt(n),
            target=float(np.arcsin(np.sqrt(target))),
            transform=transform,
        )
    if transform == "identity":
        error = np.sqrt(target * (1.0 - target) / n)
        return Scores(value=rate, error=error, target=float(target), transform=transform)
    raise ValueError(f"transform {transform} is none of arcsine, identity")


def scores_of_count_ratio(numerator: np.ndarray, denominator: np.ndarray) -> Scores:
    """Log ratio of two counts with half an event added to each, against the pooled ratio.

    Source: Spiegelhalter 2005, appendix A.3.
    """
    a, b = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    return Scores(
        value=np.log((a + 0.5) / (b + 0.5)),
        error=np.sqrt(a / (a + 0.5) ** 2 + b / (b + 0.5) ** 2),
        target=float(np.log(a.sum() / b.sum())),
        transform="log",
    )


def dispersion(scores: Scores, *, protect: str = "winsorise", share: float = SHARE) -> Dispersion:
    """Estimate over-dispersion after taming the outliers.

    Parameters
    ----------
    scores : I sites.
    protect : ``winsorise`` (the extreme shares are drawn in to the quantiles), ``truncate`` (they are left out, by
        the rank rule of the NHS mortality indicator) or ``none``.
    share : of sites at either end.

    Returns
    -------
    ``Dispersion``: phi = mean z², tau² by DerSimonian and Laird from it, never negative. Without over-dispersion
    phi averages about 0.68 (winsorised at 0.1) or 0.44 (truncated): both err to the cautious side of no widening.

    Raises
    ------
    ValueError when fewer than two sites remain or ``protect`` is unknown.

    Source: Spiegelhalter, Qual. Saf. Health Care 14, 2005; NHS Digital, SHMI methodology.
    """
    z, error = scores.z, scores.error
    if protect == "winsorise":
        low, high = np.quantile(z, (share, 1.0 - share))
        z = np.clip(z, low, high)
    elif protect == "truncate":
        groups = round(1.0 / share)
        place = np.floor(rankdata(z) * groups / (len(z) + 1))
        inner = (place > 0) & (place < groups - 1)
        z, error = z[inner], error[inner]
    elif protect != "none":
        raise ValueError(f"protection {protect} is none of winsorise, truncate, none")
    sites = len(z)
    if sites < 2:
        raise ValueError("over-dispersion needs at least two sites")
    phi = float((z**2).mean())
    w = error**-2.0
    tau2 = (sites * phi - (sites - 1)) / (w.sum() - (w**2).sum() / w.sum())
    return Dispersion(phi=phi, tau2=max(0.0, float(tau2)), sites=sites, winsorised=z)


def z_additive(scores: Scores, *, tau2: float) -> np.ndarray:
    """Return z-scores, (J,), with between-site variance ``tau2`` >= 0 added."""
    return (scores.value - scores.target) / np.sqrt(scores.error**2 + tau2)


def z_multiplicative(scores: Scores, *, phi: float) -> np.ndarray:
    """Return z-scores, (J,), divided by √phi where phi exceeds 1."""
    return scores.z / np.sqrt(max(phi, 1.0))


def limits(
    *, target: float, error: np.ndarray, transform: str, z: float, tau2: float = 0.0, phi: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Limits on the original scale from a normal approximation on the transformed one.

    Parameters
    ----------
    target, error, transform : as in ``Scores`` (target and error on the transformed scale).
    z : half-width in standard errors, e.g. 1.959964.
    tau2, phi : over-dispersion; phi below 1 counts as 1.

    Returns
    -------
    lower, upper : (J,) on the original scale. Below 0 a square-root or arcsine limit is 0: it cannot be crossed.

    Raises
    ------
    ValueError for an unknown transform.
    """
    half = z * np.sqrt(np.asarray(error) ** 2 * max(phi, 1.0) + tau2)
    low, high = target - half, target + half
    if transform == "sqrt":
        return np.maximum(low, 0.0) ** 2, high**2
    if transform == "log":
        return np.exp(low), np.exp(high)
    if transform == "arcsine":
        return np.sin(np.maximum(low, 0.0)) ** 2, np.sin(np.minimum(high, np.pi / 2)) ** 2
    if transform == "identity":
        return low, high
    raise ValueError(f"transform {transform} is none of sqrt, log, arcsine, identity")


def ratio_limits(
    expected: np.ndarray, *, level: float, funnel: str, target: float = 1.0, found: Dispersion | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of the O/E funnel as the product draws and judges them.

    Parameters
    ----------
    expected : (J,) > 0: sites, or a grid to draw on.
    level : share inside, 0.95 or 0.998.
    funnel : ``none`` (exact interpolated), ``additive`` or ``multiplicative`` (square-root scale, widened by ``found``).
    found : over-dispersion; None means plain exact limits.

    Returns
    -------
    lower, upper : (J,) O/E ratios, lower at least 0.

    Raises
    ------
    ValueError for another funnel.
    """
    tail = (1.0 - level) / 2.0
    if funnel not in ("none", "additive", "multiplicative"):
        raise ValueError(f"funnel {funnel} is none of none, additive, multiplicative")
    if funnel == "none" or found is None:
        lower = exact_ratio(expected, target=target, p=tail)
        return np.maximum(lower, 0.0), exact_ratio(expected, target=target, p=1.0 - tail)
    error = 0.5 / np.sqrt(np.asarray(expected, dtype=float))
    return limits(
        target=float(np.sqrt(target)),
        error=error,
        transform="sqrt",
        z=float(norm.isf(tail)),
        tau2=found.tau2 if funnel == "additive" else 0.0,
        phi=found.phi if funnel == "multiplicative" else 1.0,
    )


def outside(
    ratio: np.ndarray, expected: np.ndarray, *, funnel: str, target: float, found: Dispersion | None
) -> tuple[str, ...]:
    """Say which limits each site lies outside of: ``none``, ``95`` or ``99.8``.

    Parameters
    ----------
    ratio, expected : (J,); expected > 0 (a site with nothing expected is ``none``).
    funnel, target, found : as for ``ratio_limits``.
    """
    e = np.where(expected > 0, expected, 1.0)
    words = np.full(len(e), "none", dtype=object)
    for level, word in zip(INSIDE, ("95", "99.8"), strict=True):
        low, high = ratio_limits(e, level=level, funnel=funnel, target=target, found=found)
        words[(expected > 0) & ((ratio < low) | (ratio > high))] = word
    return tuple(words)
