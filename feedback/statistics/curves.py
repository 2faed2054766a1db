"""Each site's log-likelihood as a smooth curve of its effect, tabulated once so that any quadrature is cheap.

The rows enter through a lattice: every linear predictor is replaced by six neighbouring lattice points with Lagrange
weights, which reproduces sums of smooth functions to about 1e-9 a row and makes the tables matrix products.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import expit, softplus
from feedback.statistics.rows import Rows
from feedback.statistics.site_expansion import FACTORIALS, POLYNOMIALS

SPACING = 0.1
ORDER = 5
LIMIT = 60.0
PART = 16_384
LONG_SITE = 2000
VALUE = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
SLOPE = (1.0, 2.0, 3.0, 4.0, 5.0)
BEND = (2.0, 6.0, 12.0, 20.0)


@dataclass(frozen=True)
class Curves:
    """Log-likelihood curves of J sites, piecewise quintic between knots ``low + SPACING·i``.

    ``pieces`` (6, J, K − 1): coefficients of each piece by powers of t in 0–1; ``observed`` (J,) events.
    """

    low: float
    pieces: np.ndarray
    observed: np.ndarray

    def chosen(self, sites: slice) -> Curves:
        """Return the curves of some sites."""
        return Curves(low=self.low, pieces=self.pieces[:, sites], observed=self.observed[sites])

    def shifted(self, events: np.ndarray) -> Curves:
        """Return the curves the same cases would have with (J,) more events (fewer when negative)."""
        knots = self.low + SPACING * np.arange(self.pieces.shape[2])
        pieces = self.pieces.copy()
        pieces[0] += events[:, None] * knots
        pieces[1] += events[:, None] * SPACING
        return Curves(low=self.low, pieces=pieces, observed=self.observed + events)


@dataclass(frozen=True)
class Lattice:
    """The linear predictors of J sites, gathered in bins: ``moments`` (ORDER + 1, J, B) are Σ trials·s^m of the rows in a
    bin, s being the distance from its middle ``low`` + SPACING·(b + ½) in units of SPACING; ``linear`` (J,) is
    Σ events·eta."""

    low: float
    moments: np.ndarray
    linear: np.ndarray

    def risks(self, effect: np.ndarray) -> np.ndarray:
        """Return Σ trials·expit(eta + effect) by site, (J,), for (J,) effects: to about 1e-11 a row.

        Source: Taylor's theorem within each bin; the derivatives are polynomials of the risk.
        """
        middle = self.low + SPACING * (np.arange(self.moments.shape[2]) + 0.5)
        p = expit(middle + effect[:, None])
        powers = [p]
        for _ in range(ORDER):
            powers.append(powers[-1] * p)
        total = np.zeros(len(effect))
        for m, moment in enumerate(self.moments):
            term = sum(factor * power for factor, power in zip(POLYNOMIALS[m + 1, 1:], powers, strict=False) if factor)
            total += (moment * term).sum(axis=1) * (SPACING**m / FACTORIALS[m])
        return total


def lattice(rows: Rows, eta: np.ndarray) -> Lattice:
    """Gather the rows of each site in bins of their linear predictor.

    Parameters
    ----------
    rows : R rows of J sites; eta : (R,) linear predictor, held within ±LIMIT.
    """
    low = SPACING * np.floor(max(float(eta.min()), -LIMIT) / SPACING)
    width = int((min(float(eta.max()), LIMIT) - low) / SPACING) + 1
    moments = np.zeros((ORDER + 1, rows.n_sites, width))
    if len(rows.site) < LONG_SITE * rows.n_sites:
        left, place = _placed(eta, low)
        left += rows.site.astype(np.int64) * width
        for m, counts in enumerate(_moments(left, place, counted=rows.trials, size=rows.n_sites * width)):
            moments[m] = counts.reshape(rows.n_sites, width)
    else:
        for site, part in rows.pieces():
            left, place = _placed(eta[part], low)
            counted = None if rows.unit else rows.trials[part]
            for m, counts in enumerate(_moments(left, place, counted=counted, size=width)):
                moments[m, site] += counts
    return Lattice(low=float(low), moments=moments, linear=rows.by_site(rows.events * eta))


def _placed(eta: np.ndarray, low: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin of each value and its distance from the bin's middle in units of SPACING."""
    place = np.clip(eta, -LIMIT, LIMIT)
    place -= low
    place /= SPACING
    left = place.astype(np.int64)
    place -= left
    place -= 0.5
    return left, place


def _moments(left: np.ndarray, place: np.ndarray, *, counted: np.ndarray | None, size: int) -> Iterator[np.ndarray]:
    for _ in range(ORDER + 1):
        yield np.bincount(left, weights=counted, minlength=size)
        counted = place if counted is None else counted * place


