"""The same effect by another road, as a check: group-time differences against a comparison group."""

from dataclasses import dataclass

import numpy as np

from interventions.impact.jackknife import Interval, interval
from interventions.impact.panel import Cells


@dataclass(frozen=True)
class GroupTime:
    """The effect, in points, at one period on the sites that started in `group` (a position); `size`: their weight."""

    group: int
    time: int
    effect: float
    size: float


def group_times(cells: Cells, *, weight: np.ndarray | None = None, never: bool = False) -> tuple[GroupTime, ...]:
    """Return the effects of all groups at all periods from their start on, within the window.

    Each is the mean change of the group since its base period, the one before the left-out periods, less that of the comparison:
    with `never` the sites that never start, otherwise those that are untreated, and not within their own left-out periods, at
    that time. `weight`: (J,) of each site, its mean number of cases when left out. Only sites with cases in both periods count;
    a pair without comparison or base is left out.
    Source: Callaway & Sant'Anna 2021, equation 2.7 without covariates, anticipation = the left-out periods.
    """
    periods = cells.weight.shape[1]
    heavy = cells.weight.mean(axis=1) if weight is None else weight
    rows = []
    for group in np.unique(cells.start[cells.start < periods]):
        base = group - 1 - cells.left_out
        if base < 0:
            continue
        change = cells.excess - cells.excess[:, [base]]
        there = (cells.weight > 0) & (cells.weight[:, [base]] > 0)
        for time in range(group, min(periods, group + cells.window)):
            treated = heavy * ((cells.start == group) & there[:, time])
            free = cells.start >= periods if never else cells.start - cells.left_out > time
            compared = heavy * (free & there[:, time])
            if treated.sum() > 0 and compared.sum() > 0:
                effect = treated @ change[:, time] / treated.sum() - compared @ change[:, time] / compared.sum()
                rows.append(
                    GroupTime(group=int(group), time=int(time), effect=float(effect), size=float(treated.sum()))
                )
    return tuple(rows)


def simple(rows: tuple[GroupTime, ...]) -> float:
    """Return the mean effect, each group and time weighted by its size; NaN without any."""
    size = sum(row.size for row in rows)
    return sum(row.effect * row.size for row in rows) / size if size else float("nan")


def by_time(rows: tuple[GroupTime, ...]) -> dict[int, float]:
    """Return the mean effect by periods since the start, groups weighted by size."""
    times = sorted({row.time - row.group for row in rows})
    return {time: simple(tuple(row for row in rows if row.time - row.group == time)) for time in times}


def sensitivity(cells: Cells) -> Interval | None:
    """Return the mean effect with its interval by leaving out sites, None when no group has a base and a comparison."""
    value = simple(group_times(cells))
    if not np.isfinite(value):
        return None
    sites = np.arange(cells.start.size)
    heavy = cells.weight.mean(axis=1)
    without = np.array([simple(group_times(cells, weight=np.where(sites == j, 0.0, heavy))) for j in sites])
    return interval(value, without, group=cells.start < cells.weight.shape[1], used=heavy > 0)
