"""Which columns of a design are determined by the others: a rank check that names them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from feedback.statistics.design import Design

TOLERANCE = 1e-9
CERTAIN = 1e-5


@dataclass(frozen=True)
class Dependence:
    """``column`` is a linear combination of ``because_of``."""

    column: str
    because_of: tuple[str, ...]


def _gram(design: Design, counts: np.ndarray) -> np.ndarray:
    k = len(design.names)
    discrete, free = list(design.discrete), list(design.free)
    gram = np.empty((k, k))
    gram[np.ix_(discrete, discrete)] = design.table.T @ (counts[:, None] * design.table)
    gram[np.ix_(free, free)] = design.dense @ design.dense.T
    for row, position in enumerate(free):
        cross = np.bincount(design.pattern, weights=design.dense[row], minlength=len(counts)) @ design.table
        gram[position, discrete] = cross
        gram[discrete, position] = cross
    return gram


def aliased(design: Design) -> tuple[Dependence, ...]:
    """Name the columns to leave out so that the rest has full rank; earlier columns are kept before later ones.

    Parameters
    ----------
    design : (n, k) ``Design``.

    Returns
    -------
    One ``Dependence`` for each column left out, in column order; empty when the rank is full. A well-conditioned
    Cholesky factor of the scaled cross-product certifies full rank at once; otherwise the rank comes from a pivoted
    QR factorisation of the scaled design itself.

    Source: Golub & Van Loan, Matrix Computations, 4th ed., 2013, §5.4.2.
    """
    counts = np.bincount(design.pattern, minlength=len(design.table)).astype(float)
    gram = _gram(design, counts)
    scale = np.sqrt(np.diag(gram))
    if (scale > 0).all():
        scaled = gram / np.outer(scale, scale)
        try:
            if np.diag(np.linalg.cholesky(scaled)).min() > CERTAIN:
                return ()
        except np.linalg.LinAlgError:
            pass
    return _by_factorisation(design, counts=counts)


def _by_factorisation(design: Design, *, counts: np.ndarray) -> tuple[Dependence, ...]:
    matrix = design.matrix() if design.free else np.sqrt(counts)[:, None] * design.table
    scale = np.sqrt((matrix**2).sum(axis=0))
    matrix = matrix / np.where(scale > 0, scale, 1.0)
    factor = linalg.qr(matrix, mode="r", pivoting=True)[0]
    diagonal = np.abs(np.diag(factor))
    full = int(np.count_nonzero(diagonal > TOLERANCE * diagonal[0]))
    if full == matrix.shape[1]:
        return ()
    square = linalg.qr(matrix, mode="r")[0][: matrix.shape[1]]
    kept: list[int] = []
    found = []
    for position in range(matrix.shape[1]):
        column = square[:, position]
        weights = np.zeros(0)
        rest = column
        if kept:
            weights = np.linalg.lstsq(square[:, kept], column, rcond=None)[0]
            rest = column - square[:, kept] @ weights
        if np.sqrt((rest**2).sum()) > TOLERANCE * 10:
            kept.append(position)
            continue
        cause = tuple(design.names[kept[i]] for i in range(len(kept)) if abs(weights[i]) > 1e-6)
        found.append(Dependence(column=design.names[position], because_of=cause or ("nothing: it is always 0",)))
    return tuple(found)
