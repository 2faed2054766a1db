"""Why did my O/E move? The change of a site's O/E between two snapshots, split into signed terms that add up exactly."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from math import fsum

import numpy as np

NOTHING = 1e-9
"""Fewer expected events than this count as none: the ratio would say nothing."""


class Term(StrEnum):
    """What a part of the change is due to."""

    REVISED_OR_LATE = "REVISED_OR_LATE"
    CASE_MIX = "CASE_MIX"
    OUTCOMES = "OUTCOMES"
    MODEL = "MODEL"


class Undefined(StrEnum):
    """Why a change, or its terms, cannot be given."""

    NOTHING_EXPECTED_BEFORE = "NOTHING_EXPECTED_BEFORE"
    NOTHING_EXPECTED_AFTER = "NOTHING_EXPECTED_AFTER"
    EARLIER_CASES_GONE = "EARLIER_CASES_GONE"
    NOTHING_EXPECTED_BY_OTHER_MODEL = "NOTHING_EXPECTED_BY_OTHER_MODEL"


@dataclass(frozen=True, eq=False)
class Cases:
    """One site's cases in one window as one snapshot knows them; arrays of shape (n,).

    `key`: identifies a case across snapshots, unique. `outcome`: 0 or 1. `earlier_risk`: expected risk, 0–1, by the model of the
    earlier snapshot; `later_risk`: by the model of the later one (the same array when the model did not change).
    """

    key: np.ndarray
    outcome: np.ndarray
    earlier_risk: np.ndarray
    later_risk: np.ndarray


@dataclass(frozen=True)
class Counts:
    """How many cases stand behind the terms: the two windows, and what happened to the earlier one since."""

    before: int
    restated: int
    after: int
    late: int
    withdrawn: int
    revised_outcome: int
    revised_risk: int
    in_both_windows: int


@dataclass(frozen=True)
class Bar:
    """One bar of a waterfall on the scale of O/E: it runs from `start` to `stop`, stop − start = value."""

    term: Term
    value: float
    start: float
    stop: float


@dataclass(frozen=True)
class Decomposition:
    """The change of O/E and its terms on the scale of O/E; None where undefined, and `reason` says why.

    `before` and `after` are the two published figures, `restated` the earlier one had its window been known as it is now. The
    four terms `revised_or_late` (itself `late` + `revised`), `case_mix`, `outcomes` and `model` add up to `change`.
    `outcomes_standard_error` is the spread chance alone gives the outcomes term, were every case to run the risk the models
    state.
    """

    before: float | None
    restated: float | None
    after: float | None
    change: float | None
    late: float | None
    revised: float | None
    case_mix: float | None
    outcomes: float | None
    model: float | None
    outcomes_standard_error: float | None
    counts: Counts
    reason: Undefined | None

    @property
    def revised_or_late(self) -> float | None:
        """Return what late, withdrawn and revised cases changed together."""
        return None if self.late is None else self.late + self.revised

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Return the waterfall: revised or late cases, case mix, outcomes, model; empty when undefined."""
        if self.late is None:
            return ()
        bars, level = [], self.before
        for term in Term:
            value = getattr(self, term.lower())
            bars.append(Bar(term=term, value=value, start=level, stop=level + value))
            level += value
        return tuple(bars)


def decompose(*, before: Cases, restated: Cases, after: Cases) -> Decomposition:
    """Split the change of one site's O/E between two snapshots exactly into four signed terms.

    `before`: the earlier window as the earlier snapshot knew it (its `later_risk` is not used). `restated`: the same window as
    the later snapshot knows it. `after`: the later window in the later snapshot. The windows may overlap.
    First the data, REVISED_OR_LATE: `late` is due to cases of the earlier window that came in or were withdrawn since, `revised`
    to changed outcomes or risk factors of cases known then; both averaged over the two orders. Then, from the restated earlier figure to the later
    one, O/E = (observed rate) / (expected rate of these cases by this model): OUTCOMES is due to the observed rate at fixed
    expected risk, CASE_MIX to who the cases are, MODEL to the re-estimated model; each is averaged over all six orders
    (Shapley), so no term depends on an order of explanation, and a factor that did not change has a term of 0.
    Raises ValueError for unequal shapes, repeated keys, outcomes other than 0/1, risks missing or outside 0–1.
    Source: Das Gupta 1993 (decomposition of rates); Shapley 1953.
    """
    for name, part in (("before", before), ("restated", restated), ("after", after)):
        _check(cases=part, name=name)
    counts = _counts(before=before, restated=restated, after=after)
    first, last = _ratio(before.outcome, before.earlier_risk), _ratio(after.outcome, after.later_risk)
    middle = _ratio(restated.outcome, restated.earlier_risk)
    reason = _reason(first=first, middle=middle, last=last, restated=restated, after=after)
    change = last - first if first is not None and last is not None else None
    if reason is not None:
        return Decomposition(before=first, restated=middle, after=last, change=change, late=None, revised=None, case_mix=None,
                             outcomes=None, model=None, outcomes_standard_error=None, counts=counts, reason=reason)  # fmt: skip
    late, revised = _data_terms(before=before, restated=restated, first=first, middle=middle)
    case_mix, outcomes, model, weight = _model_terms(restated=restated, after=after)
    terms = _exactly([late, revised, case_mix, outcomes, model], total=change)
    spread = weight * _outcome_spread(restated=restated, after=after)
    return Decomposition(before=first, restated=middle, after=last, change=change, late=terms[0], revised=terms[1], case_mix=terms[2],
                         outcomes=terms[3], model=terms[4], outcomes_standard_error=spread, counts=counts, reason=None)  # fmt: skip


