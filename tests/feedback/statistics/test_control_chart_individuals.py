"""Charts for one value per point: XmR by hand, NHS limits, g and t, gaps and degenerate series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.statistics.control_chart_base import Note
from feedback.statistics.control_chart_individuals import g_chart, t_chart, xmr_chart


def test_xmr_by_hand():
    chart = xmr_chart(values=[10, 12, 11, 13], limit_factor=2.66)
    assert chart.baseline.mean == 11.5
    assert chart.lower[0] == pytest.approx(11.5 - 2.66 * 5 / 3)
    assert chart.upper[0] == pytest.approx(11.5 + 2.66 * 5 / 3)
    assert chart.moving_range_limit == pytest.approx(3.267 * 5 / 3)
    np.testing.assert_array_equal(chart.moving_range[1:], [2, 1, 2])
    assert np.isnan(chart.moving_range[0])
    assert (chart.lower[0], chart.upper[0]) == pytest.approx((7.067, 15.933), abs=5e-4)


def test_screening_leaves_out_one_wild_range_and_says_so():
    values = [10, 11, 10, 11, 10, 11, 10, 11, 10, 60, 61, 60, 61]
    plain, screened = xmr_chart(values=values), xmr_chart(values=values, screen=True)
    assert screened.baseline.spread == pytest.approx(1 / 1.128)
    assert screened.baseline.spread < plain.baseline.spread
    assert Note.SCREENED in screened.notes
    assert Note.SCREENED not in plain.notes
    assert xmr_chart(values=[1, 2, 4, 5], screen=True).notes == (Note.PROVISIONAL,)


def test_a_gap_breaks_the_moving_range():
    chart = xmr_chart(values=[1, 2, 1, np.nan, 101, 102, 101])
    assert chart.baseline.spread == pytest.approx(1 / 1.128)
    assert Note.GAPS in chart.notes


def test_a_frozen_xmr_chart_goes_on_with_its_old_limits():
    first = xmr_chart(values=[10, 12, 11, 13])
    later = xmr_chart(values=[10, 12, 11, 13, 30], frozen=first.baseline)
    assert later.upper[-1] == pytest.approx(first.upper[-1])
    assert later.beyond.tolist() == [False, False, False, False, True]


def test_g_chart_has_the_median_as_centre_and_its_own_limits():
    chart = g_chart(cases_between=[4, 6, 5, 30, 5])
    assert chart.centre[0] == 5
    assert chart.upper[0] == pytest.approx(10 + 3 * 110**0.5)
    assert chart.lower[0] == 0.0
    later = g_chart(cases_between=[90, np.nan], frozen=chart.baseline)
    assert later.beyond.tolist() == [True, False]
    assert later.centre[0] == 5
    assert Note.GAPS in later.notes


def test_t_chart_is_an_xmr_chart_of_the_transformed_times():
    times = np.array([3.0, 12.0, 7.0, 30.0, 1.0, 15.0])
    chart, inner = t_chart(time_between=times), xmr_chart(values=times ** (1 / 3.6))
    np.testing.assert_allclose(chart.upper, inner.upper**3.6)
    np.testing.assert_allclose(chart.centre, inner.centre**3.6)
    np.testing.assert_allclose(chart.z, inner.z)
    again = t_chart(time_between=[900.0], frozen=chart.baseline)
    assert again.beyond.all()


@pytest.mark.parametrize(
    ("chart", "note"),
    [
        (lambda: xmr_chart(values=[]), Note.TOO_FEW_POINTS),
        (lambda: xmr_chart(values=[5]), Note.TOO_FEW_POINTS),
        (lambda: xmr_chart(values=[5, np.nan, 6]), Note.TOO_FEW_POINTS),
        (lambda: xmr_chart(values=[5, 5, 5]), Note.NO_VARIATION),
        (lambda: xmr_chart(values=[0.3, 0.1 + 0.2, 0.3]), Note.NO_VARIATION),
        (lambda: xmr_chart(values=[0, 0]), Note.NO_VARIATION),
        (lambda: g_chart(cases_between=[7]), Note.TOO_FEW_POINTS),
        (lambda: g_chart(cases_between=[np.nan]), Note.TOO_FEW_POINTS),
        (lambda: g_chart(cases_between=[0, 0]), Note.NO_VARIATION),
        (lambda: t_chart(time_between=[7]), Note.TOO_FEW_POINTS),
        (lambda: t_chart(time_between=[0, 0, 0]), Note.NO_VARIATION),
    ],
)
def test_a_chart_that_cannot_have_limits_says_why(chart, note):
    drawn = chart()
    assert note in drawn.notes
    assert drawn.baseline is None
    assert not drawn.beyond.any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: xmr_chart(values=[[1, 2]]), "one row of points"),
        (lambda: xmr_chart(values=[1, np.inf]), "infinite"),
        (lambda: g_chart(cases_between=[1, -1]), "negative"),
        (lambda: t_chart(time_between=[1, -1]), "negative"),
        (lambda: t_chart(time_between=[1, 2], frozen=xmr_chart(values=[1, 2]).baseline), "kind xmr, not t"),
        (lambda: g_chart(cases_between=[1, 2], frozen=xmr_chart(values=[1, 2]).baseline), "kind xmr, not g"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=3, max_size=25), st.integers(-20, 20), st.sampled_from([0.5, 2.0, 4.0]))
def test_moving_and_stretching_the_values_moves_and_stretches_the_limits(values, shift, factor):
    values = np.array(values, dtype=float)
    one, other = xmr_chart(values=values), xmr_chart(values=factor * values + shift)
    np.testing.assert_allclose(other.upper, factor * one.upper + shift, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(other.z, one.z, atol=1e-9)
