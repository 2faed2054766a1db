"""Each site's log-likelihood as a smooth curve of its effect, tabulated once so that any quadrature is cheap.

The rows enter through a lattice: every linear predictor is replaced by six neighbouring lattice points with Lagrange
weights, which reproduces sums of smooth functions to about 1e-9 a row and makes the tables matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import expit, softplus
from feedback.statistics.rows import Rows

SPACING = 0.1
LIMIT = 60.0


@dataclass(frozen=True)
class Curves:
    """Log-likelihood curves of J sites, piecewise quintic between knots ``low + SPACING·i``.

    ``pieces`` (J, K − 1, 6): coefficients of each piece by powers of t in 0–1; ``observed`` (J,) events.
    """

    low: float
    pieces: np.ndarray
    observed: np.ndarray

    def shifted(self, events: np.ndarray) -> Curves:
        """Return the curves the same cases would have with (J,) more events (fewer when negative)."""
        knots = self.low + SPACING * np.arange(self.pieces.shape[1])
        pieces = self.pieces.copy()
        pieces[:, :, 0] += events[:, None] * knots
        pieces[:, :, 1] += events[:, None] * SPACING
        return Curves(low=self.low, pieces=pieces, observed=self.observed + events)


def lattice_weights(rows: Rows, eta: np.ndarray) -> tuple[float, np.ndarray]:
    """Spread the trials over a lattice.

    Parameters
    ----------
    rows : R rows of J sites; eta : (R,) linear predictor.

    Returns
    -------
    origin : value of the first lattice point.
    weights : (J, B) so that Σ_b weights[j, b]·f(origin + SPACING·b) = Σ trials·f(eta) for smooth f.

    Source: Lagrange interpolation on six points, error below 0.005·h⁶·max|f⁗″|.
    """
    low = SPACING * (np.floor(max(float(eta.min()), -LIMIT) / SPACING) - 2.0)
    width = int((min(float(eta.max()), LIMIT) - low) / SPACING) + 5
    weights = np.zeros((rows.n_sites, width))
    ends = np.append(rows.starts[1:], len(eta))
    for site, (begin, end) in enumerate(zip(rows.starts, ends, strict=True)):
        place = (np.clip(eta[begin:end], -LIMIT, LIMIT) - low) / SPACING
        left = place.astype(np.int64)
        t = place - left
        for node, factor in enumerate(_lagrange(t)):
            counted = factor * rows.trials[begin:end]
            weights[site] += np.bincount(left + (node - 2), weights=counted, minlength=width)
    return low, weights


def _lagrange(t: np.ndarray) -> list[np.ndarray]:
    """Return the six Lagrange weights on −2, −1, 0, 1, 2, 3 for positions t in 0–1, each shaped like t."""
    a, b, c, d, e = t + 2.0, t + 1.0, t - 1.0, t - 2.0, t - 3.0
    ab, bt, cd, de = a * b, b * t, c * d, d * e
    return [
        bt * cd * e / -120.0,
        a * t * cd * e / 24.0,
        ab * cd * e / -12.0,
        ab * t * de / 12.0,
        ab * t * c * e / -24.0,
        a * bt * cd / 120.0,
    ]


def tabulate(rows: Rows, eta: np.ndarray, *, reach: float) -> Curves:
    """Tabulate the sites' log-likelihoods Σ events·(η + v) − trials·log(1 + e^(η + v)) for effects v in ±``reach``.

    Parameters
    ----------
    rows : R rows of J sites.
    eta : (R,) linear predictor without site effect.
    reach : > 0, half-width of the table in log-odds.

    Returns
    -------
    ``Curves`` with 2·⌈reach/0.1⌉ + 1 knots.
    """
    half = int(np.ceil(reach / SPACING))
    knots = SPACING * np.arange(-half, half + 1)
    origin, weights = lattice_weights(rows, eta)
    grid = origin + SPACING * np.arange(weights.shape[1])
    at = grid[:, None] + knots
    risk = expit(at)
    observed = rows.by_site(rows.events)
    constant = rows.by_site(rows.events * eta)
    return Curves(
        low=float(knots[0]),
        pieces=_hermite_pieces(
            constant[:, None] + observed[:, None] * knots - weights @ softplus(at),
            (observed[:, None] - weights @ risk) * SPACING,
            -(weights @ (risk * (1.0 - risk))) * SPACING**2,
        ),
        observed=observed,
    )


def _hermite_pieces(value: np.ndarray, slope: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """Return quintic Hermite coefficients (J, K − 1, 6) from knot values and derivatives by the knot number (J, K)."""
    f0, d0, d1 = value[:, :-1], slope[:, :-1], slope[:, 1:]
    c0, c1 = bend[:, :-1], bend[:, 1:]
    rise = value[:, 1:] - f0
    return np.stack(
        [
            f0,
            d0,
            0.5 * c0,
            10.0 * rise - 6.0 * d0 - 4.0 * d1 - 1.5 * c0 + 0.5 * c1,
            -15.0 * rise + 8.0 * d0 + 7.0 * d1 + 1.5 * c0 - c1,
            6.0 * rise - 3.0 * (d0 + d1) - 0.5 * (c0 - c1),
        ],
        axis=2,
    )


def _piece(curves: Curves, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients (6, J, …) of the pieces v (J, …) lies on and the position t in 0–1; v is held within."""
    j, count, _ = curves.pieces.shape
    place = np.clip((v - curves.low) / SPACING, 0.0, float(count))
    left = np.minimum(place.astype(np.int64), count - 1)
    site = np.arange(j).reshape((j,) + (1,) * (v.ndim - 1)) * count
    found = curves.pieces.reshape(-1, 6).take((site + left).ravel(), axis=0)
    return np.ascontiguousarray(found.T).reshape(6, *v.shape), place - left


def log_likelihood(curves: Curves, v: np.ndarray) -> np.ndarray:
    """Return the log-likelihood at effects v (J, …), held within the table."""
    c, t = _piece(curves, v)
    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))))


def derivatives(curves: Curves, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-likelihood's first two derivatives at effects v (J, …), held within the table."""
    c, t = _piece(curves, v)
    slope = c[1] + t * (2.0 * c[2] + t * (3.0 * c[3] + t * (4.0 * c[4] + t * (5.0 * c[5]))))
    bend = 2.0 * c[2] + t * (6.0 * c[3] + t * (12.0 * c[4] + t * (20.0 * c[5])))
    return slope / SPACING, bend / SPACING**2


def value_and_slope(curves: Curves, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-likelihood and its first derivative at effects v (J, …), held within the table."""
    c, t = _piece(curves, v)
    slope = c[1] + t * (2.0 * c[2] + t * (3.0 * c[3] + t * (4.0 * c[4] + t * (5.0 * c[5]))))
    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5])))), slope / SPACING


def events_at(curves: Curves, v: np.ndarray) -> np.ndarray:
    """Return the expected events Σ trials·expit(η + v) at effects v (J, …), increasing in v."""
    shape = (len(curves.observed),) + (1,) * (v.ndim - 1)
    return curves.observed.reshape(shape) - derivatives(curves, v)[0]
