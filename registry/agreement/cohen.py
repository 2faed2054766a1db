"""Cohen's kappa and weighted kappa of two raters, from a square table of counts or from pairs of ratings."""

import numpy as np
from scipy import stats

from registry.agreement.coefficients import (
    MISSING,
    NO_SPREAD,
    Coefficient,
    Note,
    agreement_weights,
    check_level,
    check_ratings,
    limits,
    undefined,
)


def cross_table(*, ratings, n_categories: int) -> np.ndarray:
    """Return counts of shape (n_categories, n_categories), first rater in rows; subjects with a missing rating are left out.

    `ratings`: ints of shape (n_subjects, 2), −1 missing. Raises ValueError for another shape or a position out of range.
    """
    pairs = check_ratings(ratings=ratings, n_categories=n_categories)
    if pairs.shape[1] != 2:
        raise ValueError("Cohen's kappa compares two raters")
    pairs = pairs[(pairs != MISSING).all(axis=1)]
    counts = np.zeros((n_categories, n_categories))
    np.add.at(counts, (pairs[:, 0], pairs[:, 1]), 1)
    return counts


def cohen_of_table(*, counts, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return Cohen's (weighted) kappa of a square table with its large-sample standard error and interval.

    `counts`: shape (q, q), ≥ 0. `null_standard_error` is for the hypothesis kappa = 0. Undefined when both raters used one
    category only (chance agreement 1) or the table is empty. Prevalence is the mean of the two raters'.
    Raises ValueError for a table that is not square or has negative entries. Source: Cohen 1960, 1968; Fleiss, Cohen & Everitt
    1969; methods §13.
    """
    table, sure = np.asarray(counts, dtype=float), check_level(level)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not (np.isfinite(table) & (table >= 0)).all():
        raise ValueError("the table must be square with counts of at least 0")
    credit, n = agreement_weights(kind=weights, n_categories=table.shape[0]), float(table.sum())
    if n == 0:
        return undefined(name="cohen", agreement=None, chance=None, n_subjects=0, prevalence=(), note=Note.NO_PAIRS)
    share = table / n
    row, column = share.sum(axis=1), share.sum(axis=0)
    agreement, chance = float((credit * share).sum()), float(row @ credit @ column)
    prevalence = (row + column) / 2
    if not 1 - chance > NO_SPREAD:
        return undefined(
            name="cohen",
            agreement=agreement,
            chance=1.0,
            n_subjects=int(n),
            prevalence=prevalence,
            note=Note.ONE_CATEGORY,
        )
    kappa = (agreement - chance) / (1 - chance)
    expected_credit = (credit @ column)[:, None] + (row @ credit)[None, :]
    spread = (share * (credit - expected_credit * (1 - kappa)) ** 2).sum() - (kappa - chance * (1 - kappa)) ** 2
    null = (np.outer(row, column) * (credit - expected_credit) ** 2).sum() - chance**2
    error, null_error = (float(np.sqrt(max(v, 0.0) / n) / (1 - chance)) for v in (spread, null))
    quantile = float(stats.norm.ppf((1 + sure) / 2))
    error = 0.0 if agreement == 1 else error
    low, high, note = limits(
        estimate=kappa, error=error, agreement=agreement, chance=chance, n=int(n), quantile=quantile, level=sure
    )
    return Coefficient(name="cohen", estimate=float(kappa), standard_error=error, lower=low, upper=high, agreement=agreement, chance=chance,
                       n_subjects=int(n), prevalence=tuple(prevalence.tolist()), note=note, null_standard_error=null_error)  # fmt: skip


def cohen(*, ratings, n_categories: int, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return Cohen's (weighted) kappa of pairs of ratings; arguments as `cross_table`, result as `cohen_of_table`.

    Source: Cohen 1960, 1968; methods §13.
    """
    return cohen_of_table(counts=cross_table(ratings=ratings, n_categories=n_categories), weights=weights, level=level)
