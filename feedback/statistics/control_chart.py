"""Control charts for counts: p, p′ (Laney), u, u′ and c; measured values and rare events are in control_chart_individuals."""

from dataclasses import replace

import numpy as np
from scipy import stats

from feedback.statistics.control_chart_base import (
    MEAN_RANGE_TO_SIGMA,
    Baseline,
    Chart,
    Note,
    baseline_points,
    check_frozen,
    common_notes,
    mean_moving_range,
    points,
    read_only,
    without_limits,
)

NO_SPREAD = 1e-9

SPARSE = 5.0
"""Expected count per point under which normal limits are poor."""

TAIL = float(stats.norm.sf(3.0))
"""Probability beyond one three-sigma limit, 0.00135."""


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


def _settle(*, kind: str, count, size, observed, baseline, frozen: Baseline | None):
    """Return the baseline to use and the points that set it (None when it is frozen)."""
    if frozen is not None:
        check_frozen(frozen=frozen, kind=kind)
        return frozen, None
    chosen = baseline_points(observed=observed, baseline=baseline)
    mean = float(count[chosen].sum() / size[chosen].sum()) if chosen.any() else float("nan")
    return Baseline(kind=kind, mean=mean, centre=mean, spread=1.0, n_points=int(chosen.sum())), chosen


def _no_limits_because(*, law: str, base: Baseline) -> Note | None:
    if base.n_points < 2:
        return Note.TOO_FEW_POINTS
    return None if 0.0 < base.mean < (1.0 if law == "p" else np.inf) else Note.NO_VARIATION


def _counts_chart(
    *,
    law: str,
    kind: str,
    events,
    sizes,
    baseline,
    frozen,
    laney=False,
    screen=False,
    narrower=False,
    sparse_exact=False,
) -> Chart:
    count, size = _check_counts(kind=law, events=events, sizes=sizes)
    observed = np.isfinite(count) & np.isfinite(size) & (size > 0)
    value = np.full(count.size, np.nan)
    value[observed] = count[observed] / size[observed]
    base, chosen = _settle(kind=kind, count=count, size=size, observed=observed, baseline=baseline, frozen=frozen)
    notes = common_notes(observed=observed, n_points=base.n_points)
    reason = _no_limits_because(law=law, base=base)
    if reason is None:
        sigma = _sigma_of(kind=law, mean=base.mean, size=size, observed=observed)
        if laney and chosen is not None:
            spread = _laney_spread(value=value, sigma=sigma, mean=base.mean, chosen=chosen, screen=screen)
            reason = Note.TOO_FEW_POINTS if np.isnan(spread) else Note.NO_VARIATION if spread < NO_SPREAD else None
            notes += [Note.UNDER_DISPERSED] if spread < 1.0 else []
            base = replace(base, spread=spread if narrower else max(spread, 1.0))
    if reason is not None:
        return without_limits(kind=kind, value=value, centre=base.mean, notes=[*notes, reason])
    lower, upper, sparse = _limits(law=law, base=base, sigma=sigma, size=size, observed=observed, exact=sparse_exact)
    notes += [Note.SPARSE] if sparse else []
    centre, z = np.full(value.size, base.mean), (value - base.mean) / (base.spread * sigma)
    return Chart(kind=kind, value=read_only(value), centre=read_only(centre), lower=read_only(lower),
                 upper=read_only(upper), z=read_only(z), baseline=base, notes=tuple(notes))  # fmt: skip


