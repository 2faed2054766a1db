"""The posterior of each site's ratio R = Σ expit(xβ + u) / E, integrated over sigma and the intercept.

The prior of sigma is σ^¼ times a half-normal with a declared scale (decision 0025), that of the intercept flat; the other
coefficients stay at their estimates. Everything is deterministic quadrature: Gauss–Legendre in sigma, Gauss–Hermite in the intercept, a regular
rule in each site's effect on grids that all sites share (``effect_grid``). Nothing here needs sigma's estimate, so
sigma = 0 is no special case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from feedback.statistics import curves as table
from feedback.statistics.curves import Curves
from feedback.statistics.effect_grid import FINE, Layer, lay
from feedback.statistics.quadrature import hermite, legendre

PRIOR_SCALE = 1.0
PRIOR_POWER = 0.25
SIGMA_NODES = 20
INTERCEPT_NODES = 5
MORE_INTERCEPT_NODES = 15
ROOMY = 3.0
NEGLIGIBLE = 16.0
LARGEST_SIGMA = 4.0
LOOKS = 12
ENOUGH_LOOKS = 5
CLOSER_LOOKS = 3
INTERCEPT_STEPS = 8
MODE_ITERATIONS = 60
MODE_TOLERANCE = 1e-8
DRIFT = 0.5
NOTHING = 1e-8
NEGLIGIBLE_WEIGHT = 1e-10
DRAWN_FROM = 72
BISECTIONS = 80
SOLVED = 1e-11


@dataclass(frozen=True)
class Mixture:
    """The joint posterior of sigma and the intercept as M weighted points, with the density of each site's effect.

    ``sigma``, ``intercept``, ``weight`` (M,): weights sum to 1; the intercept is a shift from the model's own.
    ``layers``: grids of intercept + effect, each for some of the points; ``density`` and ``cumulative``, for each layer (J, T), its part
    of each site's posterior. ``mean_events`` (J,) posterior mean of Σ expit(xβ + intercept + effect).
    """

    sigma: np.ndarray
    intercept: np.ndarray
    weight: np.ndarray
    layers: tuple[Layer, ...]
    density: tuple[np.ndarray, ...]
    cumulative: tuple[np.ndarray, ...]
    mean_events: np.ndarray


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
    """Log marginal likelihood at M points of (sigma, intercept) and its derivatives by the intercept, all (M,)."""

    value: np.ndarray
    slope: np.ndarray
    bend: np.ndarray


def marginal(curves: Curves, *, sigma: np.ndarray, centre: np.ndarray) -> Marginal:
    """Log marginal likelihood of all sites.

    Parameters
    ----------
    curves : J sites; sigma : (M,) > 0; centre : (M,) intercept shifts in log-odds.

    Returns
    -------
    ``Marginal`` of Σ_j log ∫ L_j(v) N(v; centre, sigma²) dv.
    """
    return _marginal(lay(curves, sigma=sigma, low=centre, high=centre), sigma=sigma, centre=centre)


def _marginal(layers: tuple[Layer, ...], *, sigma: np.ndarray, centre: np.ndarray) -> Marginal:
    value, slope, bend = np.empty(len(sigma)), np.empty(len(sigma)), np.empty(len(sigma))
    for layer in layers:
        own = layer.points
        away = (layer.v[:, None] - centre[own]) / sigma[own]
        prior = layer.prior(sigma[own], centre[own])
        total = layer.likelihood @ prior
        prior *= away
        mean = (layer.likelihood @ prior) / total
        prior *= away
        variance = (layer.likelihood @ prior) / total - mean**2
        value[own] = layer.log_mass(total, sigma[own]).sum(axis=0)
        slope[own] = mean.sum(axis=0) / sigma[own]
        bend[own] = (variance - 1.0).sum(axis=0) / sigma[own] ** 2
    return Marginal(value=value, slope=slope, bend=bend)


def _intercept(curves: Curves, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray, Marginal]:
    """Return where the marginal likelihood peaks in the intercept, its SD there (M,), and the marginal itself."""
    centre = laid = np.zeros(len(sigma))
    layers = lay(curves, sigma=sigma, low=laid - DRIFT, high=laid + DRIFT)
    found = _marginal(layers, sigma=sigma, centre=centre)
    for _ in range(INTERCEPT_STEPS):
        step = found.slope / np.maximum(-found.bend, 1e-6)
        centre = centre + np.clip(step, -1.0, 1.0)
        if np.abs(centre - laid).max() > DRIFT:
            laid = centre
            layers = lay(curves, sigma=sigma, low=laid - DRIFT, high=laid + DRIFT)
        found = _marginal(layers, sigma=sigma, centre=centre)
        if np.abs(step).max() < 1e-4:
            break
    return centre, np.maximum(-found.bend, 1.0) ** -0.5, found


def log_prior(sigma: np.ndarray, *, scale: float) -> np.ndarray:
    """Return the log density of sigma > 0 before any case is seen, up to a constant: σ^¼ times a half-normal.

    Source: Gelman, Bayesian Analysis 1, 2006 (half-normal on a hierarchical SD); Morris & Tang, Statistical Science 26, 2011
    (a power of σ, so that intervals do not cover too little where σ's estimate is often 0).
    """
    return PRIOR_POWER * np.log(sigma) - sigma**2 / (2.0 * scale**2)


def _sigma_range(curves: Curves, *, prior_scale: float) -> tuple[float, float]:
    """Return a lower and an upper sigma beyond which the posterior is negligible, looking closer while it is narrow."""
    sigma = np.append(0.0, np.geomspace(0.02, LARGEST_SIGMA, LOOKS))
    for _ in range(CLOSER_LOOKS):
        looked = sigma[1:]
        _, spread, found = _intercept(curves, looked)
        height = found.value + np.log(spread) + log_prior(looked, scale=prior_scale)
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
    prior_scale : scale of the half-normal part of the prior on sigma, > 0, in log-odds.

    Returns
    -------
    ``Mixture``: 20 points of sigma, each with 5 points of the intercept, or 15 where sigma is not much wider than the
    intercept's own uncertainty (the effects then follow the intercept closely, and few points would show as steps).

    Raises
    ------
    ValueError when ``prior_scale`` is not positive.

    Source: see ``log_prior``.
    """
    if not prior_scale > 0:
        raise ValueError("the prior scale of sigma must be above 0")
    low, high = _sigma_range(curves, prior_scale=prior_scale)
    places, shares = legendre(SIGMA_NODES)
    sigma = low + (high - low) * places
    centre, spread, _ = _intercept(curves, sigma)
    pieces = []
    for nodes, chosen in ((INTERCEPT_NODES, sigma > ROOMY * spread), (MORE_INTERCEPT_NODES, sigma <= ROOMY * spread)):
        points, log_weights = hermite(nodes)
        place = np.nonzero(chosen)[0].repeat(nodes)
        at = np.tile(points, int(chosen.sum()))
        share = np.tile(log_weights + points**2, int(chosen.sum()))
        pieces.append((place, centre[place] + np.sqrt(2.0) * spread[place] * at, share))
    place, all_centre, share = (np.concatenate(part) for part in zip(*pieces, strict=True))
    all_sigma = sigma[place]
    layers = lay(curves, sigma=all_sigma, low=all_centre, high=all_centre, part=FINE, with_events=True)
    height = np.log(shares[place]) + np.log(spread[place]) + share + log_prior(all_sigma, scale=prior_scale)
    products = []
    for layer in layers:
        prior = layer.prior(all_sigma[layer.points], all_centre[layer.points])
        total = layer.likelihood @ prior
        height[layer.points] += layer.log_mass(total, all_sigma[layer.points]).sum(axis=0)
        products.append((prior, total))
    weight = np.exp(height - height.max())
    weight /= weight.sum()
    density = tuple(
        layer.likelihood * (prior @ (weight[layer.points, None] / total.T)).T / layer.step
        for layer, (prior, total) in zip(layers, products, strict=True)
    )
    return Mixture(
        sigma=all_sigma,
        intercept=all_centre,
        weight=weight,
        layers=layers,
        density=density,
        cumulative=tuple(_running(part, layer.step) for layer, part in zip(layers, density, strict=True)),
        mean_events=sum(
            (part * layer.events).sum(axis=1) * layer.step for layer, part in zip(layers, density, strict=True)
        ),
    )


def _running(density: np.ndarray, step: float) -> np.ndarray:
    """Return the integral of (J, T) densities up to each point of a grid, (J, T): six points for each piece.

    Source: Lagrange interpolation; the error of a piece is (191/60480)·h⁶·f⁽⁵⁾.
    """
    wide = np.pad(density, ((0, 0), (2, 2)))
    piece = 802.0 * (wide[:, 2:-3] + wide[:, 3:-2])
    piece -= 93.0 * (wide[:, 1:-4] + wide[:, 4:-1])
    piece += 11.0 * (wide[:, :-5] + wide[:, 5:])
    piece *= step / 1440.0
    out = np.zeros_like(density)
    np.cumsum(piece, axis=1, out=out[:, 1:])
    return np.maximum(out, 0.0, out=out)


def quick_mean_events(curves: Curves, mixture: Mixture) -> np.ndarray:
    """Return (J,) posterior mean expected events of *other* curves under the same sigma and intercept.

    Used for what a site would show had it had other counts; the spread of sigma is held where the data put it.
    """
    matter = mixture.weight > NEGLIGIBLE_WEIGHT
    sigma, centre, weight = mixture.sigma[matter], mixture.intercept[matter], mixture.weight[matter]
    mean = np.zeros(len(curves.observed))
    for layer in lay(curves, sigma=sigma, low=centre, high=centre, with_events=True):
        own = layer.points
        prior = layer.prior(sigma[own], centre[own])
        total = layer.likelihood @ prior
        mean += ((layer.likelihood * layer.events) @ prior / total) @ weight[own]
    return mean / weight.sum()


def _below(mixture: Mixture, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Pr(intercept + effect < v), (J,), and its derivative by v."""
    whole, steep = np.zeros(len(v)), np.zeros(len(v))
    for layer, density, cumulative in zip(mixture.layers, mixture.density, mixture.cumulative, strict=True):
        j, size = density.shape
        place = np.clip((v - layer.v[0]) / layer.step, 0.0, size - 1.0)
        left = np.minimum(place.astype(np.int64), size - 2)
        t = place - left
        base = np.arange(j) * size + left
        d0, d1 = density.take(base) * layer.step, density.take(base + 1) * layer.step
        f0 = cumulative.take(base)
        rise = cumulative.take(base + 1) - f0
        square, cube = 3.0 * rise - 2.0 * d0 - d1, d0 + d1 - 2.0 * rise
        whole += np.maximum(f0 + t * (d0 + t * (square + t * cube)), 0.0)
        steep += (d0 + t * (2.0 * square + t * 3.0 * cube)) / layer.step
    return np.minimum(whole, 1.0), steep


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
    low, high = min(layer.v[0] for layer in mixture.layers), max(layer.v[-1] for layer in mixture.layers)
    mean, square = np.zeros(len(mixture.mean_events)), np.zeros(len(mixture.mean_events))
    for layer, density in zip(mixture.layers, mixture.density, strict=True):
        mean += density @ layer.v * layer.step
        square += density @ layer.v**2 * layer.step
    start = mean + float(norm.ppf(p)) * np.sqrt(np.maximum(square - mean**2, 0.0))
    low, high = np.full(len(mean), low), np.full(len(mean), high)
    return _solve(lambda v: _below(mixture, v), np.full(len(mean), p), low=low, high=high, start=start)


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
    values = tuple(np.broadcast_to(layer.v, layer.likelihood.shape) for layer in mixture.layers)
    return _drawn(mixture, values, draws=draws, seed=seed)


def draw_events(mixture: Mixture, *, draws: int, seed: int) -> np.ndarray:
    """Draw the expected events that follow from ``draw_effects``, (draws, J)."""
    return _drawn(mixture, tuple(layer.events for layer in mixture.layers), draws=draws, seed=seed)


def _drawn(mixture: Mixture, values: tuple[np.ndarray, ...], *, draws: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    j = len(mixture.mean_events)
    point = np.searchsorted(np.cumsum(mixture.weight), random.random(draws), side="right")
    point = np.minimum(point, len(mixture.weight) - 1)
    uniform = random.random((draws, j))
    out = np.empty((j, draws))
    for layer, density, value in zip(mixture.layers, mixture.density, values, strict=True):
        mine = np.nonzero(np.isin(point, layer.points))[0]
        mine = mine[np.argsort(point[mine], kind="stable")]  # neighbours in the table one after the other
        used, column = np.unique(point[mine], return_inverse=True)
        if len(used) == 0:
            continue
        prior = np.ascontiguousarray(layer.prior(mixture.sigma[used], mixture.intercept[used]).T)
        # every point's distribution runs from 2·column to 2·column + 1, so that one interpolation serves all draws of a site
        apart = 2.0 * np.arange(len(used))[:, None]
        own = uniform[mine].T + apart[column, 0]
        for site in range(j):
            some = np.nonzero(density[site] > NOTHING * density[site].max())[0]
            places = slice(int(some[0]), int(some[-1]) + 1, 1 + int(some[-1] - some[0]) // DRAWN_FROM)
            mass = prior[:, places] * layer.likelihood[site, places]
            upto = np.zeros(mass.shape)
            np.cumsum(mass[:, 1:] + mass[:, :-1], axis=1, out=upto[:, 1:])
            upto /= upto[:, -1:]
            upto += apart
            out[site, mine] = np.interp(own[site], upto.ravel(), np.tile(value[site, places], len(used)))
    return np.ascontiguousarray(out.T)
