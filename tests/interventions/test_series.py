from datetime import date

import numpy as np
import pytest

from interventions.deviance.refusal import DevianceRefusal
from interventions.deviance.series import Kind, Series, Span, counts, summarise

SPANS = tuple(Span(starts_on=date(2025, m, 1), ends_on=date(2025, m + 3, 1)) for m in (1, 4, 7))


def series(**changes):
    shape = (6, 3)
    base = {
        "code": "SSI", "kind": Kind.OUTCOME, "adverse": True, "spans": SPANS, "cases": np.full(shape, 100), "observed": np.full(shape, 5),
        "expected": np.full(shape, 6.0), "variance": np.full(shape, 5.0),
    }  # fmt: skip
    return Series(**{**base, **changes})


def code(**changes):
    with pytest.raises(DevianceRefusal) as refused:
        counts(series(**changes))
    assert refused.value.reasons
    return refused.value.code


def test_unwelcome_events_are_counted_whatever_the_measure_counts():
    table = counts(series(adverse=False))
    assert table.observed[0, 0] == 95
    assert table.expected[0, 0] == 94
    assert table.variance[0, 0] == 5


def test_a_process_measure_is_held_against_the_pooled_rate_of_each_period():
    observed = np.full((6, 3), 40)
    observed[0] = 90
    table = counts(series(kind=Kind.PROCESS, adverse=False, observed=observed, expected=None, variance=None))
    assert np.allclose(table.expected, 100 * (1 - observed.sum(axis=0) / 600))
    assert np.allclose(table.expected.sum(axis=0), table.observed.sum(axis=0))


def test_a_period_without_any_case_is_no_obstacle_to_a_process_measure():
    cases, observed = np.full((6, 3), 100), np.full((6, 3), 5)
    cases[:, 1] = observed[:, 1] = 0
    table = counts(series(kind=Kind.PROCESS, cases=cases, observed=observed, expected=None, variance=None))
    assert (table.expected[:, 1] == 0).all()


def test_degenerate_measures_are_refused_in_words():
    assert (
        code(spans=SPANS[:2], **{name: np.full((6, 2), n) for name, n in (("cases", 9), ("observed", 1))})
        == "TOO_FEW_PERIODS"
    )
    overlapping = (SPANS[0], Span(starts_on=date(2025, 3, 1), ends_on=date(2025, 7, 1)), SPANS[2])
    assert code(spans=overlapping) == "OVERLAPPING_PERIODS"
    assert code(cases=np.full((4, 3), 100), observed=np.full((4, 3), 5)) == "TOO_FEW_SITES"
    assert code(observed=np.zeros((6, 3))) == "NO_EVENTS"
    assert code(observed=np.full((6, 3), 100)) == "NO_EVENTS"
    assert code(expected=np.zeros((6, 3)), variance=np.zeros((6, 3))) == "MODEL_ERROR"


@pytest.mark.parametrize(
    "changes",
    [
        {"cases": np.full(6, 100)},
        {"observed": np.full((6, 2), 5)},
        {"observed": np.full((6, 3), 101)},
        {"observed": np.full((6, 3), 0.5)},
        {"expected": None},
        {"variance": None},
        {"expected": np.full((6, 2), 6.0)},
        {"expected": np.full((6, 3), 101.0)},
        {"variance": np.full((6, 3), 7.0)},
        {"spans": (*SPANS[:2], Span(starts_on=date(2025, 7, 1), ends_on=date(2025, 7, 1)))},
    ],
)
def test_impossible_tables_are_errors(changes):
    with pytest.raises(ValueError):
        counts(series(**changes))


def test_cases_are_summed_into_tables():
    table = summarise(
        site=[0, 0, 1], period=[0, 1, 1], outcome=[1, 0, 1], risk=[0.5, 0.25, 0.2], n_sites=2, n_periods=2
    )
    assert table.cases.tolist() == [[1, 1], [0, 1]]
    assert table.observed.tolist() == [[1, 0], [0, 1]]
    assert np.allclose(table.expected, [[0.5, 0.25], [0, 0.2]])
    assert np.allclose(table.variance, [[0.25, 0.1875], [0, 0.16]])
    assert summarise(site=[], period=[], outcome=[], risk=[], n_sites=2, n_periods=2).cases.sum() == 0


@pytest.mark.parametrize(
    "changes", [{"site": [0]}, {"site": [0, 2]}, {"period": [0, -1]}, {"outcome": [0, 2]}, {"risk": [0.5, np.nan]}]
)
def test_cases_that_cannot_be_summed_are_errors(changes):
    base = {"site": [0, 1], "period": [0, 1], "outcome": [0, 1], "risk": [0.5, 0.5]}
    with pytest.raises(ValueError):
        summarise(**{**base, **changes}, n_sites=2, n_periods=2)
