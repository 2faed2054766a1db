"""Finding, before any fit, the columns whose coefficients would be infinite."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from feedback.statistics.design import Design

THRESHOLD = 1e-7
FIRST_ROWS = 4000
MORE_ROWS = 2000


def direction(matrix: np.ndarray, *, outcome: np.ndarray) -> np.ndarray | None:
    """Find a direction along which the outcome is completely or quasi-completely separated.

    Parameters
    ----------
    matrix : (n, k) float design, intercept included; repeated rows may be given once.
    outcome : (n,) 0/1.

    Returns
    -------
    (k,) direction with s·xβ >= 0 for every row and > 0 for some (s = ±1 for the outcome), or None. The programme
    maximises Σ s·xβ subject to s·xβ >= 0 and |β| <= 1 on columns scaled to a largest absolute value of 1; the direction
    returned is for the columns as given.

    Raises
    ------
    RuntimeError when the linear programme itself fails, which a bounded feasible programme cannot.

    Source: Konis, Linear programming algorithms for detecting separated data in binary logistic regression, 2007.
    """
    signed = np.where(np.asarray(outcome)[:, None] > 0.5, matrix, -matrix)
    scale = np.abs(signed).max(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    signed = signed / scale
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
        return None
    return np.where(np.abs(found.x) > THRESHOLD, found.x, 0.0) / scale


def separating_columns(design: Design, *, outcome: np.ndarray) -> tuple[str, ...]:
    """Name the columns along which the outcome is separated.

    Parameters
    ----------
    design : (n, k) ``Design`` of full column rank.
    outcome : (n,) float 0/1.

    Returns
    -------
    Names with an infinite maximum-likelihood coefficient, empty when the estimate exists. A fully discrete design is
    reduced to its distinct rows. A long one is solved on a part of its rows: a part of full rank without separation
    proves the whole free of it; a direction that no row of the whole contradicts proves separation; otherwise the rows
    that contradict it, or that a deficient part lacks, join the part.
    """
    if not design.free:
        code = np.unique(design.pattern.astype(np.int64) * 2 + outcome.astype(np.int64))
        return _named(direction(design.table[code // 2], outcome=code % 2), design.names)
    signs = np.where(outcome > 0.5, 1.0, -1.0)
    step = max(1, len(outcome) // FIRST_ROWS)
    part = np.arange(0, len(outcome), step)
    while True:
        matrix = design.rows(part)
        found = direction(matrix, outcome=outcome[part])
        if found is not None:
            lacking = signs * design.linear(found)
            worst = np.argsort(lacking, kind="stable")[:MORE_ROWS]
            fresh = worst[lacking[worst] < -THRESHOLD]
        else:
            empty = _null_direction(matrix)
            if empty is None:
                return ()
            lacking = np.abs(design.linear(empty))
            fresh = np.argsort(-lacking, kind="stable")[:MORE_ROWS]
        more = np.union1d(part, fresh)
        if len(more) == len(part):
            return _named(found, design.names)
        part = more


def _named(found: np.ndarray | None, names: tuple[str, ...]) -> tuple[str, ...]:
    if found is None:
        return ()
    return tuple(name for name, value in zip(names, found, strict=True) if value)


def _null_direction(matrix: np.ndarray) -> np.ndarray | None:
    """Return a direction the (m, k) rows leave undetermined, or None when they have full rank."""
    scale = np.abs(matrix).max(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    _, values, vectors = np.linalg.svd(matrix / scale, full_matrices=False)
    if len(values) == matrix.shape[1] and values[-1] > 1e-9 * values[0]:
        return None
    return vectors[-1] / scale
