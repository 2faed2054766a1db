"""The posterior of each site's ratio R = Σ expit(xβ + u) / E, integrated over sigma and the intercept.

Sigma has a half-normal prior with a declared scale, the intercept a flat one; the other coefficients stay at their
estimates. Everything is deterministic quadrature: Gauss–Legendre in sigma, Gauss–Hermite in the intercept, a fine
regular rule in each site's effect. Nothing here needs sigma's estimate, so sigma = 0 is no special case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from feedback.statistics import curves as table
from feedback.statistics.curves import Curves
from feedback.statistics.quadrature import hermite, legendre

PRIOR_SCALE = 1.0
SIGMA_NODES = 20
INTERCEPT_NODES = 5
MORE_INTERCEPT_NODES = 15
ROOMY = 3.0
NEGLIGIBLE = 16.0
LARGEST_SIGMA = 4.0
LOOKS = 12
ENOUGH_LOOKS = 5
CLOSER_LOOKS = 3
FEWER_NODES = 9
INTERCEPT_STEPS = 8
STEP = 0.25
HALF_STEPS = 26
MODE_ITERATIONS = 60
MODE_TOLERANCE = 1e-8
BISECTIONS = 80
SOLVED = 1e-11


@dataclass(frozen=True)
class Mixture:
    """The joint posterior of sigma and the intercept as M weighted points, with each site's effect given each point.

    ``sigma``, ``intercept``, ``weight`` (M,): weights sum to 1; the intercept is a shift from the model's own.
    ``mode``, ``scale`` (J, M): of intercept + effect; ``density`` and ``cumulative`` (J, M, T) on mode + scale·grid;
    ``mean_events`` (J,) posterior mean of Σ expit(xβ + intercept + effect).
    """

    sigma: np.ndarray
    intercept: np.ndarray
    weight: np.ndarray
    mode: np.ndarray
    scale: np.ndarray
    density: np.ndarray
    cumulative: np.ndarray
    mean_events: np.ndarray


def grid() -> np.ndarray:
    """Return the (T,) standardised positions of the regular rule."""
    return STEP * np.arange(-HALF_STEPS, HALF_STEPS + 1)


def modes(
    curves: Curves, *, sigma: np.ndarray, centre: np.ndarray, start: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return mode and scale (J, M) of v with prior N(centre, sigma²), by safeguarded Newton steps from ``start``."""
    shape = (len(curves.observed), len(sigma))
    precision = sigma**-2.0
    low = np.broadcast_to(centre - 30.0 * sigma - 1e-9, shape)
    high = np.broadcast_to(centre + 30.0 * sigma + 1e-9, shape)
    v = np.broadcast_to(centre, shape) if start is None else np.clip(start, low, high)
    for _ in range(MODE_ITERATIONS):
        slope, bend = table.derivatives(curves, v)
        slope = slope - (v - centre) * precision
        low, high = np.where(slope > 0, v, low), np.where(slope > 0, high, v)
        moved = v + slope / (precision - bend)
        moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
        still = np.abs(moved - v).max() < MODE_TOLERANCE
        v = moved
        if still:
            break
    return v, (precision - table.derivatives(curves, v)[1]) ** -0.5


@dataclass(frozen=True)
class Marginal:
    """Log marginal likelihood at M points of (sigma, intercept), its derivatives by the intercept, all (M,), and the
    sites' modes (J, M) as a start for a neighbouring call."""

    value: np.ndarray
    slope: np.ndarray
    bend: np.ndarray
    mode: np.ndarray


