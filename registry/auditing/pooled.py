"""Agreement pooled over many elements of the same charts: intervals that know that values of one chart belong together."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from registry.agreement.proportion import wilson


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure with its interval; None where undefined."""

    estimate: float | None
    lower: float | None
    upper: float | None


NOTHING = Figure(estimate=None, lower=None, upper=None)


def agreed_share(*, agreed, compared, level: float = 0.95) -> Figure:
    """Return the share of values that agree, with Wilson's interval at the effective number of values.

    agreed, compared: shape (n_charts,), counts of values by chart. The variance is that of a ratio over charts (jackknife); the
    effective number is what a simple sample would need for the same variance, never more than the values there are. Without any
    spread all values count. Raises ValueError where a chart has more agreed than compared values.
    Source: Wilson 1927; Korn & Graubard 1998 for the effective sample size; methods §13 (docs/audits.md).
    """
    hits, n = np.asarray(agreed, dtype=float), np.asarray(compared, dtype=float)
    if hits.shape != n.shape or (hits > n).any() or (hits < 0).any():
        raise ValueError("a chart cannot agree more often than it was compared")
    hits, n = hits[n > 0], n[n > 0]
    total = float(n.sum())
    if not total:
        return NOTHING
    share = float(hits.sum() / total)
    size = total
    if len(n) > 1 and 0 < share < 1:
        without = (hits.sum() - hits) / (total - n)
        variance = (len(n) - 1) / len(n) * float(((without - without.mean()) ** 2).sum())
        size = min(total, share * (1 - share) / variance) if variance > 0 else total
    lower, upper = wilson(share=share, n=size, level=level)
    return Figure(estimate=share, lower=lower, upper=upper)


@dataclass(frozen=True, kw_only=True)
class Chance:
    """Cohen's kappa and Gwet's AC1 of finding or not finding, pooled, and the share of ratings that found something."""

    kappa: Figure
    ac1: Figure
    prevalence: float | None


def finding(*, tables, level: float = 0.95) -> Chance:
    """Return kappa and AC1 of "found" against "not found" over all elements that may be absent.

    tables: shape (n_charts, 2, 2), counts by chart, first reading in rows, [not found, found]. Intervals are jackknifed over
    charts with t on n_charts − 1 degrees of freedom, kept within −1 and 1. None where chance alone agrees always, or below two charts.
    Source: Cohen 1960; Gwet 2008; Efron & Stein 1981 for the jackknife.
    """
    by_chart = np.asarray(tables, dtype=float).reshape(-1, 2, 2)
    by_chart = by_chart[by_chart.sum(axis=(1, 2)) > 0]
    whole = by_chart.sum(axis=0)
    if not whole.sum():
        return Chance(kappa=NOTHING, ac1=NOTHING, prevalence=None)
    without = whole - by_chart
    prevalence = float((whole[1].sum() + whole[:, 1].sum()) / (2 * whole.sum()))
    kappas, gwets = _jackknifed(_kappa, whole, without, level), _jackknifed(_gwet, whole, without, level)
    return Chance(kappa=kappas, ac1=gwets, prevalence=prevalence)


def _kappa(table: np.ndarray) -> float | None:
    shares = table / table.sum()
    chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    return None if 1 - chance < 1e-12 else float((np.trace(shares) - chance) / (1 - chance))


def _gwet(table: np.ndarray) -> float | None:
    shares = table / table.sum()
    found = float((shares[1].sum() + shares[:, 1].sum()) / 2)
    chance = 2 * found * (1 - found)
    return float((np.trace(shares) - chance) / (1 - chance))


def _jackknifed(coefficient, whole: np.ndarray, without: np.ndarray, level: float) -> Figure:
    estimate = coefficient(whole)
    n = len(without)
    if estimate is None:
        return NOTHING
    left = [coefficient(table) for table in without if table.sum()] if n > 1 else []
    if len(left) < 2 or None in left:
        return Figure(estimate=estimate, lower=None, upper=None)
    values = np.array(left)
    error = float(np.sqrt((n - 1) / n * ((values - values.mean()) ** 2).sum()))
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    return Figure(estimate=estimate, lower=max(-1.0, estimate - reach), upper=min(1.0, estimate + reach))
