"""Sites' likelihoods on regular grids of the effect, shared by all sites, so that every integral is one matrix product.

The trapezoidal rule on a regular grid integrates a smooth peak to nearly all digits once its spacing is below the peak's own
SD. Wide and narrow priors need grids of different spacing: each is a layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.curves import SLOPE, SPACING, Curves

COARSE = 0.7
FINE = 0.25
ROOM = 1.3
NEGLIGIBLE = 45.0
REACH = 9.0
LIFT = 300.0
LOWEST = -340.0
FINEST = 14
LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class Layer:
    """One grid for some of the M points of (sigma, centre).

    ``points`` (m,) their places among all; ``v`` (T,) effects, ``step`` apart; ``likelihood`` (J, T) of each site, divided by its
    largest value e^``top`` (J,) and lifted; ``events`` (J, T) expected at v, or None unless asked for.
    """

    points: np.ndarray
    v: np.ndarray
    step: float
    likelihood: np.ndarray
    top: np.ndarray
    events: np.ndarray | None

    def prior(self, sigma: np.ndarray, centre: np.ndarray) -> np.ndarray:
        """Return (T, m) normal densities, lifted and without their constant, for the (m,) points of this layer."""
        away = (self.v[:, None] - centre) / sigma
        return _raised(-0.5 * away * away)

    def log_mass(self, products: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Return log ∫ L_j(v) N(v; centre, sigma²) dv, (J, m), from likelihood @ prior (J, m)."""
        constant = np.log(self.step) - np.log(sigma) - 0.5 * LOG_2PI - 2.0 * LIFT
        return self.top[:, None] + np.log(products) + constant


def _raised(log: np.ndarray) -> np.ndarray:
    """Return e^(log + LIFT) in place, held above what would make products of two of them vanish."""
    log += LIFT
    np.maximum(log, LOWEST, out=log)
    return np.exp(log, out=log)


def lay(
    curves: Curves,
    *,
    sigma: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    part: float = COARSE,
    with_events: bool = False,
) -> tuple[Layer, ...]:
    """Choose grids on which sites' posteriors given each point are peaks wider than the spacing, and tabulate there.

    Parameters
    ----------
    curves : J sites; sigma : (M,) > 0; low, high : (M,) bounds of the prior means to be asked for.
    part : spacing at most, in conditional SDs; with_events : also tabulate the expected events.

    Returns
    -------
    Layers that hold every point once. What lies outside a grid is below e^(−45) of each site's peak.
    """
    bend = _sharpest(curves, sigma=float(sigma.max()), low=float(low.min()), high=float(high.max()))
    spacing = part * (sigma**-2.0 + ROOM * bend) ** -0.5
    level = np.clip(np.ceil(np.log2(SPACING / spacing)), 0, FINEST).astype(int)
    return tuple(
        _layer(
            curves,
            points=np.nonzero(level == one)[0],
            sigma=sigma,
            low=low,
            high=high,
            level=int(one),
            with_events=with_events,
        )
        for one in np.unique(level)
    )


def _heights(curves: Curves, *, sigma: float, means: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return knot numbers (K,) as far as the prior reaches and the log posteriors there (2, J, K), up to constants."""
    count = curves.pieces.shape[2]
    first = min(0, int(np.floor((means[0] - REACH * sigma - curves.low) / SPACING)))
    last = max(count, int(np.ceil((means[1] + REACH * sigma - curves.low) / SPACING)))
    knots = np.arange(first, last)
    v = curves.low + SPACING * knots
    value = curves.pieces[0].take(knots, axis=1, mode="clip")
    return knots, np.stack([value - (v - mean) ** 2 / (2.0 * sigma**2) for mean in means])


def _sharpest(curves: Curves, *, sigma: float, low: float, high: float) -> float:
    """Return the largest curvature of a site's log-likelihood near its posterior modes."""
    knots, heights = _heights(curves, sigma=sigma, means=(low, high))
    bend = curves.pieces[2] * (-2.0 / SPACING**2)
    best = knots[heights.argmax(axis=2)]
    near = np.stack([best - 1, best, best + 1]).clip(0, bend.shape[1] - 1)
    return float(np.maximum(bend[np.arange(len(bend)), near], 0.0).max())


def _layer(
    curves: Curves,
    *,
    points: np.ndarray,
    sigma: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    level: int,
    with_events: bool,
) -> Layer:
    means = float(low[points].min()), float(high[points].max())
    knots, heights = _heights(curves, sigma=float(sigma[points].max()), means=means)
    alive = (heights > heights.max(axis=2, keepdims=True) - NEGLIGIBLE).any(axis=(0, 1))
    place = np.nonzero(alive)[0]
    begin, end = int(knots[max(place[0] - 1, 0)]), int(knots[place[-1]]) + 2
    begin, end = min(begin, _knot(curves, means[0]) - 1), max(end, _knot(curves, means[1]) + 2)
    t = np.arange(2**level) / 2.0**level
    value = _between(curves, t, begin=begin, end=end, factors=(1.0,) * 6, lowest=0)
    top = value.max(axis=1)
    value -= top[:, None]
    events = None
    if with_events:
        slope = _between(curves, t, begin=begin, end=end, factors=SLOPE, lowest=1) / SPACING
        events = curves.observed[:, None] - slope
    return Layer(
        points=points,
        v=curves.low + SPACING * (np.arange(begin, end)[:, None] + t).ravel(),
        step=SPACING / 2.0**level,
        likelihood=_raised(value),
        top=top,
        events=events,
    )


def _knot(curves: Curves, v: float) -> int:
    return int(np.floor((v - curves.low) / SPACING))


def _between(
    curves: Curves, t: np.ndarray, *, begin: int, end: int, factors: tuple[float, ...], lowest: int
) -> np.ndarray:
    """Return Σ factor·coefficient·t^m on the pieces ``begin`` … ``end`` − 1, (J, (end − begin)·len(t)); held within the table."""
    _, j, count = curves.pieces.shape
    pieces = curves.pieces[lowest:].take(np.arange(begin, end), axis=2, mode="clip")
    powers = t ** np.arange(6 - lowest)[:, None] * np.array(factors)[:, None]
    out = (pieces.reshape(6 - lowest, -1).T @ powers).reshape(j, end - begin, len(t))
    if begin < 0:
        out[:, :-begin] = curves.pieces[lowest, :, 0][:, None, None]
    if end > count:
        out[:, count - begin :] = (curves.pieces[lowest:, :, -1].T @ np.array(factors))[:, None, None]
    return out.reshape(j, -1)
