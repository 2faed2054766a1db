"""One site's own series before and after its start: segmented regression with autocorrelated errors, and what would have been."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from interventions.impact.jackknife import Interval
from interventions.impact.refusal import ImpactRefusal

FEWEST_BEFORE = 8
FEWEST_AFTER = 4
MOST_MEMORY = 0.8
ROUNDS = 15
FEWEST_FREEDOM = 2.0


@dataclass(frozen=True)
class Band:
    """What would have been expected in a period had the course before gone on, in points, with its 95 per cent interval."""

    period: int
    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Interrupted:
    """A segmented regression in points: `step` at the start, `slope` change per period (None when not asked for), `mean` effect
    over the periods after, `trend` before; `memory`: lag-one autocorrelation used; `band`: the counterfactual after the start."""

    step: Interval
    slope: Interval | None
    mean: Interval
    trend: Interval
    memory: float
    band: tuple[Band, ...]


@dataclass(frozen=True)
class Ratio:
    """A ratio of counts with two 95 per cent intervals: from over-dispersed counts, and allowing for autocorrelation too."""

    value: float
    lower: float
    upper: float
    robust_lower: float
    robust_upper: float
    dispersion: float


def segmented(*, excess, cases, start: int, left_out: int = 0, slope: bool = True) -> Interrupted:
    """Fit excess = level + trend + step (+ change of slope) after `start`, errors of lag-one autocorrelation.

    `excess`: (O − E)/n in points, `cases`: n ≥ 0, both (T,), oldest first; periods without cases, and the `left_out` ones before
    the start, are not used. Variance goes with 1/n. The autocorrelation of the residuals, with (number of coefficients)/T added
    for its bias and kept within 0 … 0.8, is found in turn with the coefficients (generalised least squares of statsmodels, the
    first period included, as Prais and Winsten). Intervals are by t; autocorrelated periods say less
    than as many independent ones, so its degrees of freedom are T (1 − ρ)/(1 + ρ) less the coefficients, 2 at least.
    Raises ImpactRefusal TOO_SHORT (under 8 periods before or 4 after), NO_VARIATION (the same in every period), ValueError for shapes.
    Source: Wagner et al. 2002; Prais & Winsten 1954; Huitema & McKean 1991 (bias); Bayley & Hammersley 1946 (effective number).
    """
    y, n = np.asarray(excess, dtype=float), np.asarray(cases, dtype=float)
    if y.ndim != 1 or y.shape != n.shape or (n < 0).any():
        raise ValueError("points and cases need one entry per period, and cases cannot be negative")
    time = np.arange(y.size)
    held = (n > 0) & ((time < start - left_out) | (time >= start))
    after = time >= start
    _refuse_short(before=int((held & ~after).sum()), after=int((held & after).sum()))
    if np.ptp(y[held]) < 1e-12:
        raise ImpactRefusal("NO_VARIATION", ("It is the same in every period.",))
    columns = [np.ones(y.size), time - start, after] + ([after * (time - start)] if slope else [])
    design = np.column_stack(columns).astype(float)
    coefficients, spread, memory = _fit(y[held], design=design[held], cases=n[held], time=time[held])
    freedom = max(held.sum() * (1 - memory) / (1 + memory) - design.shape[1], FEWEST_FREEDOM)
    later = np.flatnonzero(held & after)
    change = design[later].copy()
    change[:, :2] = 0.0
    return Interrupted(
        step=_combined(np.eye(design.shape[1])[2], coefficients, spread, freedom=freedom),
        slope=_combined(np.eye(design.shape[1])[3], coefficients, spread, freedom=freedom) if slope else None,
        mean=_combined(np.average(change, axis=0, weights=n[later]), coefficients, spread, freedom=freedom),
        trend=_combined(np.eye(design.shape[1])[1], coefficients, spread, freedom=freedom), memory=memory,
        band=tuple(_band(int(period), design[period] - change[i], coefficients, spread, freedom=freedom) for i, period in enumerate(later)),
    )  # fmt: skip


def counts(*, observed, expected, start: int, season=None, lags: int | None = None) -> Ratio:
    """Return the ratio of events after `start` to what level, trend and season before would give.

    `observed`: counts ≥ 0, `expected`: > 0 (events by the frozen model, or persons at risk), both (T,). `season`: columns (T, k) or
    None. A Poisson regression with log expected as offset and a step; the first interval allows for over-dispersion (Pearson),
    the robust one is Newey and West's with `lags` periods, ⌊4 (T/100)^(2/9)⌋ when left out.
    Raises ImpactRefusal TOO_SHORT, ValueError for shapes and values.
    Source: Lopez Bernal, Cummins & Gasparrini 2017; Newey & West 1987.
    """
    import statsmodels.api as sm  # noqa: PLC0415 - takes two seconds, which the start of the web must not

    y, base = np.asarray(observed, dtype=float), np.asarray(expected, dtype=float)
    if y.ndim != 1 or y.shape != base.shape or (y < 0).any() or not (base > 0).all():
        raise ValueError("counts and expected events need one entry per period; expected events lie above 0")
    _refuse_short(before=min(start, y.size), after=y.size - start)
    time = np.arange(y.size)
    columns = [np.ones(y.size), time, time >= start] + (
        [] if season is None else list(np.asarray(season, dtype=float).T)
    )
    model = sm.GLM(y, np.column_stack(columns).astype(float), family=sm.families.Poisson(), offset=np.log(base))
    reach = int(4 * (y.size / 100) ** (2 / 9)) if lags is None else lags
    plain = model.fit(scale="X2")
    robust = model.fit(cov_type="HAC", cov_kwds={"maxlags": reach})
    ends = [np.exp(np.asarray(fitted.conf_int())[2]) for fitted in (plain, robust)]
    return Ratio(
        value=float(np.exp(plain.params[2])), lower=float(ends[0][0]), upper=float(ends[0][1]),
        robust_lower=float(ends[1][0]), robust_upper=float(ends[1][1]), dispersion=float(plain.scale),
    )  # fmt: skip


def _refuse_short(*, before: int, after: int) -> None:
    if before < FEWEST_BEFORE or after < FEWEST_AFTER:
        raise ImpactRefusal(
            "TOO_SHORT",
            (
                f"A series needs {FEWEST_BEFORE} periods before the start and {FEWEST_AFTER} after it; there are {before} and {after}.",
            ),
        )


def _fit(
    y: np.ndarray, *, design: np.ndarray, cases: np.ndarray, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return coefficients, their covariance, and the autocorrelation, found in turn."""
    import statsmodels.api as sm  # noqa: PLC0415 - see above

    gap = np.abs(time[:, None] - time[None, :])
    scale = 1.0 / np.sqrt(np.outer(cases, cases))
    memory = 0.0
    for _ in range(ROUNDS):
        fitted = sm.GLS(y, design, sigma=scale * memory**gap).fit()
        residual = (y - design @ fitted.params) * np.sqrt(cases)
        raw = float(residual[1:] @ residual[:-1] / (residual @ residual)) if residual @ residual > 0 else 0.0
        memory = float(np.clip(raw + design.shape[1] / y.size, 0.0, MOST_MEMORY))
    return np.asarray(fitted.params), np.asarray(fitted.cov_params()), memory


def _combined(weights: np.ndarray, coefficients: np.ndarray, spread: np.ndarray, *, freedom: float) -> Interval:
    value, error = float(weights @ coefficients), float(np.sqrt(max(weights @ spread @ weights, 1e-300)))
    reach = float(student.ppf(0.975, freedom)) * error
    p = float(2 * student.sf(abs(value) / error, freedom))
    return Interval(value=value, lower=value - reach, upper=value + reach, error=error, freedom=freedom, p=p)


def _band(period: int, row: np.ndarray, coefficients: np.ndarray, spread: np.ndarray, *, freedom: float) -> Band:
    there = _combined(row, coefficients, spread, freedom=freedom)
    return Band(period=period, value=there.value, lower=there.lower, upper=there.upper)
