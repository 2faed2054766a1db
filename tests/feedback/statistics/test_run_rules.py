"""Run rules: reference patterns, patterns by hand, gaps, icons, and how often stable processes signal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.statistics.control_chart_individuals import xmr_chart
from feedback.statistics.run_rules import Assurance, Label, Variation, anhoej, making_data_count, western_electric
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

NAME = "s05_spc_charts"
WORDS = {
    Label.ABOVE_LIMIT: "Above UCL", Label.BELOW_LIMIT: "Below LCL", Label.TREND_UP: "7 Point Trend (Increasing)",
    Label.TREND_DOWN: "7 Point Trend (Decreasing)", Label.TWO_OF_THREE_ABOVE: "2 in 3 Above CL",
    Label.TWO_OF_THREE_BELOW: "2 in 3 Below CL", Label.RUN_ABOVE: "7 Points Above CL", Label.RUN_BELOW: "7 Points Below CL",
    Label.COMMON: "Common Cause",
}  # fmt: skip


def test_nhs_and_western_electric_patterns_agree_with_the_reference():
    case = open_case(NAME)
    expected, got = rows_of(NAME, "expected_mdc.csv"), {}
    for name, screened in {(row["series"], row["screened"]) for row in expected}:
        y = np.array([float(r["y"]) for r in expected if (r["series"], r["screened"]) == (name, screened)])
        chart = xmr_chart(values=y, screen=screened == "1", limit_factor=2.66)
        found = label(chart)
        for i, text in enumerate(found.labels):
            got[name, screened, str(i + 1)] = {
                "y": y[i], "mean": chart.centre[i], "lpl": chart.lower[i], "upl": chart.upper[i],
                "relative_to_mean": np.sign(y[i] - chart.centre[i]), "close": bool(found.close[i]), "special_cause": WORDS[text],
            }  # fmt: skip
        if f"we.{name}.rule1" in case.c and screened == "0":
            zones = western_electric(z=xmr_chart(values=y).z)
            case.check(f"we.{name}.rule1", (np.flatnonzero(zones.beyond_three) + 1).tolist())
            case.check(f"we.{name}.rule2_2of3_2s", (np.flatnonzero(zones.two_of_three) + 1).tolist())
            case.check(f"we.{name}.rule3_4of5_1s", (np.flatnonzero(zones.four_of_five) + 1).tolist())
            case.check(f"we.{name}.rule4_8_one_side", (np.flatnonzero(zones.eight_one_side) + 1).tolist())
    case.table("expected_mdc.csv", got)
    assert_all_pass(case, at_least=3000)
    assert {k for k in case.c if k.startswith("we.")} <= case.done


def label(chart, **icons):
    return making_data_count(value=chart.value, centre=chart.centre, lower=chart.lower, upper=chart.upper, **icons)


def flat(values, *, lower=-3.0, upper=3.0, **icons):
    n = len(values)
    return making_data_count(
        value=values, centre=np.zeros(n), lower=np.full(n, lower), upper=np.full(n, upper), **icons
    )


def test_infections_shift_is_found_by_every_rule_set():
    cdi = [17, 12, 27, 20, 20, 18, 22, 19, 19, 24, 17, 16, 24, 19, 19, 22, 25, 19,
           17, 6, 25, 17, 11, 14, 9, 11, 7, 13, 5, 5, 3, 5, 9, 4, 5, 9]  # fmt: skip
    chart = xmr_chart(values=cdi)
    zones = western_electric(z=chart.z)
    assert not zones.beyond_three.any()
    assert (np.flatnonzero(zones.two_of_three) + 1).tolist() == [30, 31, 32, 33, 34, 35, 36]
    assert (np.flatnonzero(zones.four_of_five) + 1).tolist() == [7, 31, 32, 33, 34, 35, 36]
    assert (np.flatnonzero(zones.eight_one_side) + 1).tolist() == [*range(10, 20), *range(30, 37)]
    assert zones.any.sum() == len({7, *range(10, 20), *range(30, 37)})
    runs = anhoej(value=chart.value, centre=chart.centre)
    assert (runs.longest_run, runs.longest_run_limit, runs.crossings, runs.crossings_limit, runs.signal) == (
        17,
        8,
        5,
        13,
        True,
    )


def test_seven_points_on_one_side_are_all_marked_and_six_are_not():
    assert flat([1, -1, *[1] * 7, -1]).labels[2:9] == (Label.RUN_ABOVE,) * 7
    assert set(flat([1, -1, *[1] * 6, -1]).labels) == {Label.COMMON}
    assert set(flat([-1] * 7).labels) == {Label.RUN_BELOW}
    assert set(flat([1, 1, 1, 0, 1, 1, 1, 1]).labels) == {Label.COMMON}


def test_a_trend_is_strict_and_outranks_a_run():
    assert set(flat([-0.9, -0.6, -0.3, 0.1, 0.3, 0.6, 0.9]).labels) == {Label.TREND_UP}
    assert set(flat([0.9, 0.6, 0.3, 0.1, -0.3, -0.6, -0.9]).labels) == {Label.TREND_DOWN}
    assert set(flat([-0.9, -0.6, -0.3, 0.1, 0.1, 0.6, 0.9]).labels) == {Label.COMMON}


def test_two_of_three_marks_only_the_outer_points_and_needs_one_side():
    assert flat([-1, 2.5, 1, 2.5, -1]).labels == (
        Label.COMMON, Label.TWO_OF_THREE_ABOVE, Label.COMMON, Label.TWO_OF_THREE_ABOVE, Label.COMMON)  # fmt: skip
    assert set(flat([1, 2.5, -1, 2.5, 1]).labels) == {Label.COMMON}
    assert flat([-2.5, -1, -2.5]).labels[0] is Label.TWO_OF_THREE_BELOW


def test_a_point_outside_the_limits_outranks_everything():
    assert flat([4, *[1] * 7]).labels[0] is Label.ABOVE_LIMIT
    assert flat([-4, *[-1] * 7]).labels[0] is Label.BELOW_LIMIT


def test_no_pattern_reaches_across_a_gap():
    labels = flat([1, 1, 1, 1, np.nan, 1, 1, 1, 1]).labels
    assert labels[4] is Label.GAP
    assert set(labels) == {Label.GAP, Label.COMMON}
    assert not western_electric(z=[1.5] * 4 + [np.nan] + [1.5] * 4).any.any()
    assert western_electric(z=[1.5] * 8).eight_one_side.tolist() == [False] * 7 + [True]
    assert western_electric(z=[-2.5, 0, -2.5]).two_of_three.tolist() == [False, False, True]


def test_without_limits_only_runs_and_trends_are_sought():
    found = flat([1.0] * 7, lower=np.nan, upper=np.nan, higher_is_better=True, target=0.5)
    assert set(found.labels) == {Label.RUN_ABOVE}
    assert not found.close.any()
    assert found.assurance is Assurance.NO_TARGET


@pytest.mark.parametrize(
    ("values", "better", "variation"),
    [
        ([0, 1, 0], True, Variation.COMMON),
        ([0, 1, 4], True, Variation.IMPROVEMENT),
        ([0, 1, 4], False, Variation.CONCERN),
        ([0, 1, -4], True, Variation.CONCERN),
        ([0, 1, -4], False, Variation.IMPROVEMENT),
        ([0, 1, 4], None, Variation.CHANGE),
        ([0, 4, np.nan], True, Variation.IMPROVEMENT),
        ([np.nan, np.nan], True, Variation.COMMON),
    ],
)
def test_the_variation_icon_speaks_of_the_latest_point_by_direction(values, better, variation):
    assert flat(values, higher_is_better=better).variation is variation


@pytest.mark.parametrize(
    ("target", "better", "assurance"),
    [
        (None, True, Assurance.NO_TARGET),
        (1.0, None, Assurance.NO_TARGET),
        (1.0, True, Assurance.INCONSISTENT),
        (3.0, True, Assurance.INCONSISTENT),
        (5.0, True, Assurance.FAILS),
        (5.0, False, Assurance.PASSES),
        (-5.0, True, Assurance.PASSES),
        (-5.0, False, Assurance.FAILS),
    ],
)
def test_the_assurance_icon_compares_the_target_with_the_latest_limits(target, better, assurance):
    assert flat([0, 1, 0], higher_is_better=better, target=target).assurance is assurance


@pytest.mark.parametrize("values", [[], [1.0], [0, 0, 0], [np.nan, 0, 2]])
def test_too_few_useful_points_give_no_verdict(values):
    runs = anhoej(value=values, centre=np.zeros(len(values)))
    assert runs.signal is None
    assert runs.n_useful <= 1


def test_points_on_the_line_and_gaps_do_not_interrupt_a_run():
    runs = anhoej(value=[1, 1, 0, 1, np.nan, 1, -1, 1], centre=np.zeros(8))
    assert (runs.n_useful, runs.longest_run, runs.crossings) == (6, 4, 2)


def test_few_crossings_alone_are_a_signal():
    values = [1] * 5 + [-1] * 5 + [1] * 5 + [-1] * 5
    runs = anhoej(value=values, centre=np.zeros(20))
    assert runs.longest_run <= runs.longest_run_limit
    assert runs.signal


def test_false_alarms_are_as_often_as_the_module_says():
    draws = np.random.default_rng(5).standard_normal((1200, 24))
    nhs = shift = outside = 0
    for y in draws:
        chart = xmr_chart(values=y, screen=True, limit_factor=2.66)
        labels = set(label(chart).labels)
        nhs += labels != {Label.COMMON}
        outside += bool(chart.beyond.any())
        shift += anhoej(value=y, centre=np.full(24, np.median(y))).signal
    assert 0.15 < nhs / 1200 < 0.23
    assert 0.07 < outside / 1200 < 0.13
    assert 0.01 < shift / 1200 < 0.06


@pytest.mark.parametrize(
    "call",
    [
        lambda: western_electric(z=[[1.0]]),
        lambda: anhoej(value=[1, 2], centre=[1]),
        lambda: making_data_count(value=[1, 2], centre=[1, 1], lower=[0], upper=[2, 2]),
    ],
)
def test_rows_of_other_shapes_are_refused(call):
    with pytest.raises(ValueError, match="point"):
        call()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([-4.0, -2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 4.0]), min_size=1, max_size=30))
def test_turning_a_series_upside_down_turns_its_labels(values):
    swap = {a: b for x in ("_LIMIT", "TWO_OF_THREE_", "RUN_", "TREND_") for a, b in _pairs(x)}
    up, down = flat(values), flat([-v for v in values])
    assert tuple(swap.get(text, text) for text in up.labels) == down.labels
    assert (western_electric(z=values).any == western_electric(z=[-v for v in values]).any).all()


def _pairs(stem):
    above, below = ("UP", "DOWN") if stem == "TREND_" else ("ABOVE", "BELOW")
    first, second = (f"{above}{stem}", f"{below}{stem}") if stem == "_LIMIT" else (f"{stem}{above}", f"{stem}{below}")
    return [(Label(first), Label(second)), (Label(second), Label(first))]
