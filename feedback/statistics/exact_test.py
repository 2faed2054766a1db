"""Exact mid-p values of a site's count given the risks of its own cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from feedback.statistics import event_counts
from feedback.statistics.link import logit
from feedback.statistics.rows import BLOCK, Rows
from feedback.statistics.site_expansion import FACTORIALS, ORDER, POLYNOMIALS, power_sums

ROW_BY_ROW = 2000
SAFE_VARIANCE = 100.0
NEGLIGIBLE = -80.0
WINDOW = 12.0
FAR = 4.0
TILTS = 60
TILTED = 1e-13


@dataclass(frozen=True)
class CountDistribution:
    """Probabilities of ``first``, ``first`` + 1, … events; nothing but rounding lies outside."""

    first: int
    mass: np.ndarray

    def upper_midp(self, observed: float) -> float:
        """Return Pr(X > observed) + ½ Pr(X = observed). Raises ValueError unless ``observed`` is a whole number."""
        if observed != int(observed):
            raise ValueError(f"{observed} is no whole number of events")
        at = int(observed) - self.first
        if at < 0:
            return 1.0
        if at >= len(self.mass):
            return 0.0
        return float(np.clip(self.mass[at + 1 :].sum() + 0.5 * self.mass[at], 0.0, 1.0))

    def lower_midp(self, observed: float) -> float:
        """Return Pr(X < observed) + ½ Pr(X = observed), summed by itself so that a small one keeps its digits; raises as ``upper_midp``."""
        if observed != int(observed):
            raise ValueError(f"{observed} is no whole number of events")
        at = int(observed) - self.first
        if at < 0:
            return 0.0
        if at >= len(self.mass):
            return 1.0
        return float(np.clip(self.mass[:at].sum() + 0.5 * self.mass[at], 0.0, 1.0))

    def interpolated(self, p: float) -> float:
        """Return the interpolated p-quantile, at least 0 (Spiegelhalter 2005, appendix A.1.1)."""
        upto = np.cumsum(self.mass)
        at = int(np.searchsorted(upto, min(p, upto[-1])))
        return max(0.0, float(self.first + at - (upto[at] - p) / self.mass[at]))


def _by_cumulants(cumulants: np.ndarray) -> CountDistribution:
    """Invert the characteristic function exp Σ κ_m (iθ)^m / m! on a window about the mean.

    ``cumulants`` (9,): sums of the Bernoulli cumulants κ₁ … κ₈ in places 1 … 8. From a variance of 100 on the ninth term
    changes no probability by more than about 1e-9; outside ±12 SD nothing is left, and where |φ| falls below e^−80 it is
    taken as 0.
    """
    mean, variance = float(cumulants[1]), float(cumulants[2])
    half = int(np.ceil(WINDOW * np.sqrt(variance))) + 8
    begin = int(np.floor(mean)) - half
    length = 2 * half
    theta = 2.0 * np.pi * np.arange(length // 2 + 1) / length
    alive = -0.5 * variance * theta**2 > NEGLIGIBLE
    phi = np.zeros(length // 2 + 1, dtype=complex)
    powers = (1j * theta[alive, None]) ** np.arange(1, ORDER + 1) / FACTORIALS[1:]
    phi[alive] = np.exp((powers * cumulants[1:]).sum(axis=1) - 1j * theta[alive] * begin)
    return CountDistribution(first=begin, mass=np.maximum(np.fft.irfft(np.conj(phi), length), 0.0))


def _cumulants(trials: np.ndarray, risks: np.ndarray) -> np.ndarray:
    """Return Σ trials·κ_m(p) for m = 1 … 8: the derivatives of log(1 + e^η), polynomials in p, are these cumulants."""
    sums = np.zeros(ORDER + 1)
    for begin in range(0, len(risks), BLOCK):
        p = risks[begin : begin + BLOCK]
        sums[1:] += power_sums(p, trials[begin : begin + BLOCK] * p)
    return POLYNOMIALS @ sums


def site_distributions(rows: Rows, *, risks: np.ndarray) -> tuple[CountDistribution | None, ...]:
    """Return the exact distribution of each site's count under its own cases' risks.

    Parameters
    ----------
    rows : R rows of J sites; risks : (R,) in (0, 1).

    Returns
    -------
    J Poisson-binomial distributions; None where frequency weights are fractional, for then no count exists.

    Source: Hong 2013; Fernández & Williams, IEEE Trans. Aerosp. 46, 2010 (characteristic function). A site with far more
    or far fewer events than expected keeps every digit of its small probability, see ``event_counts``.
    """
    size, mean = rows.by_site(rows.trials), rows.by_site(rows.counted(risks))
    variance = mean - rows.by_site(rows.counted(risks * risks))
    whole = np.full(rows.n_sites, True) if rows.unit else ~_any_fraction(rows)
    long = whole & (variance >= SAFE_VARIANCE) & (size > ROW_BY_ROW)
    far = np.abs(rows.by_site(rows.events) - mean) > FAR * np.sqrt(variance)
    out: list[CountDistribution | None] = [None] * rows.n_sites
    for site in np.nonzero(long)[0].tolist():
        own = slice(int(rows.starts[site]), int(rows.ends[site]))
        out[site] = _by_cumulants(_cumulants(rows.trials[own], risks[own]))
    short = whole & ~long
    for exactly, chosen in ((event_counts.of_sites, short & far), (event_counts.by_waves, short & ~far)):
        sites = np.nonzero(chosen)[0]
        found = exactly(*_cases(rows, risks, sites=sites)) if len(sites) else []
        for site, (first, mass) in zip(sites.tolist(), found, strict=True):
            out[site] = CountDistribution(first=first, mass=mass)
    return tuple(out)


def _any_fraction(rows: Rows) -> np.ndarray:
    return np.logical_or.reduceat(rows.trials != np.round(rows.trials), rows.starts)


def _cases(rows: Rows, risks: np.ndarray, *, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the risks of some sites' cases, a case for each trial, and how many each site has."""
    chosen = np.full(rows.n_sites, False)
    chosen[sites] = True
    mine = chosen[rows.site]
    own = risks[mine]
    if not rows.unit:
        own = np.repeat(own, rows.trials[mine].astype(int))
    return own, rows.by_site(rows.trials)[sites].astype(int)


