"""Finding, before any fit, the columns whose coefficients would be infinite."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

THRESHOLD = 1e-7


def separating_columns(
    matrix: np.ndarray, *, outcome: np.ndarray, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Name the columns along which the outcome is completely or quasi-completely separated.

    Parameters
    ----------
    matrix : (n, k) float design of full column rank, intercept included; repeated rows may be given once.
    outcome : (n,) 0/1.
    names : k column names.

    Returns
    -------
    Names with an infinite maximum-likelihood coefficient, empty when the estimate exists. With s = ±1 for the
    outcome, the programme maximises Σ s·xβ subject to s·xβ >= 0 and |β| <= 1; any β that is not 0 at the optimum
    marks a separating column.

    Raises
    ------
    RuntimeError when the linear programme itself fails, which a bounded feasible programme cannot.

    Source: Konis, Linear programming algorithms for detecting separated data in binary logistic regression, 2007.
    """
    signed = np.where(np.asarray(outcome)[:, None] > 0.5, matrix, -matrix)
    scale = np.abs(signed).max(axis=0)
    signed = signed / np.where(scale > 0, scale, 1.0)
    found = linprog(
        c=-signed.sum(axis=0),
        A_ub=-signed,
        b_ub=np.zeros(len(signed)),
        bounds=[(-1.0, 1.0)] * signed.shape[1],
        method="highs",
    )
    if found.status != 0:
        raise RuntimeError(f"the separation programme ended with status {found.status}: {found.message}")
    if -found.fun <= THRESHOLD * len(signed):
        return ()
    return tuple(name for name, value in zip(names, found.x, strict=True) if abs(value) > THRESHOLD)
