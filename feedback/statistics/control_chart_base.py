"""The chart type every control chart returns, its frozen baseline, and the moving ranges limits are made of."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

MEAN_RANGE_TO_SIGMA = 1.128
"""d₂ for moving ranges of two points: σ = mean moving range / 1.128."""

RANGE_LIMIT = 3.267
"""D₄ for moving ranges of two points: a moving range at or above 3.267 × the mean range is itself unusual."""

FEWEST_SETTLED_POINTS = 12
"""A baseline of fewer points gives limits that are only provisional (methods §10)."""


class Note(StrEnum):
    """What a reader of the chart has to be told."""

    TOO_FEW_POINTS = "TOO_FEW_POINTS"
    NO_VARIATION = "NO_VARIATION"
    PROVISIONAL = "PROVISIONAL"
    GAPS = "GAPS"
    SPARSE = "SPARSE"
    UNDER_DISPERSED = "UNDER_DISPERSED"
    SCREENED = "SCREENED"


@dataclass(frozen=True)
class Baseline:
    """What limits are frozen at, so that a chart can go on without seeing its baseline again.

    `mean`, `spread` and `centre` are on the chart's working scale (rate, count, value; for t the 1/3.6th power). `spread` is
    the multiplier of the theoretical sigma for counts (1, or Laney's σ_z) and sigma itself for measured values.
    """

    kind: str
    mean: float
    centre: float
    spread: float
    n_points: int


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart point by point. Arrays have shape (n_points,), are read-only, and hold NaN where undefined (gap, no limits).

    `z` is the distance from the baseline mean in sigmas on the working scale. `baseline` is None when no limits can be set.
    """

    kind: str
    value: np.ndarray
    centre: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    z: np.ndarray
    baseline: Baseline | None
    notes: tuple[Note, ...]
    moving_range: np.ndarray = field(default_factory=lambda: np.empty(0))
    moving_range_limit: float | None = None

    @property
    def beyond(self) -> np.ndarray:
        """Mark the points outside their limits; shape (n_points,), False where there is no point or no limit."""
        with np.errstate(invalid="ignore"):
            return (self.value < self.lower) | (self.value > self.upper)


def read_only(values: np.ndarray) -> np.ndarray:
    """Return a float copy of `values` that nobody can change."""
    copy = np.array(values, dtype=float)
    copy.setflags(write=False)
    return copy


def points(values, *, name: str) -> np.ndarray:
    """Check one row of points: shape (n_points,), non-negative or NaN.

    Raises ValueError for another shape, an infinite or a negative value.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one row of points, not an array of {array.ndim} dimensions")
    if np.isinf(array).any():
        raise ValueError(f"{name} holds an infinite value")
    if (array < 0).any():
        raise ValueError(f"{name} holds a negative value")
    return array


def baseline_points(*, observed: np.ndarray, baseline) -> np.ndarray:
    """Return which observed points set the limits, shape (n_points,) bool.

    `baseline`: None for all points, a whole number k for the first k periods, or a bool array.
    Raises ValueError when the array has another shape or k is below 1.
    """
    if baseline is None:
        return observed.copy()
    if isinstance(baseline, int | np.integer) and not isinstance(baseline, bool | np.bool_):
        if baseline < 1:
            raise ValueError("a baseline needs at least one period")
        return observed & (np.arange(observed.size) < baseline)
    chosen = np.asarray(baseline)
    if chosen.dtype != bool or chosen.shape != observed.shape:
        raise ValueError("the baseline must be a whole number or one true or false per period")
    return observed & chosen


def mean_moving_range(*, values: np.ndarray, chosen: np.ndarray, screen: bool) -> tuple[float, bool]:
    """Return the mean moving range over neighbouring chosen points, and whether screening left any range out.

    Ranges never reach across a gap. With `screen`, ranges ≥ 3.267 × their mean are dropped once. NaN without two neighbours.
    Source: Nelson 1982; methods §10.
    """
    pairs = chosen[1:] & chosen[:-1]
    ranges = np.abs(np.diff(values))[pairs]
    if ranges.size == 0:
        return float("nan"), False
    mean = float(ranges.mean())
    kept = ranges[ranges < RANGE_LIMIT * mean]
    if screen and 0 < kept.size < ranges.size:
        return float(kept.mean()), True
    return mean, False


def common_notes(*, observed: np.ndarray, n_points: int) -> list[Note]:
    """Return the notes every chart shares: gaps inside the series, a short baseline."""
    notes = []
    if not observed.all():
        notes.append(Note.GAPS)
    if n_points < FEWEST_SETTLED_POINTS:
        notes.append(Note.PROVISIONAL)
    return notes


def without_limits(*, kind: str, value: np.ndarray, centre: float, notes: list[Note]) -> Chart:
    """Return a chart that shows its points and, where there is one, its centre line, but no limits."""
    nothing = read_only(np.full(value.size, np.nan))
    line = read_only(np.full(value.size, centre))
    return Chart(
        kind=kind,
        value=read_only(value),
        centre=line,
        lower=nothing,
        upper=nothing,
        z=nothing,
        baseline=None,
        notes=tuple(notes),
    )


def check_frozen(*, frozen: Baseline, kind: str) -> None:
    """Raise ValueError when a frozen baseline belongs to another kind of chart."""
    if frozen.kind != kind:
        raise ValueError(f"the frozen baseline belongs to a chart of kind {frozen.kind}, not {kind}")
