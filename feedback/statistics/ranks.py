"""Ranks that say how uncertain they are, from posterior draws or exactly from beta posteriors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc
from scipy.stats import beta

FINE = 4001
TOGETHER = 512


@dataclass(frozen=True)
class Ranks:
    """Expected rank (1 = lowest), its interval, and the chances of being lowest, highest and among the lowest or highest tenth; all (J,)."""

    expected: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    lowest_tenth: np.ndarray
    highest_tenth: np.ndarray


def of_draws(draws: np.ndarray, *, level: float = 0.95) -> Ranks:
    """Rank every posterior draw and summarise.

    Parameters
    ----------
    draws : (B, J) draws of the sites' rates; equal values share their average rank.
    level : of the rank interval.

    Returns
    -------
    ``Ranks``; a tenth holds at least one site.

    Raises
    ------
    ValueError when there is no draw.

    Source: Goldstein & Spiegelhalter, JRSS A 159, 1996; Laird & Louis 1989.
    """
    b, j = draws.shape
    if b == 0:
        raise ValueError("ranks need at least one draw")
    twice = _twice(draws)
    parts = [_summary(twice[:, begin : begin + TOGETHER], n_sites=j, level=level) for begin in range(0, j, TOGETHER)]
    return Ranks(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _twice(draws: np.ndarray) -> np.ndarray:
    """Return twice the rank of each of J sites in each of B draws, (B, J) whole numbers: equal draws share their rank.

    Number and site share an integer, the site in its last bits, so that one sort of numbers orders the sites. Draws that
    those bits could turn round, or that are equal, are ranked again with all their digits.
    """
    j = draws.shape[1]
    bits = max(1, (j - 1).bit_length())
    key = (draws + 0.0).view(np.int64)  # + 0.0: there is one zero only
    key = np.where(key < 0, key ^ np.int64(2**63 - 1), key)
    key = (key >> bits << bits) | np.arange(j)
    key.sort(axis=1)
    out = np.empty(draws.shape, dtype=np.int32)
    np.put_along_axis(out, key & (2**bits - 1), np.arange(2, 2 * j + 1, 2, dtype=np.int32)[None], axis=1)
    key >>= bits
    for row in np.nonzero((key[:, 1:] == key[:, :-1]).any(axis=1))[0]:
        _, inverse, size = np.unique(draws[row], return_inverse=True, return_counts=True)
        out[row] = (2 * np.cumsum(size) - size + 1)[inverse]
    return out


def _summary(twice: np.ndarray, *, n_sites: int, level: float) -> tuple[np.ndarray, ...]:
    """Return the columns of ``Ranks`` for some of J sites from twice their ranks (B, m), by counting each rank."""
    b, m = twice.shape
    width = 2 * n_sites + 1
    counts = np.bincount((twice + width * np.arange(m)).ravel(), minlength=m * width).reshape(m, width)
    upto = np.cumsum(counts, axis=1)
    tail = (1.0 - level) / 2.0
    places = np.quantile(np.arange(b), (tail, 1.0 - tail), method="inverted_cdf")
    tenth = max(1, n_sites // 10)
    return (
        counts @ np.arange(width) / (2.0 * b),
        *(0.5 * (upto <= place).sum(axis=1) for place in places),
        upto[:, min(3, width - 1)] / b,
        (b - upto[:, 2 * n_sites - 2]) / b,
        upto[:, 2 * tenth] / b,
        (b - upto[:, 2 * (n_sites - tenth)]) / b,
    )


def expected_of_betas(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Expected ranks of independent Beta(a, b) posteriors by quadrature on one fine grid of rates.

    Parameters
    ----------
    a, b : (J,) > 0.

    Returns
    -------
    (J,) 1 + Σ_k≠j Pr(θ_k < θ_j), 1 = lowest.

    Source: Laird & Louis, J. Educ. Stat. 14, 1989.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    top = float(beta.isf(1e-12, a, b).max())
    grid = np.linspace(0.0, top, FINE)
    below = betainc(a[:, None], b[:, None], grid)
    mass = np.diff(below, axis=1)
    middle = 0.5 * (below[:, 1:] + below[:, :-1])
    return 1.0 + (mass * (middle.sum(axis=0) - middle)).sum(axis=1)
