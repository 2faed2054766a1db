"""VLAD, risk-adjusted CUSUM and EWMA: published scores, reference paths, resets, order, properties, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.statistics import cusum as module
from feedback.statistics.cusum import ewma, order_of_knowledge, risk_adjusted_cusum, scores, vlad
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

NAME = "s06_racusum_vlad_arl"
INTERCEPT, SLOPE = -3.49247652326251, 0.0773166541109652


def expit(x):
    return 1 / (1 + np.exp(-np.asarray(x, dtype=float)))


def four_scores(points, odds, intercept=-3.68):
    without, with_event = scores(risk=expit(intercept + 0.077 * np.array(points)), odds_ratio=odds)
    return [x for pair in zip(without, with_event, strict=True) for x in pair]


def test_scores_paths_and_signals_agree_with_the_reference():
    case = open_case(NAME)
    rows = rows_of(NAME, "data.csv")
    died = np.array([float(row["died"]) for row in rows])
    risk = expit(INTERCEPT + SLOPE * np.array([float(row["score"]) for row in rows]))
    y, p, start = died[1000:], risk[1000:], died[:1000].mean()
    chart = risk_adjusted_cusum(outcome=y, risk=p, upper_limit=None)
    smooth, line = ewma(outcome=y, risk=p, start=start, weight=0.02), vlad(outcome=y, risk=p)
    columns = {
        "p": p, "w_up": chart.upper_scores, "w_down": chart.lower_scores, "cusum_up": chart.upper, "cusum_down": chart.lower,
        "vlad": line, "ewma_obs": smooth.observed, "ewma_exp": smooth.expected, "ewma_sd": smooth.standard_deviation,
    }  # fmt: skip
    case.table("expected_paths.csv", {(str(i + 1001),): {k: v[i] for k, v in columns.items()} for i in range(y.size)})
    for limit in ("1", "1.5", "2.5", "4.5"):
        found = risk_adjusted_cusum(outcome=y, risk=p, upper_limit=float(limit)).upper_signals
        case.check(f"signals_up_reset.h{limit}", [i + 1001 for i in found])
    case.check("published.steiner2014.RA2", four_scores([0, 50], 2.0))
    case.check("published.steiner2014.RAhalf", four_scores([0, 50], 0.5))
    case.check("published.rigdon_fricker.RA2", four_scores([19, 0], 2.0, intercept=-3.67))
    assert_all_pass(case, at_least=13000)


def test_published_scores_of_steiner():
    assert four_scores([0, 50], 2.0) == pytest.approx([-0.024, 0.669, -0.433, 0.260], abs=6e-4)
    assert four_scores([0, 50], 0.5) == pytest.approx([0.012, -0.681, 0.316, -0.377], abs=6e-4)


def test_vlad_rises_with_survival_and_falls_with_death():
    np.testing.assert_allclose(vlad(outcome=[0, 1, 0], risk=[0.1, 0.2, 0.3]), [0.1, -0.7, -0.4])


def by_hand(steps, limit, begin=0.0, *, reset=True):
    path, signals, level, above = [], [], begin, False
    for i, step in enumerate(steps):
        level = max(0.0, level + step)
        path.append(level)
        if level > limit and not above:
            signals.append(i)
        above = level > limit and not reset
        if level > limit and reset:
            level = begin
    return path, tuple(signals)


cases = st.lists(st.tuples(st.integers(0, 1), st.floats(0.01, 0.9)), max_size=60)


@settings(max_examples=80, deadline=None)
@given(cases, st.sampled_from([0.3, 0.9, 2.0]), st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([3, 4096]))
def test_the_path_is_the_recursion_step_by_step_however_it_is_cut(pairs, limit, reset, head_start, chunk):
    y, p = np.array([a for a, _ in pairs], dtype=float), np.array([b for _, b in pairs])
    keep, module.CHUNK = module.CHUNK, chunk
    try:
        chart = risk_adjusted_cusum(
            outcome=y, risk=p, upper_limit=limit, lower_limit=limit, reset=reset, head_start=head_start
        )
    finally:
        module.CHUNK = keep
    up, down = (
        (chart.upper_scores, chart.upper, chart.upper_signals),
        (chart.lower_scores, chart.lower, chart.lower_signals),
    )
    for steps, path, signals in (up, down):
        want, found = by_hand(steps, limit, head_start * limit, reset=reset)
        np.testing.assert_allclose(path, want, atol=1e-9)
        assert signals == found
        assert (path >= 0).all()


def test_a_run_of_deaths_signals_upwards_and_a_run_of_survivals_downwards():
    deaths = risk_adjusted_cusum(outcome=np.ones(30), risk=np.full(30, 0.05), upper_limit=3.0, lower_limit=3.0)
    assert deaths.upper_signals[0] == 4
    assert len(deaths.upper_signals) == 6
    assert deaths.lower_signals == ()
    lives = risk_adjusted_cusum(outcome=np.zeros(300), risk=np.full(300, 0.2), upper_limit=3.0, lower_limit=3.0)
    assert lives.lower_signals
    assert lives.upper_signals == ()


def test_exactly_the_limit_is_not_a_signal():
    steps = scores(risk=[0.5], odds_ratio=2.0)[1][0]
    one = risk_adjusted_cusum(outcome=[1], risk=[0.5], upper_limit=float(steps))
    assert one.upper_signals == ()


def test_a_head_start_finds_trouble_sooner():
    y, p = np.ones(20), np.full(20, 0.05)
    plain = risk_adjusted_cusum(outcome=y, risk=p, upper_limit=4.0)
    fast = risk_adjusted_cusum(outcome=y, risk=p, upper_limit=4.0, head_start=0.5)
    assert fast.upper_signals[0] < plain.upper_signals[0]


def test_risks_of_zero_and_one_are_harmless():
    chart = risk_adjusted_cusum(outcome=[0, 1, 0, 1], risk=[0.0, 1.0, 1.0, 0.0], upper_limit=4.0)
    assert np.isfinite(chart.upper).all()


def test_no_cases_give_an_empty_chart():
    chart = risk_adjusted_cusum(outcome=[], risk=[], upper_limit=4.0)
    assert chart.upper.size == 0
    assert vlad(outcome=[], risk=[]).size == 0


def test_cases_are_ordered_by_the_day_their_outcome_was_known_then_by_number():
    days = np.array(["2026-03-02", "2026-03-01", "2026-03-02", "2026-02-01"], dtype="datetime64[D]")
    assert order_of_knowledge(known_on=days, case_number=[7, 9, 3, 8]).tolist() == [3, 1, 2, 0]
    with pytest.raises(ValueError, match="twice"):
        order_of_knowledge(known_on=days, case_number=[7, 9, 3, 3])
    with pytest.raises(ValueError, match="one entry per case"):
        order_of_knowledge(known_on=days, case_number=[7, 9])


def test_ewma_follows_its_recursion_and_marks_what_leaves_the_limits():
    y, p = np.array([0, 1, 1, 1, 1, 1]), np.full(6, 0.02)
    line = ewma(outcome=y, risk=p, start=0.02, weight=0.1)
    observed, variance = 0.02, 0.0
    for i in range(6):
        observed = 0.1 * y[i] + 0.9 * observed
        variance = 0.01 * 0.02 * 0.98 + 0.81 * variance
        assert line.observed[i] == pytest.approx(observed)
        assert line.standard_deviation[i] == pytest.approx(variance**0.5)
    np.testing.assert_allclose(line.expected, 0.02)
    assert line.outside.tolist() == [False, True, True, True, True, True]
    assert (line.lower >= 0).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: vlad(outcome=[0, 1], risk=[0.1]), "one entry per case"),
        (lambda: vlad(outcome=[[0]], risk=[[0.1]]), "one entry per case"),
        (lambda: vlad(outcome=[2], risk=[0.1]), "neither 0 nor 1"),
        (lambda: vlad(outcome=[np.nan], risk=[0.1]), "neither 0 nor 1"),
        (lambda: vlad(outcome=[1], risk=[-1]), "outside 0 to 1"),
        (lambda: vlad(outcome=[1], risk=[np.nan]), "missing"),
        (lambda: scores(risk=[0.1], odds_ratio=1.0), "different"),
        (lambda: scores(risk=[0.1], odds_ratio=-2.0), "positive"),
        (lambda: risk_adjusted_cusum(outcome=[1], risk=[0.1], upper_limit=0.0), "above 0"),
        (lambda: risk_adjusted_cusum(outcome=[1], risk=[0.1], upper_limit=1.0, lower_limit=np.nan), "above 0"),
        (lambda: risk_adjusted_cusum(outcome=[1], risk=[0.1], upper_limit=1.0, head_start=1.0), "head start"),
        (lambda: risk_adjusted_cusum(outcome=[1], risk=[0.1], upper_limit=1.0, worse=0.9), "either side"),
        (lambda: ewma(outcome=[1], risk=[0.1], start=2.0), "start"),
        (lambda: ewma(outcome=[1], risk=[0.1], start=0.1, weight=0.0), "weight"),
        (lambda: ewma(outcome=[1], risk=[0.1], start=0.1, width=0.0), "width"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
