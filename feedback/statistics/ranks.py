"""Ranks that say how uncertain they are, from posterior draws or exactly from beta posteriors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc
from scipy.stats import beta

FINE = 4001


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
    order = np.argsort(draws, axis=1)  # equal draws share their rank below, whatever their order
    ranks = np.empty((b, j))
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(1.0, j + 1.0), (b, j)), axis=1)
    ordered = np.take_along_axis(draws, order, axis=1)
    tied = np.nonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))[0]
    for row in tied:
        _, inverse = np.unique(draws[row], return_inverse=True)
        ranks[row] = (np.bincount(inverse, weights=ranks[row]) / np.bincount(inverse))[inverse]
    tail = (1.0 - level) / 2.0
    places = np.quantile(np.arange(b), (tail, 1.0 - tail), method="inverted_cdf")
    lower, upper = np.sort(ranks.T.astype(np.float32), axis=1)[:, places].T.astype(float)  # halves are exact
    tenth = max(1, j // 10)
    return Ranks(
        expected=ranks.mean(axis=0),
        lower=lower,
        upper=upper,
        lowest=(ranks < 2.0).mean(axis=0),
        highest=(ranks > j - 1.0).mean(axis=0),
        lowest_tenth=(ranks <= tenth).mean(axis=0),
        highest_tenth=(ranks > j - tenth).mean(axis=0),
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
