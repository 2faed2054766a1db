"""Limits for the own case mix: reference run lengths, exact small chains, simulation, calibration, planted change."""

import numpy as np
import pytest

from feedback.statistics.cusum import risk_adjusted_cusum, scores
from feedback.statistics.cusum_limits import (
    average_run_length,
    calibrate_limit,
    calibrate_limit_for_alarms,
    event_chance,
    share_of_alarms,
    signal_probability,
    simulate_run_length,
)
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

NAME = "s06_racusum_vlad_arl"
INTERCEPT, SLOPE = -3.49247652326251, 0.0773166541109652


@pytest.fixture(scope="module")
def mix():
    """Risks of a mixed practice: most low, some high."""
    return np.random.default_rng(11).beta(1.2, 14.0, 400)


def test_run_lengths_and_limits_agree_with_the_reference():
    case = open_case(NAME)
    scored = np.array([float(row["score"]) for row in rows_of(NAME, "data.csv")][:1000])
    levels, counts = np.unique(scored, return_counts=True)
    risk = 1 / (1 + np.exp(-(INTERCEPT + SLOPE * levels)))
    for name, odds in (("RA2", 2.0), ("RAhalf", 0.5)):
        for true in (1, 2):
            for limit in (2.5, 3.5, 4.5):
                key = f"arl.{name}.RQ{true}.h{limit}"
                if key in case.c:
                    case.check(
                        key, average_run_length(risk=risk, weights=counts, limit=limit, odds_ratio=odds, true_odds=true)
                    )
    for target in (500, 1000, 2500, 7500):
        got = calibrate_limit(risk=risk, weights=counts, target_run_length=target, odds_ratio=2.0)
        case.check(f"crit.RA2.ARL0_{target}", got)
    assert_all_pass(case, at_least=12)


def test_repeating_a_case_mix_by_weights_changes_nothing():
    risk = np.array([0.02, 0.1, 0.4])
    short = average_run_length(risk=risk, weights=[5, 2, 1], limit=2.0, odds_ratio=2.0, states_per_unit=200)
    long = average_run_length(risk=np.repeat(risk, [5, 2, 1]), limit=2.0, odds_ratio=2.0, states_per_unit=200)
    assert short == pytest.approx(long, rel=1e-10)


def test_a_chain_small_enough_to_solve_by_hand():
    # one risk of 1/2 and doubled odds: score log(2/3) without and log(4/3) with the event; limit so low that one event signals
    assert average_run_length(risk=[0.5], limit=0.2, odds_ratio=2.0) == pytest.approx(2.0)
    assert signal_probability(risk=[0.5], limit=0.2, odds_ratio=2.0, n_cases=3) == pytest.approx(1 - 0.5**3)
    assert signal_probability(risk=[0.5], limit=0.2, odds_ratio=2.0, n_cases=0) == 0.0


def test_run_length_agrees_with_a_dense_chain_and_with_simulation(mix):
    limit = 2.0
    chain = average_run_length(risk=mix, limit=limit, odds_ratio=2.0)
    drawn = simulate_run_length(risk=mix, limit=limit, odds_ratio=2.0, seed=3, n_series=3000)
    assert drawn.n_open == 0
    assert abs(chain - drawn.mean) < 4 * drawn.standard_error
    n, width = 200, limit / 200
    without, with_event = scores(risk=mix, odds_ratio=2.0)
    moves = np.zeros((n + 1, n + 1))
    for w, q in zip(np.concatenate([without, with_event]), np.concatenate([1 - mix, mix]) / mix.size, strict=True):
        low, part = int(np.floor(w / width)), w / width - np.floor(w / width)
        for jump, share in ((low, 1 - part), (low + 1, part)):
            to = np.maximum(np.arange(n + 1) + jump, 0)
            inside = to <= n
            np.add.at(moves, (np.flatnonzero(inside), to[inside]), q * share)
    dense = np.linalg.solve(np.eye(n + 1) - moves, np.ones(n + 1))[0]
    assert average_run_length(risk=mix, limit=limit, odds_ratio=2.0, states_per_unit=100) == pytest.approx(
        dense, rel=1e-9
    )
    state = np.linalg.matrix_power(moves, 150)[0].sum()
    banded = signal_probability(risk=mix, limit=limit, odds_ratio=2.0, n_cases=150, states_per_unit=100)
    assert banded == pytest.approx(1 - state, abs=1e-10)


def test_a_doubled_risk_is_found_sooner_and_improvement_hides_longer(mix):
    lengths = [
        average_run_length(risk=mix, limit=2.5, odds_ratio=2.0, true_odds=q, states_per_unit=200)
        for q in (0.5, 1.0, 2.0, 4.0)
    ]
    assert lengths == sorted(lengths, reverse=True)
    np.testing.assert_allclose(event_chance(risk=np.array([0.2]), true_odds=2.0), 1 / 3)


