"""Exact mid-p values of a site's count given the risks of its own cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from feedback.statistics.intervals import poisson_binomial
from feedback.statistics.link import expit, logit
from feedback.statistics.rows import BLOCK, Rows
from feedback.statistics.site_expansion import FACTORIALS, ORDER, POLYNOMIALS, power_sums

ROW_BY_ROW = 2000
SAFE_VARIANCE = 100.0
NEGLIGIBLE = -80.0
WINDOW = 12.0


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

    Source: Hong 2013; Fernández & Williams, IEEE Trans. Aerosp. 46, 2010 (characteristic function).
    """
    ends = np.append(rows.starts[1:], len(risks))
    out: list[CountDistribution | None] = []
    for begin, end in zip(rows.starts, ends, strict=True):
        trials, p = rows.trials[begin:end], risks[begin:end]
        if not rows.unit and (trials != np.round(trials)).any():
            out.append(None)
        elif (trials * p * (1.0 - p)).sum() >= SAFE_VARIANCE and trials.sum() > ROW_BY_ROW:
            out.append(_by_cumulants(_cumulants(trials, p)))
        else:
            out.append(CountDistribution(first=0, mass=poisson_binomial(np.repeat(p, trials.astype(int)))))
    return tuple(out)


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
    goal = np.minimum(ratio * rows.by_site(rows.trials * risks), size * (1.0 - 1e-9))
    eta = logit(risks)
    low, high = np.full(len(goal), -60.0), np.full(len(goal), 60.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = rows.by_site(rows.trials * expit(eta + middle[rows.site])) < goal
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return expit(eta + (0.5 * (low + high))[rows.site])


def z_score(upper: np.ndarray) -> np.ndarray:
    """Return Φ⁻¹(1 − upper mid-p), (J,): positive when more events than expected, always finite."""
    return norm.isf(np.clip(upper, 1e-300, 1.0 - 1e-16))


def two_sided(upper: np.ndarray) -> np.ndarray:
    """Return 2·min(p, 1 − p), (J,), 0–1, from the upper mid-p."""
    return np.minimum(1.0, 2.0 * np.minimum(upper, 1.0 - upper))
