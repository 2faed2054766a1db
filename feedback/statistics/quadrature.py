"""Fixed quadrature rules, computed once: Gauss–Hermite and Gauss–Legendre."""

from __future__ import annotations

from functools import cache

import numpy as np

MOST_NODES = 25


@cache
def hermite(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes t (Q,) and log weights (Q,) of the rule for the weight e^(−t²).

    Raises
    ------
    ValueError when ``nodes`` is not 1 … 25.

    Source: Golub & Welsch, Math. Comp. 23, 1969.
    """
    if not 1 <= nodes <= MOST_NODES:
        raise ValueError(f"adaptive quadrature takes 1 to {MOST_NODES} nodes, not {nodes}")
    points, weights = np.polynomial.hermite.hermgauss(nodes)
    return points, np.log(weights)


@cache
def legendre(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes (S,) in (0, 1) and weights (S,) summing to 1 for a flat weight."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return 0.5 * (points + 1.0), 0.5 * weights