def marginal(
    curves: Curves, *, sigma: np.ndarray, centre: np.ndarray, nodes: int = 15, start: np.ndarray | None = None
) -> Marginal:
    """Log marginal likelihood of all sites.

    Parameters
    ----------
    curves : J sites; sigma : (M,) > 0; centre : (M,) intercept shifts in log-odds; nodes : of the adaptive rule;
    start : (J, M) first guess of the modes.

    Returns
    -------
    ``Marginal`` of Σ_j log ∫ L_j(v) N(v; centre, sigma²) dv.
    """
    mode, scale = modes(curves, sigma=sigma, centre=centre, start=start)
    points, log_weights = hermite(nodes)
    value, slope, bend = np.zeros(len(sigma)), np.zeros(len(sigma)), np.zeros(len(sigma))
    for part in table.by_parts(len(mode), len(sigma) * nodes):
        v = mode[part, :, None] + np.sqrt(2.0) * scale[part, :, None] * points
        away = (v - centre[:, None]) / sigma[:, None]
        terms = log_weights + points**2 + table.log_likelihood(curves.chosen(part), v) - 0.5 * away**2
        top = terms.max(axis=2)
        shares = np.exp(terms - top[:, :, None])
        total = shares.sum(axis=2)
        mean = (shares * away).sum(axis=2) / total
        variance = (shares * away**2).sum(axis=2) / total - mean**2
        value += (top + np.log(total) + np.log(scale[part] / sigma) - 0.5 * np.log(np.pi)).sum(axis=0)
        slope += mean.sum(axis=0)
        bend += (variance - 1.0).sum(axis=0)
    return Marginal(value=value, slope=slope / sigma, bend=bend / sigma**2, mode=mode)


def _intercept(curves: Curves, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray, Marginal]:
    """Return where the marginal likelihood peaks in the intercept, its SD there (M,), and the marginal itself."""
    centre = np.zeros(len(sigma))
    found = marginal(curves, sigma=sigma, centre=centre, nodes=FEWER_NODES)
    for _ in range(INTERCEPT_STEPS):
        step = found.slope / np.maximum(-found.bend, 1e-6)
        centre = centre + np.clip(step, -1.0, 1.0)
        found = marginal(curves, sigma=sigma, centre=centre, nodes=FEWER_NODES, start=found.mode)
        if np.abs(step).max() < 1e-4:
            break
    return centre, np.maximum(-found.bend, 1.0) ** -0.5, found


def _sigma_range(curves: Curves, *, prior_scale: float) -> tuple[float, float]:
    """Return a lower and an upper sigma beyond which the posterior is negligible, looking closer while it is narrow."""
    sigma = np.append(0.0, np.geomspace(0.02, LARGEST_SIGMA, LOOKS))
    for _ in range(CLOSER_LOOKS):
        looked = sigma[1:]
        _, spread, found = _intercept(curves, looked)
        height = found.value + np.log(spread) - looked**2 / (2.0 * prior_scale**2)
        keep = np.nonzero(height > height.max() - NEGLIGIBLE)[0]
        low, high = float(sigma[keep[0]]), float(looked[min(keep[-1] + 1, len(looked) - 1)])
        if len(keep) >= ENOUGH_LOOKS:
            break
        sigma = np.linspace(low, high, LOOKS + 1)
    return low, high


def integrate(curves: Curves, *, prior_scale: float = PRIOR_SCALE) -> Mixture:
    """Integrate over sigma and the intercept.

    Parameters
    ----------
    curves : J >= 2 sites around the model's linear predictor.
    prior_scale : scale of the half-normal prior on sigma, > 0, in log-odds.

    Returns
    -------
    ``Mixture``: 20 points of sigma, each with 5 points of the intercept, or 15 where sigma is not much wider than the
    intercept's own uncertainty (the effects then follow the intercept closely, and few points would show as steps).

    Raises
    ------
    ValueError when ``prior_scale`` is not positive.

    Source: Gelman, Bayesian Analysis 1, 2006 (half-normal and half-t priors on a hierarchical SD).
    """
    if not prior_scale > 0:
        raise ValueError("the prior scale of sigma must be above 0")
    low, high = _sigma_range(curves, prior_scale=prior_scale)
    places, shares = legendre(SIGMA_NODES)
    sigma = low + (high - low) * places
    centre, spread, found = _intercept(curves, sigma)
    pieces = []
    for nodes, chosen in ((INTERCEPT_NODES, sigma > ROOMY * spread), (MORE_INTERCEPT_NODES, sigma <= ROOMY * spread)):
        points, log_weights = hermite(nodes)
        place = np.nonzero(chosen)[0].repeat(nodes)
        at = np.tile(points, int(chosen.sum()))
        share = np.tile(log_weights + points**2, int(chosen.sum()))
        pieces.append((place, centre[place] + np.sqrt(2.0) * spread[place] * at, share))
    place, all_centre, share = (np.concatenate(part) for part in zip(*pieces, strict=True))
    all_sigma = sigma[place]
    looked = marginal(curves, sigma=all_sigma, centre=all_centre, start=found.mode[:, place])
    height = (
        looked.value + np.log(shares[place]) + np.log(spread[place]) + share - all_sigma**2 / (2.0 * prior_scale**2)
    )
    weight = np.exp(height - height.max())
    weight /= weight.sum()
    matter = weight > 1e-10
    return conditional(
        curves,
        sigma=all_sigma[matter],
        intercept=all_centre[matter],
        weight=weight[matter] / weight[matter].sum(),
        start=looked.mode[:, matter],
    )


