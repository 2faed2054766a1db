"""Control charts for counts (p, p′, u, u′, c) and the chart type all charts share; measured values are in control_chart_individuals."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from scipy import stats

MEAN_RANGE_TO_SIGMA = 1.128
"""d₂ for moving ranges of two points: σ = mean moving range / 1.128."""

RANGE_LIMIT = 3.267
"""D₄ for moving ranges of two points: a moving range at or above 3.267 × the mean range is itself unusual."""

FEWEST_SETTLED_POINTS = 12
"""A baseline of fewer points gives limits that are only provisional (methods §10)."""

SPARSE = 5.0
"""Expected count per point under which normal limits are poor."""

TAIL = float(stats.norm.sf(3.0))
"""Probability beyond one three-sigma limit, 0.00135."""


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


def _exact_limits(*, kind: str, rate: float, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return interpolated exact 0.00135 and 0.99865 limits of a rate. Source: Spiegelhalter 2005; methods §5.1."""
    limits = []
    for tail in (TAIL, 1.0 - TAIL):
        law = stats.binom(size, rate) if kind == "p" else stats.poisson(size * rate)
        count = law.ppf(tail)
        at, below = law.cdf(count), law.cdf(count - 1)
        limits.append((count - (at - tail) / (at - below)) / size)
    return limits[0], limits[1]


def _check_counts(*, kind: str, events, sizes) -> tuple[np.ndarray, np.ndarray]:
    count, size = points(events, name="events"), points(sizes, name="sizes")
    if count.shape != size.shape:
        raise ValueError("events and sizes must have one entry per period")
    if ((size == 0) & (count > 0)).any():
        raise ValueError("a period has events but nothing they could come from")
    if kind == "p" and (count > size).any():
        raise ValueError("a period has more events than cases")
    return count, size


def _check_frozen(*, frozen: Baseline, kind: str) -> None:
    if frozen.kind != kind:
        raise ValueError(f"the frozen baseline belongs to a chart of kind {frozen.kind}, not {kind}")


def _laney_spread(*, value, sigma, mean, chosen, screen) -> float:
    z = np.full(value.size, np.nan)
    z[chosen] = (value[chosen] - mean) / sigma[chosen]
    average, _ = mean_moving_range(values=z, chosen=chosen, screen=screen)
    return average / MEAN_RANGE_TO_SIGMA


def _sigma_of(*, kind: str, mean: float, size: np.ndarray, observed: np.ndarray) -> np.ndarray:
    sigma = np.full(size.size, np.nan)
    variance = mean * (1.0 - mean) if kind == "p" else mean
    sigma[observed] = np.sqrt(max(variance, 0.0) / size[observed])
    return sigma


def _counts_chart(
    *, law: str, kind: str, events, sizes, baseline, frozen, laney, screen, narrower, sparse_exact
) -> Chart:
    count, size = _check_counts(kind=law, events=events, sizes=sizes)
    observed = np.isfinite(count) & np.isfinite(size) & (size > 0)
    value = np.full(count.size, np.nan)
    value[observed] = count[observed] / size[observed]
    if frozen is None:
        chosen = baseline_points(observed=observed, baseline=baseline)
        n_points, spread = int(chosen.sum()), 1.0
        mean = float(count[chosen].sum() / size[chosen].sum()) if n_points else float("nan")
    else:
        _check_frozen(frozen=frozen, kind=kind)
        chosen, n_points, mean, spread = None, frozen.n_points, frozen.mean, frozen.spread
    notes = common_notes(observed=observed, n_points=n_points)
    if n_points < 2:
        return without_limits(kind=kind, value=value, centre=mean, notes=[*notes, Note.TOO_FEW_POINTS])
    sigma = _sigma_of(kind=law, mean=mean, size=size, observed=observed)
    if not 0.0 < mean < (1.0 if law == "p" else np.inf):
        return without_limits(kind=kind, value=value, centre=mean, notes=[*notes, Note.NO_VARIATION])
    if laney and chosen is not None:
        spread = _laney_spread(value=value, sigma=sigma, mean=mean, chosen=chosen, screen=screen)
        if not spread > 0.0:
            reason = Note.TOO_FEW_POINTS if np.isnan(spread) else Note.NO_VARIATION
            return without_limits(kind=kind, value=value, centre=mean, notes=[*notes, reason])
        if spread < 1.0:
            notes.append(Note.UNDER_DISPERSED)
            spread = spread if narrower else 1.0
    top = 1.0 if law == "p" else np.inf
    lower, upper = np.clip(mean - 3 * spread * sigma, 0, top), np.clip(mean + 3 * spread * sigma, 0, top)
    rarest = mean if law == "u" else min(mean, 1.0 - mean)
    few = observed & (np.where(observed, size, 0.0) * rarest < SPARSE)
    if few.any():
        notes.append(Note.SPARSE)
        if sparse_exact:
            low, high = _exact_limits(kind=law, rate=mean, size=size[few])
            lower[few], upper[few] = np.clip(low, 0, top), np.clip(high, 0, top)
    held = Baseline(kind=kind, mean=mean, centre=mean, spread=spread, n_points=n_points)
    centre = np.full(value.size, mean)
    return Chart(
        kind=kind, value=read_only(value), centre=read_only(centre), lower=read_only(lower), upper=read_only(upper),
        z=read_only((value - mean) / (spread * sigma)), baseline=held, notes=tuple(notes),
    )  # fmt: skip


