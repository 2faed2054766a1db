"""Restricted cubic splines: knots from quantiles and the truncated-power basis; nothing about outcomes."""

from __future__ import annotations

import numpy as np

KNOT_QUANTILES = {
    3: (0.1, 0.5, 0.9),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
}


def place_knots(values: np.ndarray, *, count: int) -> tuple[float, ...]:
    """Place knots at Harrell's quantiles (type 7) of the finite values.

    Parameters
    ----------
    values : (n,) float, finite, any unit.
    count : 3, 4 or 5.

    Returns
    -------
    Strictly increasing knots in the unit of ``values``; fewer than ``count`` when quantiles coincide
    (the caller then falls back to a straight line below three knots).

    Raises
    ------
    ValueError when ``count`` is none of these, or ``values`` is empty.

    Source: Harrell, Regression Modeling Strategies, 2nd ed., 2015, table 2.3.
    """
    if count not in KNOT_QUANTILES:
        raise ValueError(f"a restricted cubic spline has 3, 4 or 5 knots here, not {count}")
    if len(values) == 0:
        raise ValueError("knots need at least one value")
    knots = np.quantile(np.asarray(values, dtype=float), KNOT_QUANTILES[count])
    return tuple(float(knot) for knot in np.unique(np.round(knots, 12)))


def basis(values: np.ndarray, *, knots: tuple[float, ...]) -> np.ndarray:
    """Evaluate the restricted cubic spline basis, linear beyond the outer knots.

    Parameters
    ----------
    values : (n,) float, finite.
    knots : k strictly increasing knots, k >= 3.

    Returns
    -------
    (n, k − 1) float: the value itself, then k − 2 non-linear columns scaled by the squared knot range, so that
    every column keeps the unit of ``values``.

    Raises
    ------
    ValueError when there are fewer than three knots.

    Source: Stone & Koo 1985; Harrell 2015, eq. 2.25.
    """
    if len(knots) < 3:
        raise ValueError("a restricted cubic spline needs at least three distinct knots")
    x = np.asarray(values, dtype=float)
    t = np.asarray(knots, dtype=float)
    first, before, end = t[0], t[-2], t[-1]

    def cube(at: float) -> np.ndarray:
        return np.maximum(x - at, 0.0) ** 3

    columns = [x]
    for knot in t[:-2]:
        bent = cube(knot) - cube(before) * (end - knot) / (end - before) + cube(end) * (before - knot) / (end - before)
        columns.append(bent / (end - first) ** 2)
    return np.column_stack(columns)
