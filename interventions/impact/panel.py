"""What an effect is estimated from: sites by periods against the frozen model, and when each site started."""

from dataclasses import dataclass

import numpy as np

from interventions.impact.refusal import ImpactRefusal

NEVER = -1
"""The start of a site that has not adopted."""

LEFT_OUT = 2
"""Periods before a start that are left out of its baseline: a bad one of them may be why it started."""


@dataclass(frozen=True, eq=False)
class Panel:
    """J sites in T periods, oldest first.

    `cases`, `observed`: whole numbers, `expected`: events by one frozen model, all (J, T). `start`: (J,) the position of the
    first period under the change, `NEVER` for sites that have not adopted (a start after the latest period counts as such).
    `left_out`: how many periods before a start belong neither to the baseline nor to the effect. `window`: how many periods
    from the start on the effect is averaged over, None for all. `offered`: the period in which the change was first on offer, None
    when unknown; from then on a bad period may prompt a start and a good one delay it, so the baseline of an adopter ends there,
    and its untreated periods from then on only tell how time went on. All are declared before the start.
    """

    cases: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    start: np.ndarray
    left_out: int = LEFT_OUT
    window: int | None = None
    offered: int | None = None


@dataclass(frozen=True, eq=False)
class Cells:
    """A checked panel: `excess` (J, T) points of (O − E)/n, 0 without cases; `weight` (J, T) cases; `start` (J,), beyond T and
    the left-out periods for never."""

    excess: np.ndarray
    weight: np.ndarray
    start: np.ndarray
    left_out: int
    window: int
    offered: int


def cells(panel: Panel) -> Cells:
    """Check a panel and return its cells.

    Raises ImpactRefusal NO_CASES, NO_ADOPTERS, NO_BASELINE (no adopter has a period before the left-out ones), and ValueError for
    tables that cannot be.
    """
    cases, observed = np.asarray(panel.cases, dtype=float), np.asarray(panel.observed, dtype=float)
    expected, start = np.asarray(panel.expected, dtype=float), np.asarray(panel.start, dtype=np.int64)
    if cases.ndim != 2 or not cases.shape == observed.shape == expected.shape or start.shape != cases.shape[:1]:
        raise ValueError(
            "cases, observed and expected events need one row per site and one column per period, starts one entry per site"
        )
    if not ((observed >= 0) & (observed <= cases) & (expected >= 0) & (expected <= cases) & np.isfinite(cases)).all():
        raise ValueError("observed and expected events lie between 0 and the number of cases")
    if panel.left_out < 0 or (panel.window is not None and panel.window < 1) or (start < NEVER).any():
        raise ValueError("left-out periods are 0 or more, a window is 1 or more, and a start is a position or NEVER")
    if panel.offered is not None and panel.offered < 1:
        raise ValueError("a change that was on offer from the first period leaves no baseline")
    return from_points(
        excess=np.divide(observed - expected, cases, out=np.zeros_like(cases), where=cases > 0), weight=cases, start=start,
        left_out=panel.left_out, window=panel.window, offered=panel.offered,
    )  # fmt: skip


def from_points(
    *,
    excess: np.ndarray,
    weight: np.ndarray,
    start: np.ndarray,
    left_out: int,
    window: int | None,
    offered: int | None = None,
) -> Cells:
    """Return cells of any outcome in points, (J, T), with its weights; refuses as `cells` does."""
    periods = weight.shape[1]
    first = np.where((start == NEVER) | (start >= periods), periods + left_out, start)
    if weight.sum() <= 0:
        raise ImpactRefusal("NO_CASES", ("There are no cases in these periods.",))
    adopted = first < periods
    if not adopted.any():
        raise ImpactRefusal("NO_ADOPTERS", ("No hospital has started in these periods.",))
    end = periods if offered is None else min(offered, periods)
    baseline = (weight > 0) & (np.arange(periods) < np.minimum(first - left_out, end)[:, None])
    if not baseline[adopted].any():
        raise ImpactRefusal(
            "NO_BASELINE", ("No hospital that started has cases from before the periods that prompted it.",)
        )
    return Cells(
        excess=excess, weight=weight, start=first, left_out=left_out, window=periods if window is None else window, offered=end,
    )  # fmt: skip
