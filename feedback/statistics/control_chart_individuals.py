"""Control charts for one value per point: XmR for measurements, g and t for rare events."""

import numpy as np

from feedback.statistics.control_chart_base import (
    MEAN_RANGE_TO_SIGMA,
    RANGE_LIMIT,
    Baseline,
    Chart,
    Note,
    baseline_points,
    check_frozen,
    common_notes,
    mean_moving_range,
    read_only,
    without_limits,
)

ROUNDING = 1e-12
"""Moving ranges this small against the values are rounding, not variation."""

POWER = 3.6
"""A time between rare events to the power 1/3.6 is nearly normal."""


def _values(values, *, name: str, least: float) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one row of points, not an array of {array.ndim} dimensions")
    if np.isinf(array).any():
        raise ValueError(f"{name} holds an infinite value")
    if (array < least).any():
        raise ValueError(f"{name} holds a negative value")
    return array


def _settle(
    *, kind: str, value, baseline, frozen: Baseline | None, screen: bool
) -> tuple[float, float, int, list[Note]]:
    """Return mean, sigma (NaN when there is none), number of baseline points and notes."""
    observed = np.isfinite(value)
    if frozen is not None:
        check_frozen(frozen=frozen, kind=kind)
        return frozen.mean, frozen.spread, frozen.n_points, common_notes(observed=observed, n_points=frozen.n_points)
    chosen = baseline_points(observed=observed, baseline=baseline)
    n_points = int(chosen.sum())
    notes = common_notes(observed=observed, n_points=n_points)
    mean = float(value[chosen].mean()) if n_points else float("nan")
    average, screened = mean_moving_range(values=value, chosen=chosen, screen=screen)
    if np.isnan(average):
        notes.append(Note.TOO_FEW_POINTS)
    elif average <= ROUNDING * float(np.abs(value[chosen]).max()):
        notes.append(Note.NO_VARIATION)
        average = float("nan")
    elif screened:
        notes.append(Note.SCREENED)
    return mean, average / MEAN_RANGE_TO_SIGMA, n_points, notes


def xmr_chart(
    *, values, baseline=None, frozen: Baseline | None = None, screen: bool = False, limit_factor: float | None = None
) -> Chart:
    """Chart single values with limits at the mean ± 3 × mean moving range / 1.128.

    `values`: shape (n_points,), any unit, NaN = gap (no moving range reaches across it). `screen` drops moving ranges of at
    least 3.267 × their mean once. `limit_factor` sets the limits at mean ± factor × mean moving range; the NHS prints 2.66,
    which is 0.016 % wider than 3/1.128. Fewer than two neighbouring points, or no variation: no limits, and the note says so.
    Raises ValueError for another shape, infinite values, a frozen baseline of another kind.
    Source: Shewhart 1931; Wheeler 1993; Nelson 1982 for the screening; methods §10.
    """
    value = _values(values, name="values", least=-np.inf)
    mean, sigma, n_points, notes = _settle(kind="xmr", value=value, baseline=baseline, frozen=frozen, screen=screen)
    if np.isnan(sigma):
        return without_limits(kind="xmr", value=value, centre=mean, notes=notes)
    half = 3.0 * sigma if limit_factor is None else limit_factor * MEAN_RANGE_TO_SIGMA * sigma
    flat = np.ones(value.size)
    ranges = np.concatenate([[np.nan], np.abs(np.diff(value))])
    return Chart(
        kind="xmr", value=read_only(value), centre=read_only(mean * flat), lower=read_only((mean - half) * flat),
        upper=read_only((mean + half) * flat), z=read_only((value - mean) / sigma), notes=tuple(notes),
        baseline=Baseline(kind="xmr", mean=mean, centre=mean, spread=sigma, n_points=n_points),
        moving_range=read_only(ranges), moving_range_limit=RANGE_LIMIT * MEAN_RANGE_TO_SIGMA * sigma,
    )  # fmt: skip


def g_chart(*, cases_between, baseline=None, frozen: Baseline | None = None) -> Chart:
    """Chart the number of cases between events: centre the median, limits ḡ ± 3√(ḡ(ḡ+1)), the lower clipped at 0.

    `cases_between`: shape (n_points,), counts ≥ 0, NaN = gap. A point above the upper limit means that events became rarer.
    Fewer than two points, or no case between any two events: no limits.
    Raises ValueError for another shape, negative or infinite values, a frozen baseline of another kind.
    Source: Benneyan 2001; methods §10.
    """
    value = _values(cases_between, name="cases_between", least=0.0)
    observed = np.isfinite(value)
    if frozen is None:
        chosen = baseline_points(observed=observed, baseline=baseline)
        n_points = int(chosen.sum())
        mean = float(value[chosen].mean()) if n_points else float("nan")
        median = float(np.median(value[chosen])) if n_points else float("nan")
    else:
        check_frozen(frozen=frozen, kind="g")
        n_points, mean, median = frozen.n_points, frozen.mean, frozen.centre
    notes = common_notes(observed=observed, n_points=n_points)
    if n_points < 2 or mean == 0.0:
        reason = Note.TOO_FEW_POINTS if n_points < 2 else Note.NO_VARIATION
        return without_limits(kind="g", value=value, centre=median, notes=[*notes, reason])
    sigma = float(np.sqrt(mean * (mean + 1.0)))
    flat = np.ones(value.size)
    return Chart(
        kind="g", value=read_only(value), centre=read_only(median * flat), lower=read_only(max(mean - 3 * sigma, 0.0) * flat),
        upper=read_only((mean + 3 * sigma) * flat), z=read_only((value - mean) / sigma), notes=tuple(notes),
        baseline=Baseline(kind="g", mean=mean, centre=median, spread=sigma, n_points=n_points),
    )  # fmt: skip


def t_chart(*, time_between, baseline=None, frozen: Baseline | None = None, screen: bool = False) -> Chart:
    """Chart the time between rare events: an XmR chart of time^(1/3.6), drawn back on the scale of time.

    `time_between`: shape (n_points,), ≥ 0 in any unit of time, NaN = gap. Lower limit clipped at 0; limits are not symmetric.
    `z` and the returned baseline are on the transformed scale. Errors as `g_chart`; without variation there are no limits.
    Source: Nelson 1994; methods §10.
    """
    value = _values(time_between, name="time_between", least=0.0)
    scaled = value ** (1.0 / POWER)
    mean, sigma, n_points, notes = _settle(kind="t", value=scaled, baseline=baseline, frozen=frozen, screen=screen)
    if np.isnan(sigma):
        return without_limits(kind="t", value=value, centre=mean**POWER, notes=notes)
    flat = np.ones(value.size)
    return Chart(
        kind="t", value=read_only(value), centre=read_only(mean**POWER * flat),
        lower=read_only(max(mean - 3 * sigma, 0.0) ** POWER * flat), upper=read_only((mean + 3 * sigma) ** POWER * flat),
        z=read_only((scaled - mean) / sigma), notes=tuple(notes),
        baseline=Baseline(kind="t", mean=mean, centre=mean, spread=sigma, n_points=n_points),
    )  # fmt: skip
