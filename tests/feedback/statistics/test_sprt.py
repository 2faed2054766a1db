"""Sequential tests: boundaries, decisions and restarts, Shipman's arithmetic, published MaxSPRT limits, error rates."""

import numpy as np
import pytest

from feedback.statistics.sprt import (
    Decision,
    Verdict,
    boundaries,
    maxsprt,
    maxsprt_alarm_probability,
    maxsprt_limit,
    poisson_sprt,
    sprt,
)


def test_boundaries_of_wald():
    assert boundaries(alpha=0.01, beta=0.01) == pytest.approx((np.log(99), -np.log(99)))


def test_poisson_path_is_events_times_log_ratio_minus_excess_expected():
    observed, expected = np.array([1, 0, 4]), np.array([0.5, 0.7, 0.9])
    test = poisson_sprt(observed=observed, expected=expected, ratio=2.0)
    np.testing.assert_allclose(test.path, np.cumsum(observed) * np.log(2) - np.cumsum(expected))
    assert test.decisions == ()


def test_a_doubled_rate_is_raised_and_an_ordinary_one_found_in_order_each_restarting_at_zero():
    raised = poisson_sprt(observed=[6] * 4, expected=[1] * 4, ratio=2.0)
    assert raised.decisions == tuple(Decision(at=i, verdict=Verdict.RAISED) for i in (1, 3))
    np.testing.assert_allclose(raised.path[2], 6 * np.log(2) - 1)
    fine = poisson_sprt(observed=[0] * 10, expected=[1.0] * 10, ratio=2.0)
    assert [d.verdict for d in fine.decisions] == [Verdict.IN_ORDER] * 2
    assert [d.at for d in fine.decisions] == [4, 9]


def test_without_restart_the_path_runs_on_and_only_the_first_decision_counts():
    test = poisson_sprt(observed=[6] * 4, expected=[1] * 4, ratio=2.0, restart=False)
    assert test.decisions == (Decision(at=1, verdict=Verdict.RAISED),)
    np.testing.assert_allclose(test.path, np.arange(1, 5) * (6 * np.log(2) - 1))
    improving = poisson_sprt(observed=[0] * 20, expected=[1.0] * 20, ratio=0.5)
    assert improving.decisions[0].verdict is Verdict.RAISED


def test_case_by_case_errors_stay_within_wald_bounds():
    random = np.random.default_rng(4)
    raised = {1.0: 0, 2.0: 0}
    for odds in raised:
        for _ in range(300):
            risk = random.beta(2, 10, 1200)
            chance = risk * odds / (1 - risk + odds * risk)
            test = sprt(outcome=random.random(1200) < chance, risk=risk, alpha=0.05, beta=0.05, restart=False)
            raised[odds] += bool(test.decisions) and test.decisions[0].verdict is Verdict.RAISED
    assert raised[1.0] / 300 < 0.09
    assert raised[2.0] / 300 > 0.91


def test_no_cases_leave_the_test_open():
    assert sprt(outcome=[], risk=[]).decisions == ()
    assert maxsprt(observed=[], expected=[], limit=3.0).signal is None


@pytest.mark.parametrize(
    ("total", "limit"),
    [(1, 2.853937), (1.5, 2.964971), (2, 3.046977), (3, 3.162106), (5, 3.297183), (8, 3.413782), (10, 3.467952)],
)
def test_maxsprt_limits_are_the_published_ones(total, limit):
    assert maxsprt_limit(expected_total=total, alpha=0.05) == pytest.approx(limit, abs=1e-6)


def test_maxsprt_alarm_probability_agrees_with_simulation():
    random, limit, signals = np.random.default_rng(6), maxsprt_limit(expected_total=4.0, alpha=0.1), 0
    for _ in range(3000):
        times = np.cumsum(random.exponential(size=30))
        times = times[times < 4.0]
        order = np.arange(1, times.size + 1)
        signals += bool(((order * np.log(order / times) - (order - times) >= limit) & (order > times)).any())
    assert signals / 3000 == pytest.approx(0.1, abs=3.3 * (0.09 / 3000) ** 0.5)
    assert maxsprt_alarm_probability(limit=limit, expected_total=4.0) == pytest.approx(0.1, abs=1e-7)


def test_maxsprt_path_is_zero_until_there_is_an_excess():
    test = maxsprt(observed=[0, 0, 5, 0], expected=[0.0, 1.0, 0.5, 9.0], limit=2.0)
    assert test.path[:2].tolist() == [0.0, 0.0]
    assert test.path[2] == pytest.approx(5 * np.log(5 / 1.5) - 3.5)
    assert test.path[3] == 0.0
    assert test.signal == 2
    assert maxsprt(observed=[0, 1], expected=[1, 1], limit=2.0).signal is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: boundaries(alpha=0.0, beta=0.1), "between 0 and 0.5"),
        (lambda: poisson_sprt(observed=[1], expected=[1, 1]), "one entry per period"),
        (lambda: poisson_sprt(observed=[-1], expected=[1]), "not negative"),
        (lambda: poisson_sprt(observed=[1], expected=[np.nan]), "not negative"),
        (lambda: poisson_sprt(observed=[1], expected=[0]), "none could be expected"),
        (lambda: poisson_sprt(observed=[1], expected=[1], ratio=1.0), "not 1"),
        (lambda: maxsprt(observed=[1], expected=[1], limit=0.0), "above 0"),
        (lambda: maxsprt_alarm_probability(limit=0.0, expected_total=1.0), "positive"),
        (lambda: maxsprt_limit(expected_total=1.0, alpha=0.7), "alpha"),
        (lambda: maxsprt_limit(expected_total=0.001, alpha=0.05), "any event would be a signal"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
