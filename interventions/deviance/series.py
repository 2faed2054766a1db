"""What the finder looks at: one measure over non-overlapping periods, site by site, against the frozen model."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

import numpy as np

from interventions.deviance.refusal import DevianceRefusal

FEWEST_PERIODS = 3
FEWEST_SITES = 5


class Kind(StrEnum):
    """What a measure speaks of: what became of the cases, or what was done."""

    OUTCOME = "OUTCOME"
    PROCESS = "PROCESS"


@dataclass(frozen=True)
class Span:
    """A half-open span of dates: `starts_on` belongs to it, `ends_on` does not."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True, eq=False)
class Series:
    """One measure at J sites in T periods, oldest first; the latest only confirms.

    `cases`, `observed`: whole numbers, shape (J, T). `expected`: the sum of the risks the frozen model gives these cases, and
    `variance`: the sum of risk × (1 − risk), both (J, T); None for a process measure, whose expectation is the pooled rate.
    `adverse`: whether the event is unwelcome.
    """

    code: str
    kind: Kind
    adverse: bool
    spans: tuple[Span, ...]
    cases: np.ndarray
    observed: np.ndarray
    expected: np.ndarray | None = None
    variance: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Counts:
    """A checked series as unwelcome events; all float arrays of shape (J, T), 0 ≤ variance ≤ expected ≤ cases."""

    cases: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    variance: np.ndarray


def summarise(*, site, period, outcome, risk, n_sites: int, n_periods: int) -> Counts:
    """Sum cases into the (J, T) tables a `Series` is made of.

    `site`, `period`: whole numbers from 0, shape (n,); `outcome`: 0 or 1; `risk`: 0–1 by the frozen model.
    Raises ValueError for unequal shapes, positions out of range, outcomes other than 0/1 or risks outside 0–1.
    """
    where, when = np.asarray(site, dtype=np.int64), np.asarray(period, dtype=np.int64)
    happened, chance = np.asarray(outcome, dtype=float), np.asarray(risk, dtype=float)
    if where.ndim != 1 or not where.shape == when.shape == happened.shape == chance.shape:
        raise ValueError("sites, periods, outcomes and risks must have one entry per case")
    if where.size and not (where.min() >= 0 and where.max() < n_sites and when.min() >= 0 and when.max() < n_periods):
        raise ValueError("a site or a period is out of range")
    if not (np.isin(happened, (0.0, 1.0)).all() and ((chance >= 0) & (chance <= 1)).all()):
        raise ValueError("outcomes are 0 or 1, risks lie between 0 and 1")
    place, size, shape = where * n_periods + when, n_sites * n_periods, (n_sites, n_periods)
    tables = [
        np.bincount(place, weights=weight, minlength=size).reshape(shape)
        for weight in (np.ones(where.size), happened, chance, chance * (1 - chance))
    ]
    return Counts(cases=tables[0], observed=tables[1], expected=tables[2], variance=tables[3])


def counts(series: Series) -> Counts:
    """Check a series and return it as unwelcome events (a welcome event is counted where it is missing).

    Raises DevianceRefusal TOO_FEW_PERIODS (under two to select by and one to confirm), OVERLAPPING_PERIODS, TOO_FEW_SITES,
    NO_EVENTS (none, or every case has one) and ValueError for tables that cannot be.
    """
    cases, observed = np.asarray(series.cases, dtype=float), np.asarray(series.observed, dtype=float)
    if cases.ndim != 2 or observed.shape != cases.shape or cases.shape[1] != len(series.spans):
        raise ValueError("cases and observed events need one row per site and one column per period")
    if not (
        (observed >= 0) & (observed <= cases) & (observed == np.floor(observed)) & (cases == np.floor(cases))
    ).all():
        raise ValueError("observed events are whole numbers from 0 to the number of cases")
    _check_spans(series.spans)
    if cases.shape[0] < FEWEST_SITES:
        raise DevianceRefusal(
            "TOO_FEW_SITES", (f"Fewer than {FEWEST_SITES} hospitals: nobody stands out among so few.",)
        )
    if not 0 < observed.sum() < cases.sum():
        raise DevianceRefusal("NO_EVENTS", ("Every hospital has the same result, so nobody stands out.",))
    expected, variance = _expectation(series, cases=cases, observed=observed)
    if not series.adverse:
        observed, expected = cases - observed, cases - expected
    return Counts(cases=cases, observed=observed, expected=expected, variance=variance)


def _check_spans(spans: tuple[Span, ...]) -> None:
    if len(spans) < FEWEST_PERIODS:
        raise DevianceRefusal(
            "TOO_FEW_PERIODS", ("Two periods are needed to nominate and a later one to confirm; there are fewer.",)
        )
    if any(span.ends_on <= span.starts_on for span in spans):
        raise ValueError("a period ends before it begins")
    if any(later.starts_on < earlier.ends_on for earlier, later in pairwise(spans)):
        raise DevianceRefusal(
            "OVERLAPPING_PERIODS", ("The periods overlap: the same cases would speak twice for the same hospital.",)
        )


def _expectation(series: Series, *, cases: np.ndarray, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return expected events and their variance; a process measure is held against the pooled rate of each period."""
    if series.kind is Kind.PROCESS:
        total = cases.sum(axis=0)
        rate = np.divide(observed.sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
        return cases * rate, cases * rate * (1 - rate)
    if series.expected is None or series.variance is None:
        raise ValueError("an outcome measure needs the expected events of the frozen model and their variance")
    expected, variance = np.asarray(series.expected, dtype=float), np.asarray(series.variance, dtype=float)
    if expected.shape != cases.shape or variance.shape != cases.shape:
        raise ValueError("expected events and variances need one row per site and one column per period")
    if not ((expected >= 0) & (expected <= cases) & (variance >= 0) & (variance <= expected + 1e-9)).all():
        raise ValueError(
            "expected events lie between 0 and the cases, their variance between 0 and the expected events"
        )
    if ((expected <= 0) & (observed > 0)).any():
        raise DevianceRefusal("MODEL_ERROR", ("Events happened where the model holds them impossible.",))
    return expected, variance