def conditional(
    curves: Curves, *, sigma: np.ndarray, intercept: np.ndarray, weight: np.ndarray, start: np.ndarray | None = None
) -> Mixture:
    """Work out each site's effect given each point of (sigma, intercept).

    Parameters
    ----------
    curves : J sites; sigma, intercept, weight : (M,) as in ``Mixture``; start : (J, M) first guess of the modes.

    Returns
    -------
    ``Mixture``. The cumulative integral uses the cubic Hermite rule, exact to about 1e-5.
    """
    mode, scale = modes(curves, sigma=sigma, centre=intercept, start=start)
    t = grid()
    density, cumulative = np.empty((*mode.shape, len(t))), np.zeros((*mode.shape, len(t)))
    steepness = np.empty(mode.shape)
    precision = sigma[:, None] ** -2.0
    for part in table.by_parts(len(mode), len(sigma) * len(t)):
        v = mode[part, :, None] + scale[part, :, None] * t
        away = v - intercept[:, None]
        value, slope = table.value_and_slope(curves.chosen(part), v)
        value -= away**2 * (0.5 * precision)
        value -= value.max(axis=2, keepdims=True)
        mass = np.exp(value, out=density[part])
        steepness[part] = (mass * slope).sum(axis=2) / mass.sum(axis=2)
        slope -= away * precision
        slope *= mass
        bent = np.diff(slope, axis=2) * (scale[part, :, None] * (STEP**2 / 12.0))
        np.cumsum((mass[:, :, 1:] + mass[:, :, :-1]) * (STEP / 2.0) - bent, axis=2, out=cumulative[part, :, 1:])
        total = cumulative[part, :, -1:].copy()
        mass /= total
        cumulative[part] /= total
        np.clip(cumulative[part], 0.0, 1.0, out=cumulative[part])
    return Mixture(
        sigma=sigma,
        intercept=intercept,
        weight=weight,
        mode=mode,
        scale=scale,
        density=density,
        cumulative=cumulative,
        mean_events=((curves.observed[:, None] - steepness) * weight).sum(axis=1),
    )


def quick_mean_events(curves: Curves, mixture: Mixture, *, nodes: int = 11) -> np.ndarray:
    """Return (J,) posterior mean expected events of *other* curves under the same sigma and intercept.

    Used for what a site would show had it had other counts; the spread of sigma is held where the data put it.
    """
    mode, scale = modes(curves, sigma=mixture.sigma, centre=mixture.intercept, start=mixture.mode)
    points, log_weights = hermite(nodes)
    mean = np.empty(len(mode))
    for part in table.by_parts(len(mode), len(mixture.sigma) * nodes):
        v = mode[part, :, None] + np.sqrt(2.0) * scale[part, :, None] * points
        value, slope = table.value_and_slope(curves.chosen(part), v)
        value += log_weights + points**2
        value -= (v - mixture.intercept[:, None]) ** 2 / (2.0 * mixture.sigma[:, None] ** 2)
        shares = np.exp(value - value.max(axis=2, keepdims=True))
        events = curves.observed[part, None] - (shares * slope).sum(axis=2) / shares.sum(axis=2)
        mean[part] = (events * mixture.weight).sum(axis=1)
    return mean