@pytest.mark.parametrize("odds", [2.0, 0.5])
def test_a_calibrated_limit_gives_the_run_length_it_was_calibrated_to(mix, odds):
    limit = calibrate_limit(risk=mix, target_run_length=1500, odds_ratio=odds)
    assert average_run_length(risk=mix, limit=limit, odds_ratio=odds) == pytest.approx(1500, rel=2e-3)
    drawn = simulate_run_length(risk=mix, limit=limit, odds_ratio=odds, seed=8, n_series=1500)
    assert abs(drawn.mean - 1500) < 4 * drawn.standard_error


def test_limits_depend_on_the_case_mix():
    low = calibrate_limit(risk=[0.02], target_run_length=1000, odds_ratio=2.0, states_per_unit=100)
    high = calibrate_limit(risk=[0.3], target_run_length=1000, odds_ratio=2.0, states_per_unit=100)
    assert high > low + 0.5


def test_a_limit_for_a_yearly_alarm_probability_keeps_its_promise_and_finds_a_planted_change(mix):
    probability = share_of_alarms(probability=0.5, n_charts=10)
    limit = calibrate_limit_for_alarms(
        risk=mix, probability=probability, n_cases=300, odds_ratio=2.0, states_per_unit=100
    )
    random = np.random.default_rng(2)
    alarms = found = 0
    for _ in range(800):
        risk = random.choice(mix, 300)
        in_order = risk_adjusted_cusum(outcome=random.random(300) < risk, risk=risk, upper_limit=limit)
        alarms += bool(in_order.upper_signals)
        worse = event_chance(risk=risk, true_odds=3.0)
        found += bool(
            risk_adjusted_cusum(outcome=random.random(300) < worse, risk=risk, upper_limit=limit).upper_signals
        )
    assert abs(alarms / 800 - probability) < 3.3 * (probability * (1 - probability) / 800) ** 0.5
    assert found / 800 > 0.9


def test_shares_of_alarms_combine_to_the_whole():
    share = share_of_alarms(probability=0.2, n_charts=40)
    assert 1 - (1 - share) ** 40 == pytest.approx(0.2)


def test_a_mix_that_cannot_signal_has_an_infinite_run_length():
    assert average_run_length(risk=[0.0, 0.0], limit=2.0, odds_ratio=2.0) == np.inf
    assert average_run_length(risk=[0.001], limit=30.0, odds_ratio=2.0, states_per_unit=20) == np.inf
    drawn = simulate_run_length(risk=[0.0], limit=2.0, odds_ratio=2.0, seed=1, n_series=5, most_cases=50)
    assert (drawn.mean, drawn.n_open) == (np.inf, 5)


def test_series_that_stay_silent_are_counted(mix):
    drawn = simulate_run_length(risk=mix, limit=2.5, odds_ratio=2.0, seed=1, n_series=200, most_cases=100)
    assert 0 < drawn.n_open < 200
    assert drawn.mean > 100


def test_equal_seeds_give_equal_numbers(mix):
    one = simulate_run_length(risk=mix, limit=1.0, odds_ratio=2.0, seed=4, n_series=50)
    assert one == simulate_run_length(risk=mix, limit=1.0, odds_ratio=2.0, seed=4, n_series=50)
    alone = simulate_run_length(risk=[0.5], limit=0.2, odds_ratio=2.0, seed=4, n_series=1)
    assert alone.n_series == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: average_run_length(risk=[], limit=2.0, odds_ratio=2.0), "at least one case"),
        (lambda: average_run_length(risk=[0.1, 2.0], limit=2.0, odds_ratio=2.0), "outside 0 to 1"),
        (lambda: average_run_length(risk=[0.1], weights=[0], limit=2.0, odds_ratio=2.0), "weights"),
        (lambda: average_run_length(risk=[0.1], weights=[1, 1], limit=2.0, odds_ratio=2.0), "weights"),
        (lambda: average_run_length(risk=[0.1], limit=0.0, odds_ratio=2.0), "limit"),
        (lambda: average_run_length(risk=[0.1], limit=2.0, odds_ratio=2.0, true_odds=0.0), "true odds"),
        (lambda: average_run_length(risk=[0.1], limit=2.0, odds_ratio=1.0), "different"),
        (lambda: signal_probability(risk=[0.1], limit=2.0, odds_ratio=2.0, n_cases=-1), "at least 0"),
        (lambda: calibrate_limit(risk=[0.1], target_run_length=1.0, odds_ratio=2.0), "above 1"),
        (lambda: calibrate_limit(risk=[0.1], target_run_length=3.0, odds_ratio=2.0), "smallest limit"),
        (lambda: calibrate_limit(risk=[0.0], target_run_length=3.0, odds_ratio=2.0), "smallest limit"),
        (
            lambda: calibrate_limit_for_alarms(risk=[0.1], probability=1.0, n_cases=10, odds_ratio=2.0),
            "between 0 and 1",
        ),
        (lambda: share_of_alarms(probability=0.1, n_charts=0), "at least one chart"),
        (lambda: simulate_run_length(risk=[0.1], limit=2.0, odds_ratio=2.0, seed=1, n_series=0), "at least 1"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_target_beyond_reach_is_refused():
    with pytest.raises(ValueError, match="up to 40"):
        calibrate_limit(risk=[0.1], target_run_length=1e13, odds_ratio=2.0)
