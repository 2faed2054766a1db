"""The effect on adopters by imputation: what their cells show beyond what not-yet-adopters' cells predict."""

from dataclasses import dataclass

import numpy as np

from interventions.impact.jackknife import Interval, interval
from interventions.impact.panel import Cells
from interventions.impact.twoway import TwoWay, predict


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects of B sets at once: `mean` (B,), NaN without any; `weight` and `excess` (B, J, T) of the cells behind them; of the
    first set `adopters` (J,), sites with an estimable effect, and `treated` (J, T), their cells."""

    mean: np.ndarray
    weight: np.ndarray
    excess: np.ndarray

    @property
    def treated(self) -> np.ndarray:
        """Return which cells (J, T) of the first set are behind its effect."""
        return self.weight[0] > 0

    @property
    def adopters(self) -> np.ndarray:
        """Return which sites (J,) of the first set are behind its effect."""
        return self.treated.any(axis=1)

    def over(self, cells: np.ndarray) -> np.ndarray:
        """Return the mean effects (B,) over some cells (J, T), NaN where there are none."""
        return _mean(self.weight * cells, self.excess)


@dataclass(frozen=True)
class AtTime:
    """The effect so many periods after the start (negative: before), in points, and the cases and adopters behind it."""

    time: int
    effect: Interval
    cases: int
    adopters: int


def effects(cells: Cells, *, start: np.ndarray, kept: np.ndarray) -> Effects:
    """Return weighted mean effects for B sets of starts (B, J) or of kept sites (B, J), broadcast together.

    Each adopter's cell minus its prediction, averaged with the numbers of cases as weights over the window from the start. A set
    without any estimable cell gives NaN.
    Source: Borusyak, Jaravel & Spiess 2024, theorem 2 with weights in proportion to cases.
    """
    when = np.arange(cells.weight.shape[1])
    since = when - start[:, :, None]
    weight = cells.weight * kept[:, :, None]
    fitted = _untreated(cells, weight=weight * (since < -cells.left_out), start=start)
    held = weight * ((since >= 0) & (since < cells.window) & fitted.known)
    excess = cells.excess - fitted.predicted
    return Effects(mean=_mean(held, excess), weight=held, excess=excess)


def _mean(weight: np.ndarray, excess: np.ndarray) -> np.ndarray:
    total = weight.sum(axis=(1, 2))
    return np.divide((weight * excess).sum(axis=(1, 2)), total, out=np.full(total.shape, np.nan), where=total > 0)


def _untreated(cells: Cells, *, weight: np.ndarray, start: np.ndarray) -> TwoWay:
    """Predict from untreated cells (B, J, T); those of an adopter after the offer have a level of their own.

    A site that has not started although it might have was not in a bad way, so these cells lie low; with a level of their own
    they say how time went on without passing for the site's baseline.
    """
    sites, periods = cells.weight.shape
    waiting = (start < periods)[:, :, None] & (np.arange(periods) >= cells.offered)
    both = np.concatenate([weight * ~waiting, weight * waiting], axis=1)
    fitted = predict(outcome=np.concatenate([cells.excess, cells.excess]), weight=both)
    return TwoWay(predicted=fitted.predicted[:, :sites], known=fitted.known[:, :sites])


def mean_effect(cells: Cells) -> tuple[Interval, Effects, Effects]:
    """Return the mean effect with its interval, the effects of the whole panel, and those without each site (J sets)."""
    sites = cells.start.size
    whole = effects(cells, start=cells.start[None, :], kept=np.ones((1, sites)))
    without = effects(cells, start=np.broadcast_to(cells.start, (sites, sites)), kept=1.0 - np.eye(sites))
    used = cells.weight.sum(axis=1) > 0
    return interval(float(whole.mean[0]), without.mean, group=whole.adopters, used=used), whole, without


def estimate(cells: Cells) -> tuple[Interval, tuple[AtTime, ...], Effects, np.ndarray]:
    """Return the mean effect with its interval, the effects by time, the effects of the whole panel, and the effect without each
    site (J,)."""
    mean, whole, without = mean_effect(cells)
    used = cells.weight.sum(axis=1) > 0
    since = np.arange(cells.weight.shape[1]) - cells.start[:, None]
    rows = []
    for time in np.unique(since[whole.treated]):
        at = whole.treated & (since == time)
        there = at.any(axis=1)
        effect = interval(float(whole.over(at)[0]), without.over(since == time), group=there, used=used)
        cases = int(cells.weight[at].sum())
        rows.append(AtTime(time=int(time), effect=effect, cases=cases, adopters=int(there.sum())))
    return mean, tuple(rows), whole, without.mean


def permutation_p(cells: Cells, *, value: float, draws: int, seed: int, batch: int = 250) -> float:
    """Return the two-sided p of an effect when the start dates are dealt anew to the sites, 0–1.

    `draws` ≥ 99 random deals, `seed` of their generator. Exact when which site started when is as good as drawn by lot.
    Raises ValueError for fewer draws.
    Source: Fisher 1935; Phipson & Smyth 2010 (one added to both counts).
    """
    if draws < 99:
        raise ValueError("at least 99 deals are needed")
    random = np.random.default_rng(seed)
    present = np.flatnonzero(cells.weight.sum(axis=1) > 0)
    starts = np.broadcast_to(cells.start, (draws, cells.start.size)).copy()
    starts[:, present] = random.permuted(starts[:, present], axis=1)
    kept = np.ones((1, cells.start.size))
    means = np.concatenate(
        [effects(cells, start=starts[i : i + batch], kept=kept).mean for i in range(0, draws, batch)]
    )
    means = means[np.isfinite(means)]
    return float((1 + (np.abs(means) >= abs(value) * (1 - 1e-12)).sum()) / (1 + means.size))