def p_chart(*, events, cases, baseline=None, frozen: Baseline | None = None, sparse_exact: bool = False) -> Chart:
    """Chart a proportion per period with three-sigma limits p̄ ± 3√(p̄q̄/n), clipped to 0–1.

    `events`, `cases`: shape (n_points,), counts with 0 ≤ events ≤ cases; a period with NaN or without cases is a gap.
    `baseline`: see `baseline_points`; `frozen`: the baseline of an earlier chart, used instead. `sparse_exact` replaces the
    limits by interpolated exact binomial ones where fewer than 5 events (or non-events) are expected.
    Raises ValueError for unequal shapes, negative counts, events without or above cases, a frozen baseline of another kind.
    Source: Shewhart 1931; Spiegelhalter 2005 for the exact limits; methods §10.
    """
    return _counts_chart(law="p", kind="p", events=events, sizes=cases, baseline=baseline, frozen=frozen,
                         laney=False, screen=False, narrower=False, sparse_exact=sparse_exact)  # fmt: skip


def p_prime_chart(
    *, events, cases, baseline=None, frozen: Baseline | None = None, screen: bool = False, narrower: bool = False
) -> Chart:
    """Chart a proportion with Laney's limits p̄ ± 3 σ_z √(p̄q̄/n), for large or over-dispersed denominators.

    Arguments and errors as `p_chart`. `screen` drops moving ranges of z of at least 3.267 × their mean once. A σ_z below 1 is
    noted and taken as 1 (an ordinary p chart) unless `narrower`.
    Source: Laney 2002; methods §10.
    """
    return _counts_chart(law="p", kind="p_prime", events=events, sizes=cases, baseline=baseline, frozen=frozen,
                         laney=True, screen=screen, narrower=narrower, sparse_exact=False)  # fmt: skip


def u_chart(*, events, exposure, baseline=None, frozen: Baseline | None = None, sparse_exact: bool = False) -> Chart:
    """Chart events per unit of exposure with limits ū ± 3√(ū/n), the lower clipped at 0.

    `events`: shape (n_points,), counts ≥ 0; `exposure`: same shape, ≥ 0 in any unit (days, cases); no exposure is a gap.
    `sparse_exact` gives interpolated exact Poisson limits where fewer than 5 events are expected. Errors as `p_chart`.
    Source: Shewhart 1931; methods §10.
    """
    return _counts_chart(law="u", kind="u", events=events, sizes=exposure, baseline=baseline, frozen=frozen,
                         laney=False, screen=False, narrower=False, sparse_exact=sparse_exact)  # fmt: skip


def u_prime_chart(
    *, events, exposure, baseline=None, frozen: Baseline | None = None, screen: bool = False, narrower: bool = False
) -> Chart:
    """Chart events per unit of exposure with Laney's limits ū ± 3 σ_z √(ū/n); arguments as `u_chart` and `p_prime_chart`.

    Source: Laney 2002; methods §10.
    """
    return _counts_chart(law="u", kind="u_prime", events=events, sizes=exposure, baseline=baseline, frozen=frozen,
                         laney=True, screen=screen, narrower=narrower, sparse_exact=False)  # fmt: skip


def c_chart(*, events, baseline=None, frozen: Baseline | None = None, sparse_exact: bool = False) -> Chart:
    """Chart a count per equal period with limits c̄ ± 3√c̄, the lower clipped at 0; arguments as `u_chart`.

    Source: Shewhart 1931; methods §10.
    """
    count = points(events, name="events")
    return _counts_chart(law="u", kind="c", events=count, sizes=np.ones(count.size), baseline=baseline, frozen=frozen,
                         laney=False, screen=False, narrower=False, sparse_exact=sparse_exact)  # fmt: skip