def _spread(found: Lattice) -> tuple[float, np.ndarray]:
    """Put the bins' rows on the lattice points low + SPACING·b, exactly for polynomials of degree five.

    Returns
    -------
    origin : value of the first lattice point.
    weights : (J, B + 5) so that Σ_b weights[j, b]·f(origin + SPACING·b) = Σ trials·f(eta) for smooth f.

    Source: Lagrange interpolation on six points, error below 0.005·h⁶·max|f⁗″|.
    """
    _, sites, width = found.moments.shape
    weights = np.zeros((sites, width + ORDER))
    for node, factors in enumerate(LAGRANGE):
        weights[:, node : node + width] += np.tensordot(factors, found.moments, axes=1)
    return found.low - 2.0 * SPACING, weights


def _lagrange() -> np.ndarray:
    """Return (6, 6): powers of s of the six Lagrange polynomials on −2, −1, 0, 1, 2, 3, taken about ½."""
    nodes = np.arange(-2.0, 4.0) - 0.5
    out = np.empty((ORDER + 1, ORDER + 1))
    for place, node in enumerate(nodes):
        others = np.delete(nodes, place)
        out[place] = np.polynomial.polynomial.polyfromroots(others) / np.prod(node - others)
    return out


LAGRANGE = _lagrange()


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
    return tabulated(rows, lattice(rows, eta), reach=reach)


def tabulated(rows: Rows, found: Lattice, *, reach: float) -> Curves:
    """Do the same from the lattice of the rows' linear predictor."""
    half = int(np.ceil(reach / SPACING))
    knots = SPACING * np.arange(-half, half + 1)
    origin, weights = _spread(found)
    grid = origin + SPACING * np.arange(weights.shape[1])
    at = grid[:, None] + knots
    risk = expit(at)
    observed = rows.by_site(rows.events)
    return Curves(
        low=float(knots[0]),
        pieces=_hermite_pieces(
            found.linear[:, None] + observed[:, None] * knots - weights @ softplus(at),
            (observed[:, None] - weights @ risk) * SPACING,
            -(weights @ (risk * (1.0 - risk))) * SPACING**2,
        ),
        observed=observed,
    )


def _hermite_pieces(value: np.ndarray, slope: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """Return quintic Hermite coefficients (6, J, K − 1) from knot values and derivatives by the knot number (J, K)."""
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
        ]
    )


def _piece(curves: Curves, v: np.ndarray, *, lowest: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients from the power ``lowest`` on, (6 − lowest, J, …), of the pieces that v (J, …) lies on, and the
    position t in 0–1. v is held within the table."""
    _, j, count = curves.pieces.shape
    place = v - curves.low
    place /= SPACING
    np.clip(place, 0.0, float(count), out=place)
    left = np.minimum(place.astype(np.int64), count - 1)
    place -= left
    left += np.arange(j).reshape((j,) + (1,) * (v.ndim - 1)) * count
    # one look-up for all powers: several times as quick as one for each
    return curves.pieces[lowest:].reshape(6 - lowest, -1).take(left, axis=1, mode="clip"), place


def _horner(t: np.ndarray, coefficients: np.ndarray, factors: Sequence[float]) -> np.ndarray:
    """Return Σ factor·coefficient·t^m, the highest power last."""
    total = coefficients[-1] * factors[-1]
    for coefficient, factor in zip(coefficients[-2::-1], factors[-2::-1], strict=True):
        total *= t
        total += coefficient if factor == 1.0 else factor * coefficient
    return total


def by_parts(size: int, each: int) -> Iterator[slice]:
    """Walk through ``size`` sites in slices whose values, ``each`` for a site, stay in the cache."""
    step = max(1, PART // max(each, 1))
    for begin in range(0, size, step):
        yield slice(begin, begin + step)


def log_likelihood(curves: Curves, v: np.ndarray) -> np.ndarray:
    """Return the log-likelihood at effects v (J, …), held within the table."""
    c, t = _piece(curves, v)
    return _horner(t, c, VALUE)


def derivatives(curves: Curves, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-likelihood's first two derivatives at effects v (J, …), held within the table."""
    c, t = _piece(curves, v, lowest=1)
    return _horner(t, c, SLOPE) / SPACING, _horner(t, c[1:], BEND) / SPACING**2


def events_at(curves: Curves, v: np.ndarray) -> np.ndarray:
    """Return the expected events Σ trials·expit(η + v) at effects v (J, …), increasing in v."""
    c, t = _piece(curves, v, lowest=1)
    shape = (len(curves.observed),) + (1,) * (v.ndim - 1)
    return curves.observed.reshape(shape) - _horner(t, c, SLOPE) / SPACING