def _limits(*, law: str, base: Baseline, sigma, size, observed, exact: bool) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return both limits, clipped to what is possible, and whether some periods expect too few events for normal limits."""
    mean, top, reach = base.mean, 1.0 if law == "p" else np.inf, 3 * base.spread * sigma
    lower, upper = np.clip(mean - reach, 0, top), np.clip(mean + reach, 0, top)
    rarest = mean if law == "u" else min(mean, 1.0 - mean)
    few = observed & (np.where(observed, size, 0.0) * rarest < SPARSE)
    if exact and few.any():
        low, high = _exact_limits(kind=law, rate=mean, size=size[few])
        lower[few], upper[few] = np.clip(low, 0, top), np.clip(high, 0, top)
    return lower, upper, bool(few.any())


def p_chart(*, events, cases, baseline=None, frozen: Baseline | None = None, sparse_exact: bool = False) -> Chart:
    """Chart a proportion per period with three-sigma limits p̄ ± 3√(p̄q̄/n), clipped to 0–1.

    `events`, `cases`: shape (n_points,), counts with 0 ≤ events ≤ cases; a period with NaN or without cases is a gap.
    `baseline`: see `baseline_points`; `frozen`: the baseline of an earlier chart, used instead. `sparse_exact` replaces the
    limits by interpolated exact binomial ones where fewer than 5 events (or non-events) are expected.
    Raises ValueError for unequal shapes, negative counts, events without or above cases, a frozen baseline of another kind.
    Source: Shewhart 1931; Spiegelhalter 2005 for the exact limits; methods §10.
    """
    return _counts_chart(law="p", kind="p", events=events, sizes=cases, baseline=baseline, frozen=frozen,
                         sparse_exact=sparse_exact)  # fmt: skip


def p_prime_chart(
    *, events, cases, baseline=None, frozen: Baseline | None = None, screen: bool = False, narrower: bool = False
) -> Chart:
    """Chart a proportion with Laney's limits p̄ ± 3 σ_z √(p̄q̄/n), for large or over-dispersed denominators.

    Arguments and errors as `p_chart`. `screen` drops moving ranges of z of at least 3.267 × their mean once. A σ_z below 1 is
    noted and taken as 1 (an ordinary p chart) unless `narrower`.
    Source: Laney 2002; methods §10.
    """
    return _counts_chart(law="p", kind="p_prime", events=events, sizes=cases, baseline=baseline, frozen=frozen,
                         laney=True, screen=screen, narrower=narrower)  # fmt: skip


def u_chart(*, events, exposure, baseline=None, frozen: Baseline | None = None, sparse_exact: bool = False) -> Chart:
    """Chart events per unit of exposure with limits ū ± 3√(ū/n), the lower clipped at 0.

    `events`: shape (n_points,), counts ≥ 0; `exposure`: same shape, ≥ 0 in any unit (days, cases); no exposure is a gap.
    `sparse_exact` gives interpolated exact Poisson limits where fewer than 5 events are expected. Errors as `p_chart`.
    Source: Shewhart 1931; methods §10.
    """
    return _counts_chart(law="u", kind="u", events=events, sizes=exposure, baseline=baseline, frozen=frozen,
                         sparse_exact=sparse_exact)  # fmt: skip


def u_prime_chart(
    *, events, exposure, baseline=None, frozen: Baseline | None = None, screen: bool = False, narrower: bool = False
) -> Chart:
    """Chart events per unit of exposure with Laney's limits ū ± 3 σ_z √(ū/n); arguments as `u_chart` and `p_prime_chart`.

    Source: Laney 2002; methods §10.
    """
    return _counts_chart(law="u", kind="u_prime", events=events, sizes=exposure, baseline=baseline, frozen=frozen,
                         laney=True, screen=screen, narrower=narrower)  # fmt: skip


def c_chart(*, events, baseline=None, frozen: Baseline | None = None, sparse_exact: bool = False) -> Chart:
    """Chart a count per equal period with limits c̄ ± 3√c̄, the lower clipped at 0; arguments as `u_chart`.

    Source: Shewhart 1931; methods §10.
    """
    count = points(events, name="events")
    return _counts_chart(law="u", kind="c", events=count, sizes=np.ones(count.size), baseline=baseline, frozen=frozen,
                         sparse_exact=sparse_exact)  # fmt: skip