def _check(*, cases: Cases, name: str) -> None:
    key, outcome = np.asarray(cases.key), np.asarray(cases.outcome)
    risks = np.asarray(cases.earlier_risk, dtype=float), np.asarray(cases.later_risk, dtype=float)
    if key.ndim != 1 or any(array.shape != key.shape for array in (outcome, *risks)):
        raise ValueError(f"{name}: keys, outcomes and risks must have one entry per case")
    if np.unique(key).size != key.size:
        raise ValueError(f"{name}: a case occurs twice")
    if not np.isin(outcome, (0, 1)).all():
        raise ValueError(f"{name}: an outcome is neither 0 nor 1")
    if not all(((risk >= 0) & (risk <= 1)).all() for risk in risks):
        raise ValueError(f"{name}: a risk is missing or lies outside 0 to 1")


def _ratio(outcome, risk) -> float | None:
    expected = fsum(np.asarray(risk, dtype=float))
    return float(np.sum(outcome)) / expected if expected > NOTHING else None


def _reason(*, first, middle, last, restated: Cases, after: Cases) -> Undefined | None:
    if first is None:
        return Undefined.NOTHING_EXPECTED_BEFORE
    if last is None:
        return Undefined.NOTHING_EXPECTED_AFTER
    if middle is None:
        return Undefined.EARLIER_CASES_GONE
    if min(fsum(restated.later_risk), fsum(after.earlier_risk)) <= NOTHING:
        return Undefined.NOTHING_EXPECTED_BY_OTHER_MODEL
    return None


def _counts(*, before: Cases, restated: Cases, after: Cases) -> Counts:
    _, then, now = np.intersect1d(before.key, restated.key, return_indices=True)
    kept = then.size
    return Counts(
        before=len(before.key), restated=len(restated.key), after=len(after.key), late=len(restated.key) - kept,
        withdrawn=len(before.key) - kept,
        revised_outcome=int((np.asarray(before.outcome)[then] != np.asarray(restated.outcome)[now]).sum()),
        revised_risk=int((np.asarray(before.earlier_risk)[then] != np.asarray(restated.earlier_risk)[now]).sum()),
        in_both_windows=int(np.intersect1d(restated.key, after.key).size),
    )  # fmt: skip


def _data_terms(*, before: Cases, restated: Cases, first: float, middle: float) -> tuple[float, float]:
    """Return the terms of late or withdrawn cases and of revised values, averaged over both orders where both exist.

    A state in which nothing is expected has no O/E; then only the other order is taken, and without either all is put to `late`.
    """
    _, then, now = np.intersect1d(before.key, restated.key, return_indices=True)
    old_outcome, old_risk = np.array(before.outcome, dtype=float), np.array(before.earlier_risk, dtype=float)
    new_outcome, new_risk = np.array(restated.outcome, dtype=float), np.array(restated.earlier_risk, dtype=float)
    revised_only = old_outcome.copy(), old_risk.copy()
    revised_only[0][then], revised_only[1][then] = new_outcome[now], new_risk[now]
    late_only = new_outcome.copy(), new_risk.copy()
    late_only[0][now], late_only[1][now] = old_outcome[then], old_risk[then]
    by_revision, by_arrival = _ratio(*revised_only), _ratio(*late_only)
    late = [middle - by_revision] if by_revision is not None else []
    late += [by_arrival - first] if by_arrival is not None else []
    arrival = fsum(late) / len(late) if late else middle - first
    return arrival, middle - first - arrival


def _model_terms(*, restated: Cases, after: Cases) -> tuple[float, float, float, float]:
    """Return the Shapley terms of case mix, outcomes and model, and the outcomes term per unit of observed rate."""
    rate = [float(np.mean(part.outcome)) for part in (restated, after)]
    inverse = {
        (mix, model): 1.0 / (fsum(np.asarray(risk, dtype=float)) / len(part.key))
        for mix, part in enumerate((restated, after))
        for model, risk in enumerate((part.earlier_risk, part.later_risk))
    }
    sums = {0: [], 1: [], 2: []}
    for order in permutations(range(3)):
        state = [0, 0, 0]
        for factor in order:
            held = rate[state[0]] * inverse[state[1], state[2]]
            state[factor] = 1
            sums[factor].append(rate[state[0]] * inverse[state[1], state[2]] - held)
    outcomes, case_mix, model = (fsum(sums[factor]) / 6 for factor in range(3))
    weight = (2 * inverse[0, 0] + inverse[0, 1] + inverse[1, 0] + 2 * inverse[1, 1]) / 6
    return case_mix, outcomes, model, weight


def _outcome_spread(*, restated: Cases, after: Cases) -> float:
    """Return the standard deviation of the difference of the two observed rates under the models' risks.

    A case in both windows counts in both rates, so it varies by the difference of its two shares only.
    """
    _, old, new = np.intersect1d(restated.key, after.key, return_indices=True)
    share = np.full(len(after.key), 1.0 / len(after.key))
    share[new] -= 1.0 / len(restated.key)
    gone = np.setdiff1d(np.arange(len(restated.key)), old)
    risk, left = np.asarray(after.later_risk, dtype=float), np.asarray(restated.earlier_risk, dtype=float)[gone]
    variance = (share**2 * risk * (1 - risk)).sum() + (left * (1 - left)).sum() / len(restated.key) ** 2
    return float(np.sqrt(variance))


def _exactly(terms: list[float], *, total: float) -> list[float]:
    """Put what rounding left over on the largest term, so that the printed terms add up."""
    largest = max(range(len(terms)), key=lambda i: abs(terms[i]))
    terms[largest] += total - fsum(terms)
    return terms