def tilted(rows: Rows, *, risks: np.ndarray, ratio: float) -> np.ndarray:
    """Shift every site's log-odds so that its expectation becomes ``ratio`` times what it was.

    Parameters
    ----------
    rows : R rows; risks : (R,) in (0, 1); ratio : > 0.

    Returns
    -------
    (R,) risks; unchanged when the ratio is 1. An expectation at or above the number of cases is brought to just below.
    """
    if ratio == 1.0:
        return risks
    size = rows.by_site(rows.trials)
    goal = np.minimum(ratio * rows.by_site(rows.counted(risks)), size * (1.0 - 1e-9))
    odds = risks / (1.0 - risks)
    low, high = np.full(len(goal), -60.0), np.full(len(goal), 60.0)
    shift = np.full(len(goal), float(np.log(ratio)))
    for _ in range(TILTS):
        moved = _raised(odds, np.exp(shift)[rows.site])
        mean = rows.by_site(rows.counted(moved))
        slope = mean - rows.by_site(rows.counted(moved * moved))
        low, high = np.where(mean < goal, shift, low), np.where(mean < goal, high, shift)
        # Newton's step for the log-odds of the mean risk, which are nearly straight where the mean itself bends
        with np.errstate(all="ignore"):
            step = (logit(goal / size) - logit(mean / size)) * mean * (1.0 - mean / size) / slope
        step = np.where((shift + step >= low) & (shift + step <= high), step, 0.5 * (low + high) - shift)
        shift = shift + step
        if np.abs(step).max() < TILTED:
            break
    return _raised(odds, np.exp(shift)[rows.site])


def _raised(odds: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the risks whose odds are ``times`` as high."""
    out = odds * times
    return out / (1.0 + out)


def z_score(upper: np.ndarray, lower: np.ndarray | None = None) -> np.ndarray:
    """Return Φ⁻¹(1 − upper mid-p), (J,): positive when more events than expected, always finite; the smaller of both tails is
    turned round, so that its digits are kept (``lower`` is 1 − ``upper`` when left out)."""
    lower = 1.0 - upper if lower is None else lower
    smaller = norm.isf(np.clip(np.minimum(upper, lower), 1e-300, 0.5))
    return np.where(upper <= lower, smaller, -smaller)


def two_sided(upper: np.ndarray, lower: np.ndarray | None = None) -> np.ndarray:
    """Return 2·min(p, 1 − p), (J,), 0–1, from the upper mid-p and the lower one (1 − ``upper`` when left out)."""
    return np.minimum(1.0, 2.0 * np.minimum(upper, 1.0 - upper if lower is None else lower))
