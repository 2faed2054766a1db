"""Charts for counts: reference figures, figures by hand, identities, frozen baselines, degenerate series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from feedback.statistics import control_chart
from feedback.statistics.control_chart import c_chart, p_chart, p_prime_chart, u_chart, u_prime_chart
from feedback.statistics.control_chart_base import Note
from feedback.statistics.control_chart_individuals import xmr_chart
from feedback.statistics.run_rules import anhoej
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

NAME = "s05_spc_charts"
ACCIDENTS_TREATED = [266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320,
                     267923, 271478, 255353, 256820, 261835, 259144, 255910, 260863, 264465, 260989]  # fmt: skip
ACCIDENTS = [280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529,
             279618, 283932, 266629, 268091, 276803, 271578, 266005, 273520, 278574, 273772]  # fmt: skip


def series_of(case_rows, name):
    rows = [row for row in case_rows if row["series"] == name]
    return np.array([float(row["y"]) for row in rows]), np.array([float(row["n"]) for row in rows])


def draw(kind, count, size, *, screen):
    if kind == "p":
        return p_chart(events=count, cases=size)
    if kind == "pp":
        return p_prime_chart(events=count, cases=size, screen=screen, narrower=True)
    if kind == "u":
        return u_chart(events=count, exposure=size)
    if kind == "up":
        return u_prime_chart(events=count, exposure=size, screen=screen, narrower=True)
    if kind == "c":
        return c_chart(events=count)
    return xmr_chart(values=count, screen=screen)


def test_limits_and_runs_agree_with_qicharts2():
    case = open_case(NAME)
    data, got = rows_of(NAME, "data.csv"), {}
    for name, kind, screened in {(r["series"], r["chart"], r["screened"]) for r in rows_of(NAME, "expected_qic.csv")}:
        count, size = series_of(data, name)
        chart = draw(kind, count, size, screen=screened == "1")
        runs = anhoej(value=chart.value, centre=chart.centre)
        for i in range(count.size):
            got[name, kind, screened, str(i + 1)] = {
                "y": chart.value[i], "cl": chart.centre[i], "lcl": chart.lower[i], "ucl": chart.upper[i],
                "sigma_signal": bool(chart.beyond[i]), "runs_signal": runs.signal, "longest_run": runs.longest_run,
                "longest_run_max": runs.longest_run_limit, "crossings": runs.crossings, "crossings_min": runs.crossings_limit,
            }  # fmt: skip
    case.table("expected_qic.csv", got)
    accidents = series_of(data, "nhs_accidents")
    chart = p_prime_chart(events=accidents[0], cases=accidents[1])
    case.check("nhs_accidents.pbar", chart.baseline.mean)
    case.check("nhs_accidents.laney_sigma_z", chart.baseline.spread)
    assert_all_pass(case, at_least=9000)


def test_p_chart_of_the_accident_weeks_flags_sixteen_of_twenty_and_laney_none():
    plain = p_chart(events=ACCIDENTS_TREATED, cases=ACCIDENTS)
    laney = p_prime_chart(events=ACCIDENTS_TREATED, cases=ACCIDENTS)
    assert plain.baseline.mean == pytest.approx(0.952899711344191, abs=1e-12)
    assert laney.baseline.spread == pytest.approx(10.6404218634965, rel=1e-9)
    assert plain.beyond.sum() == 16
    assert laney.beyond.sum() == 0
    assert (plain.lower[0], plain.upper[0]) == pytest.approx((0.951699564646015, 0.954099858042367), rel=1e-10)


def test_p_chart_by_hand():
    chart = p_chart(events=[10, 8, 12, 10], cases=[100] * 4)
    np.testing.assert_allclose(chart.lower, 0.01)
    np.testing.assert_allclose(chart.upper, 0.19)
    assert chart.notes == (Note.PROVISIONAL,)
    np.testing.assert_allclose(chart.z, [0, -2 / 3, 2 / 3, 0], atol=1e-12)


def test_u_and_c_charts_agree_for_one_unit_of_exposure():
    events = [3, 5, 2, 8, 4, 4, 6, 1, 3, 4, 5, 6]
    u, c = u_chart(events=events, exposure=np.ones(12)), c_chart(events=events)
    np.testing.assert_array_equal(u.upper, c.upper)
    np.testing.assert_allclose(c.upper, 4.25 + 3 * 4.25**0.5)
    np.testing.assert_array_equal(c.lower, 0.0)
    assert Note.PROVISIONAL not in c.notes
    assert Note.SPARSE in c.notes


def test_exact_limits_replace_normal_ones_where_few_events_are_expected():
    cases = np.array([40, 40, 40, 40, 40, 400])
    events = np.array([1, 2, 1, 0, 2, 9])
    normal = p_chart(events=events, cases=cases)
    exact = p_chart(events=events, cases=cases, sparse_exact=True)
    assert normal.lower[0] == 0.0
    assert exact.upper[-1] == normal.upper[-1]
    assert exact.upper[0] > normal.upper[0]
    rate = exact.baseline.mean
    count = int(np.ceil(exact.upper[0] * 40))
    assert stats.binom.sf(count, 40, rate) <= 0.00135 < stats.binom.sf(count - 2, 40, rate)
    counted = c_chart(events=[2, 1, 0, 3], sparse_exact=True)
    count = int(np.ceil(counted.upper[0]))
    assert stats.poisson.sf(count, 1.5) <= 0.00135 < stats.poisson.sf(count - 2, 1.5)


def test_exact_limits_reproduce_the_published_funnel_limits_at_their_own_tails(monkeypatch):
    monkeypatch.setattr(control_chart, "TAIL", 0.001)
    low, high = control_chart._exact_limits(kind="p", rate=0.1, size=np.array([100.0]))
    assert (low[0], high[0]) == pytest.approx((0.01418, 0.19836), abs=5e-6)
    low, high = control_chart._exact_limits(kind="u", rate=1.0, size=np.array([20.0]))
    assert (low[0], high[0]) == pytest.approx((0.3585, 1.7357), abs=5e-5)


def test_a_sigma_z_under_one_leaves_the_p_chart_unless_asked():
    events, cases = [10, 11, 10, 11, 10, 11, 10, 11, 10, 11, 10, 11], [100] * 12
    kept = p_prime_chart(events=events, cases=cases)
    narrow = p_prime_chart(events=events, cases=cases, narrower=True)
    np.testing.assert_array_equal(kept.upper, p_chart(events=events, cases=cases).upper)
    assert Note.UNDER_DISPERSED in kept.notes
    assert (narrow.upper < kept.upper).all()


def test_a_frozen_baseline_does_not_move_when_points_are_added():
    first = p_chart(events=[10, 12, 8, 9, 11, 10], cases=[100] * 6)
    longer = p_chart(events=[10, 12, 8, 9, 11, 10, 30, 31], cases=[100] * 8, frozen=first.baseline)
    by_count = p_chart(events=[10, 12, 8, 9, 11, 10, 30, 31], cases=[100] * 8, baseline=6)
    by_mask = p_chart(events=[10, 12, 8, 9, 11, 10, 30, 31], cases=[100] * 8, baseline=np.arange(8) < 6)
    np.testing.assert_array_equal(longer.upper, by_count.upper)
    np.testing.assert_array_equal(longer.upper, by_mask.upper)
    assert longer.beyond.tolist() == [False] * 6 + [True, True]
    laney = p_prime_chart(events=[10, 30, 8, 9, 28, 10], cases=[100] * 6)
    again = p_prime_chart(events=[50], cases=[100], frozen=laney.baseline)
    assert again.upper[0] == laney.upper[0]


def test_limits_follow_the_size_of_each_period():
    chart = u_chart(events=[10, 40, 10, 40], exposure=[100, 400, 100, 400])
    assert chart.upper[1] - chart.centre[1] == pytest.approx((chart.upper[0] - chart.centre[0]) / 2)


@pytest.mark.parametrize("gap", [(np.nan, 100), (0, 0), (5, np.nan)])
def test_a_gap_has_no_value_and_no_limit_and_changes_nothing_else(gap):
    events, cases = [10, 12, 8, 9, 11, 10], [100.0] * 6
    without = p_chart(events=events, cases=cases)
    holed = p_chart(events=[*events[:3], gap[0], *events[3:]], cases=[*cases[:3], gap[1], *cases[3:]])
    assert Note.GAPS in holed.notes
    assert np.isnan([holed.value[3], holed.lower[3], holed.upper[3], holed.z[3]]).all()
    assert not holed.beyond[3]
    np.testing.assert_array_equal(np.delete(holed.upper, 3), without.upper)


def test_moving_ranges_do_not_reach_across_a_gap():
    close = u_prime_chart(events=[100, 110, 100, np.nan, 200, 210, 200], exposure=[10] * 7, narrower=True)
    joined = u_prime_chart(events=[100, 110, 100, 200, 210, 200], exposure=[10] * 6, narrower=True)
    assert close.baseline.spread < joined.baseline.spread


@pytest.mark.parametrize(
    ("chart", "note"),
    [
        (lambda: p_chart(events=[], cases=[]), Note.TOO_FEW_POINTS),
        (lambda: p_chart(events=[3], cases=[10]), Note.TOO_FEW_POINTS),
        (lambda: p_chart(events=[0, 0], cases=[0, 0]), Note.TOO_FEW_POINTS),
        (lambda: p_chart(events=[0, 0, 0], cases=[10, 20, 30]), Note.NO_VARIATION),
        (lambda: p_chart(events=[10, 20, 30], cases=[10, 20, 30]), Note.NO_VARIATION),
        (lambda: c_chart(events=[0, 0, 0]), Note.NO_VARIATION),
        (lambda: u_prime_chart(events=[4, 4, 4], exposure=[2, 2, 2]), Note.NO_VARIATION),
        (lambda: u_prime_chart(events=[4, np.nan, 5], exposure=[2, 2, 2]), Note.TOO_FEW_POINTS),
    ],
)
def test_a_chart_that_cannot_have_limits_says_why(chart, note):
    drawn = chart()
    assert note in drawn.notes
    assert drawn.baseline is None
    assert np.isnan(drawn.upper).all()
    assert not drawn.beyond.any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: p_chart(events=[1, 2], cases=[3]), "one entry per period"),
        (lambda: p_chart(events=[[1, 2]], cases=[[3, 3]]), "one row of points"),
        (lambda: p_chart(events=[-1, 2], cases=[3, 3]), "negative"),
        (lambda: p_chart(events=[1, 2], cases=[3, np.inf]), "infinite"),
        (lambda: p_chart(events=[4, 2], cases=[3, 3]), "more events than cases"),
        (lambda: u_chart(events=[4, 2], exposure=[0, 3]), "nothing they could come from"),
        (lambda: p_chart(events=[1, 2], cases=[3, 3], baseline=0), "at least one period"),
        (lambda: p_chart(events=[1, 2], cases=[3, 3], baseline=np.array([1, 0])), "true or false"),
        (lambda: p_chart(events=[1, 2], cases=[3, 3], baseline=np.array([True])), "true or false"),
        (lambda: p_chart(events=[1, 2], cases=[3, 3], baseline=True), "true or false"),
        (lambda: u_chart(events=[1, 2], exposure=[3, 3], frozen=c_chart(events=[1, 3, 2]).baseline), "kind c, not u"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_results_cannot_be_changed():
    chart = c_chart(events=[1, 2, 3])
    with pytest.raises(ValueError, match="read-only"):
        chart.upper[0] = 9


counts = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), min_size=3, max_size=30)


@settings(max_examples=60, deadline=None)
@given(counts)
def test_limits_enclose_the_centre_and_scale_with_the_counts(pairs):
    events = np.array([min(a, b) for a, b in pairs], dtype=float)
    cases = np.array([b for _, b in pairs], dtype=float)
    chart = p_chart(events=events, cases=cases)
    shown = np.isfinite(chart.upper)
    assert (chart.lower[shown] <= chart.centre[shown]).all()
    assert (chart.upper[shown] >= chart.centre[shown]).all()
    flipped = p_chart(events=cases - events, cases=cases)
    np.testing.assert_allclose(flipped.upper[shown], 1 - chart.lower[shown], atol=1e-12)
    laney = p_prime_chart(events=events, cases=cases)
    both = np.isfinite(laney.upper) & shown
    assert (laney.upper[both] >= chart.upper[both] - 1e-12).all()
