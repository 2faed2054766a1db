"""Intraclass correlations: agreement of raters on measured values, in the six forms of Shrout and Fleiss."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from registry.agreement.coefficients import check_level

POLE = 1e-6
"""Spearman and Brown's formula has a pole at −1/(k−1); nearer to it than this the result is undefined."""

FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")


@dataclass(frozen=True)
class Icc:
    """One form with its interval; None where undefined. A negative value is possible and is given as it is."""

    form: str
    estimate: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class IccTable:
    """The six forms in the order of FORMS, the mean squares they come from, and how many subjects were used and left out."""

    forms: tuple[Icc, ...]
    between: float | None
    within: float | None
    raters: float | None
    residual: float | None
    n_subjects: int
    n_left_out: int
    n_raters: int


def icc(*, values, level: float = 0.95) -> IccTable:
    """Return the six intraclass correlations with McGraw and Wong's intervals.

    `values`: shape (n_subjects, k raters ≥ 2), any unit; a subject with a missing value (NaN) is left out and counted. All forms
    are undefined with fewer than two subjects or when all values are equal; without any residual the consistency forms are 1
    and their intervals undefined. Raises ValueError for another shape, infinite values, or a level outside (0, 1).
    Source: Shrout & Fleiss 1979; McGraw & Wong 1996; methods §13.
    """
    table, sure = np.asarray(values, dtype=float), check_level(level)
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError("values must have one row per subject and at least two raters")
    if np.isinf(table).any():
        raise ValueError("a value is infinite")
    whole = table[~np.isnan(table).any(axis=1)]
    n, k = whole.shape
    left_out = len(table) - n
    if n < 2 or np.ptp(whole) == 0:
        empty = tuple(Icc(form=form, estimate=None, lower=None, upper=None) for form in FORMS)
        return IccTable(
            forms=empty,
            between=None,
            within=None,
            raters=None,
            residual=None,
            n_subjects=n,
            n_left_out=left_out,
            n_raters=k,
        )
    between, within, raters, residual = _mean_squares(whole)
    one, two, three = _single(b=between, w=within, j=raters, e=residual, n=n, k=k)
    many = (
        _ratio(between - within, between),
        _ratio(between - residual, between + (raters - residual) / n),
        _ratio(between - residual, between),
    )
    estimates = (one, two, three, *many)
    tail = (1 - sure) / 2
    first = _consistency_limits(mean=between, noise=within, df=(n - 1, n * (k - 1)), k=k, tail=tail)
    third = _consistency_limits(mean=between, noise=residual, df=(n - 1, (n - 1) * (k - 1)), k=k, tail=tail)
    second = _absolute_limits(rho=two, b=between, j=raters, e=residual, n=n, k=k, tail=tail)
    intervals = (first[0], second, third[0], first[1], tuple(_stepped_up(limit, k) for limit in second), third[1])
    forms = tuple(
        Icc(
            form=form,
            estimate=value,
            lower=low if value is not None else None,
            upper=high if value is not None else None,
        )
        for form, value, (low, high) in zip(FORMS, estimates, intervals, strict=True)
    )
    return IccTable(forms=forms, between=between, within=within, raters=raters, residual=residual,
                    n_subjects=n, n_left_out=left_out, n_raters=k)  # fmt: skip


def _mean_squares(table: np.ndarray) -> tuple[float, float, float, float]:
    """Return the mean squares between subjects, within subjects, between raters, and residual."""
    n, k = table.shape
    grand, rows, columns = table.mean(), table.mean(axis=1), table.mean(axis=0)
    between, raters = k * ((rows - grand) ** 2).sum(), n * ((columns - grand) ** 2).sum()
    within = ((table - rows[:, None]) ** 2).sum()
    residual = ((table - rows[:, None] - columns[None, :] + grand) ** 2).sum()
    tiny = 1e-14 * ((table - grand) ** 2).sum()
    squares = [0.0 if s < tiny else float(s) for s in (between, within, raters, residual)]
    freedom = (n - 1, n * (k - 1), k - 1, (n - 1) * (k - 1))
    return tuple(s / df for s, df in zip(squares, freedom, strict=True))


def _ratio(top: float, bottom: float) -> float | None:
    """Return a correlation, None where its denominator is not clearly positive against the numerator."""
    return top / bottom if bottom > POLE * abs(top) and bottom > 0 else None


def _single(
    *, b: float, w: float, j: float, e: float, n: int, k: int
) -> tuple[float | None, float | None, float | None]:
    return (
        _ratio(b - w, b + (k - 1) * w),
        _ratio(b - e, b + (k - 1) * e + k * (j - e) / n),
        _ratio(b - e, b + (k - 1) * e),
    )


def _consistency_limits(*, mean: float, noise: float, df: tuple[int, int], k: int, tail: float):
    """Return the limits of the single and of the k-rater form of ICC 1 or 3, which depend on F = between / noise only."""
    if noise == 0 or mean == 0:
        return (None, None), (None, None)
    f = mean / noise
    low, high = f / stats.f.isf(tail, *df), f * stats.f.isf(tail, df[1], df[0])
    single = tuple(float((x - 1) / (x + k - 1)) for x in (low, high))
    return single, tuple(float(1 - 1 / x) for x in (low, high))


def _absolute_limits(*, rho: float | None, b: float, j: float, e: float, n: int, k: int, tail: float):
    """Return the limits of ICC(2,1) by Satterthwaite's degrees of freedom.

    None when these are so few that the approximation fails: no F quantile, or an interval that leaves the estimate out.
    """
    if rho is None or e == 0 or b == 0:
        return None, None
    f = j / e
    mix = n * (1 + (k - 1) * rho) - k * rho
    df = (k - 1) * (n - 1) * (k * rho * f + mix) ** 2 / ((n - 1) * (k * rho * f) ** 2 + mix**2)
    a, c = stats.f.isf(tail, n - 1, df), stats.f.isf(tail, df, n - 1)
    if not (np.isfinite(a) and np.isfinite(c)):
        return None, None
    rest = k * j + (k * n - k - n) * e
    low, high = float(n * (b - a * e) / (a * rest + n * b)), float(n * (c * b - e) / (rest + n * c * b))
    return (low, high) if low <= rho <= high else (None, None)


def _stepped_up(single: float | None, k: int) -> float | None:
    """Return the reliability of the mean of k raters. Source: Spearman 1910; Brown 1910."""
    if single is None or 1 + (k - 1) * single < POLE:
        return None
    return k * single / (1 + (k - 1) * single)