def _below(mixture: Mixture, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Pr(intercept + effect < v), (J,), and its derivative by v."""
    j, m, size = mixture.density.shape
    place = np.clip((v[:, None] - mixture.mode) / mixture.scale / STEP + HALF_STEPS, 0.0, size - 1.0)
    left = np.minimum(place.astype(np.int64), size - 2)
    t = place - left
    base = (np.arange(j)[:, None] * m + np.arange(m)) * size + left
    density, cumulative = mixture.density.ravel(), mixture.cumulative.ravel()
    d0, d1 = density.take(base) * STEP, density.take(base + 1) * STEP
    f0 = cumulative.take(base)
    rise = cumulative.take(base + 1) - f0
    square, cube = 3.0 * rise - 2.0 * d0 - d1, d0 + d1 - 2.0 * rise
    part = f0 + t * (d0 + t * (square + t * cube))
    steep = (d0 + t * (2.0 * square + t * 3.0 * cube)) / (STEP * mixture.scale)
    whole = np.clip((np.clip(part, 0.0, 1.0) * mixture.weight).sum(axis=1), 0.0, 1.0)
    return whole, (steep * mixture.weight).sum(axis=1)


def probability_below(mixture: Mixture, v: np.ndarray) -> np.ndarray:
    """Return Pr(intercept + effect < v), (J,), for one threshold (J,) a site."""
    return _below(mixture, v)[0]


def _solve(
    rising: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    goal: np.ndarray,
    *,
    low: np.ndarray,
    high: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """Return where rising functions (J,), given with their derivatives, reach their goals: Newton's steps kept in bounds."""
    here = np.clip(start, low, high)
    for _ in range(BISECTIONS):
        value, slope = rising(here)
        low, high = np.where(value < goal, here, low), np.where(value < goal, high, here)
        moved = here + (goal - value) / np.maximum(slope, 1e-300)
        moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
        still = np.abs(moved - here).max() < SOLVED
        here = moved
        if still:
            break
    return here


def quantile(mixture: Mixture, p: float) -> np.ndarray:
    """Return the p-quantile of intercept + effect, (J,). Raises ValueError unless 0 < p < 1."""
    if not 0.0 < p < 1.0:
        raise ValueError("a quantile needs a probability between 0 and 1")
    reach = mixture.scale * STEP * HALF_STEPS
    low, high = (mixture.mode - reach).min(axis=1), (mixture.mode + reach).max(axis=1)
    mean = (mixture.mode * mixture.weight).sum(axis=1)
    spread = ((mixture.scale**2 + (mixture.mode - mean[:, None]) ** 2) * mixture.weight).sum(axis=1) ** 0.5
    start = mean + float(norm.ppf(p)) * spread
    return _solve(lambda v: _below(mixture, v), np.full(len(low), p), low=low, high=high, start=start)


def effect_for(curves: Curves, events: np.ndarray) -> np.ndarray:
    """Return the effect at which each site would have the given expected events, (J,), held within the table."""

    def expected(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slope, bend = table.derivatives(curves, v)
        return curves.observed - slope, -bend

    bound = np.full(len(events), curves.low)
    return _solve(expected, events, low=bound, high=-bound, start=np.zeros(len(events)))


def draw_effects(mixture: Mixture, *, draws: int, seed: int) -> np.ndarray:
    """Draw intercept + effect of all sites jointly, (draws, J), seeded.

    A point of (sigma, intercept) is chosen first, then every site's effect given it by inverting its distribution.
    """
    random = np.random.default_rng(seed)
    j = len(mixture.density)
    point = np.minimum(
        np.searchsorted(np.cumsum(mixture.weight), random.random(draws), side="right"), len(mixture.weight) - 1
    )
    uniform = random.random((draws, j))
    turn = np.argsort(point, kind="stable")  # neighbours in the table one after the other
    point, uniform = point[turn], uniform[turn]
    out = np.empty((draws, j))
    # every point's distribution runs from 2·point to 2·point + 1, so that one interpolation serves all draws of a site
    apart = 2.0 * np.arange(len(mixture.weight))
    places = np.tile(grid(), len(mixture.weight))
    for site in range(j):
        upto = (mixture.cumulative[site] + apart[:, None]).ravel()
        place = np.interp(uniform[:, site] + apart[point], upto, places)
        out[turn, site] = mixture.mode[site, point] + mixture.scale[site, point] * place
    return out
