"""Own trend: figures by hand, exact intervals, early signals at their promised rate, degenerate periods."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from feedback.statistics.series import Note, trend


def one_period(outcome, risk, **how):
    return trend(
        period=np.zeros(len(outcome), dtype=int), n_periods=1, outcome=outcome, risk=risk, reference_rate=0.1, **how
    )[0]


def test_a_period_by_hand():
    point = one_period([1] * 5 + [0] * 95, [0.04] * 100)
    assert (point.n, point.observed, point.expected) == (100, 5, pytest.approx(4.0))
    assert (point.oe_lower * 4, point.oe_upper * 4) == pytest.approx((1.6235, 11.6683), abs=1e-4)
    assert point.oe == pytest.approx(1.25)
    assert point.adjusted_rate == pytest.approx(0.125)
    assert point.adjusted_rate_upper == pytest.approx(11.6683 / 40, abs=1e-5)
    law = stats.binom(100, 0.04)
    assert point.probability == pytest.approx(law.sf(5) + law.pmf(5) / 2)
    assert not point.early_signal


def test_periods_keep_their_order_and_empty_ones_stay():
    points = trend(
        period=[2, 0, 0, 2],
        n_periods=4,
        outcome=[1, 0, 1, 0],
        risk=[0.5, 0.2, 0.2, 0.1],
        reference_rate=0.2,
        provisional=[3],
    )
    assert [p.n for p in points] == [2, 0, 2, 0]
    assert [p.note for p in points] == [None, Note.NO_CASES, None, Note.NO_CASES]
    assert [p.provisional for p in points] == [False, False, False, True]
    assert points[2].expected == pytest.approx(0.6)


def test_no_events_have_an_interval_from_zero():
    point = one_period([0, 0], [0.5, 0.5])
    assert (point.oe, point.oe_lower) == (0.0, 0.0)
    assert point.oe_upper == pytest.approx(3.6889, abs=1e-4)


def test_nothing_expected_is_undefined_and_an_impossible_event_a_model_error():
    quiet, wrong = one_period([0, 0], [0.0, 0.0]), one_period([1, 0], [0.0, 0.0])
    assert (quiet.oe, quiet.note) == (None, Note.NOTHING_EXPECTED)
    assert (wrong.oe, wrong.note, wrong.early_signal) == (None, Note.MODEL_ERROR, False)


def test_far_too_many_deaths_are_an_early_signal_and_far_too_few_good_processes_too():
    assert one_period([1] * 12 + [0] * 88, [0.03] * 100).early_signal
    assert not one_period([0] * 100, [0.1] * 100).early_signal
    assert one_period([0] * 100, [0.1] * 100, adverse=False).early_signal
    assert not one_period([1] * 100, [0.5] * 100, adverse=False).early_signal


def test_early_signals_are_as_rare_as_promised():
    random = np.random.default_rng(12)
    risk = np.tile(random.beta(2, 12, 60), 1500)
    points = trend(
        period=np.repeat(np.arange(1500), 60), n_periods=1500, outcome=(random.random(risk.size) < risk).astype(int),
        risk=risk, reference_rate=0.14, signal_at=0.025,
    )  # fmt: skip
    assert 0.010 < np.mean([p.early_signal for p in points]) < 0.035
    assert np.mean([p.oe_lower <= 1 <= p.oe_upper for p in points]) >= 0.95


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcome": [1]}, "one entry per case"),
        ({"period": [0, 2]}, "out of range"),
        ({"period": [0, -1]}, "out of range"),
        ({"period": [0.0, 1.0]}, "out of range"),
        ({"outcome": [0, 3]}, "neither 0 nor 1"),
        ({"risk": [0.1, np.nan]}, "missing"),
        ({"risk": [[0.1, 0.1]], "period": [[0, 0]], "outcome": [[0, 0]]}, "one entry per case"),
        ({"reference_rate": 1.2}, "reference rate"),
        ({"level": 1.0}, "level"),
        ({"signal_at": 0.0}, "signal"),
        ({"provisional": [2]}, "provisional"),
    ],
)
def test_bad_input_is_refused_in_words(change, words):
    good = {"period": [0, 1], "n_periods": 2, "outcome": [0, 1], "risk": [0.1, 0.1], "reference_rate": 0.1}
    with pytest.raises(ValueError, match=words):
        trend(**{**good, **change})


def test_no_cases_at_all_are_empty_periods():
    points = trend(period=[], n_periods=2, outcome=[], risk=[], reference_rate=0.1)
    assert [p.note for p in points] == [Note.NO_CASES] * 2


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.floats(0.01, 0.99)), max_size=40), st.randoms())
def test_counts_add_up_over_periods_and_row_order_does_not_matter(rows, random):
    def points_of(some):
        when, y, p = ([row[i] for row in some] for i in range(3))
        return trend(period=np.array(when, dtype=int), n_periods=4, outcome=y, risk=p, reference_rate=0.2)

    points = points_of(rows)
    assert sum(p.n for p in points) == len(rows)
    assert sum(p.observed for p in points) == sum(row[1] for row in rows)
    mixed = rows[:]
    random.shuffle(mixed)
    for one, other in zip(points, points_of(mixed), strict=True):
        assert (one.oe is None) == (other.oe is None)
        if one.oe is not None:
            assert one.oe == pytest.approx(other.oe)
            assert one.oe_lower <= one.oe <= one.oe_upper
            assert one.probability == pytest.approx(other.probability)
            assert 0 < one.probability < 1
