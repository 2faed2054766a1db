"""Calibration, ranks, reliability and the verdict: worked figures, independent formulas and bad input."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from feedback.statistics import calibration, ranks, reliability
from feedback.statistics.words import Verdict, verdict

EVENTS = np.array([1.0, 3.0, 4.0, 9.0, 8.0])
TRIALS = np.array([20.0, 30.0, 20.0, 25.0, 12.0])
RISK = np.array([0.05, 0.12, 0.2, 0.3, 0.6])


def expanded():
    y = np.concatenate([np.repeat([1.0, 0.0], [int(e), int(t - e)]) for e, t in zip(EVENTS, TRIALS, strict=True)])
    return y, np.repeat(RISK, TRIALS.astype(int))


def test_the_c_statistic_counts_pairs_and_its_error_is_delongs():
    y, p = expanded()
    cases, controls = p[y == 1], p[y == 0]
    wins = (cases[:, None] > controls) + 0.5 * (cases[:, None] == controls)
    found = calibration.discrimination(EVENTS, TRIALS, RISK)
    assert found.c == pytest.approx(wins.mean())
    error = np.sqrt(wins.mean(axis=1).var(ddof=1) / len(cases) + wins.mean(axis=0).var(ddof=1) / len(controls))
    assert found.standard_error == pytest.approx(error)
    rows = calibration.discrimination(y, np.ones(len(y)), p)
    assert (rows.c, rows.standard_error) == pytest.approx((found.c, found.standard_error))


def test_one_case_has_no_standard_error_and_none_no_c_statistic():
    assert np.isnan(calibration.discrimination(np.array([1.0, 0.0]), np.ones(2), np.array([0.2, 0.3])).standard_error)
    with pytest.raises(ValueError, match="with and without"):
        calibration.discrimination(np.zeros(2), np.ones(2), np.array([0.2, 0.3]))


def test_the_brier_score_and_its_scaled_form():
    y, p = expanded()
    score, scaled = calibration.brier(EVENTS, TRIALS, RISK)
    assert score == pytest.approx(((y - p) ** 2).mean())
    assert scaled == pytest.approx(1 - score / (y.mean() * (1 - y.mean())))
    assert np.isnan(calibration.brier(np.zeros(2), np.ones(2), np.array([0.2, 0.3]))[1])


def test_recalibration_solves_its_score_equations():
    large, slope = calibration.recalibration(EVENTS, TRIALS, RISK)
    logit = np.log(RISK / (1 - RISK))
    assert (TRIALS / (1 + np.exp(-logit - large))).sum() == pytest.approx(EVENTS.sum())
    assert 0.5 < slope < 1.5
    assert np.isnan(calibration.recalibration(EVENTS, TRIALS, np.full(5, 0.2))[1])


def test_what_has_no_finite_recalibration_is_undefined():
    risk = np.array([0.1, 0.2, 0.3, 0.4])
    assert np.isnan(calibration.recalibration(np.zeros(4), np.ones(4), risk)).all()
    for outcome in ([0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 1]):
        large, slope = calibration.recalibration(np.array(outcome, dtype=float), np.ones(4), risk)
        assert np.isfinite(large)
        assert np.isnan(slope)
    touching = calibration.recalibration(np.array([0.0, 1.0, 2.0]), np.array([2.0, 2.0, 2.0]), risk[:3])
    assert np.isnan(touching[1])  # both outcomes at one risk alone: quasi-separated
    large, slope = calibration.recalibration(np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4), risk)
    assert np.isfinite([large, slope]).all()


def test_a_curve_through_risks_that_part_the_cases_is_none():
    risk = np.linspace(0.05, 0.6, 40)
    assert calibration.curve((risk > 0.3).astype(float), np.ones(40), risk) is None


@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0.001, 0.999)), min_size=2, max_size=30),
    st.sampled_from(calibration.RECALIBRATIONS),
)
@example(cases=[(0, 0.5), (0, 0.53125), (0, 0.0625), (1, 0.5), (1, 0.625)], kind="slope")
@settings(max_examples=100, deadline=None)
def test_recalibrated_risks_add_up_or_are_refused(cases, kind):
    events, risk = (np.array(column, dtype=float) for column in zip(*cases, strict=True))
    risk = np.round(risk, 3)
    try:
        found = calibration.recalibrate(events, np.ones(len(events)), risk, kind=kind)
    except ValueError:
        parted = not (risk[events == 1].min(initial=1) < risk[events == 0].max(initial=0)) or not (
            risk[events == 0].min(initial=1) < risk[events == 1].max(initial=0)
        )
        assert events.sum() in {0, len(events)} or (kind == "slope" and parted)
        return
    assert found.risk.sum() == pytest.approx(events.sum(), abs=1e-6)
    again = calibration.recalibration(events, np.ones(len(events)), found.risk)
    assert again[0] == pytest.approx(0, abs=1e-6)
    if kind == "intercept":
        assert found.slope == 1
    elif np.isfinite(again[1]) and abs(found.slope) < 50:
        assert again[1] == pytest.approx(1, abs=1e-3)


def test_a_recalibration_has_a_kind():
    with pytest.raises(ValueError, match="intercept, slope"):
        calibration.recalibrate(EVENTS, TRIALS, RISK, kind="both")


def test_the_calibration_table_holds_everyone_once_and_follows_quantiles():
    random = np.random.default_rng(3)
    p = random.beta(2, 8, 1000)
    y = (random.random(1000) < p).astype(float)
    groups = calibration.table(y, np.ones(1000), p)
    assert [group.n for group in groups] == [100] * 10
    cuts = np.quantile(p, np.arange(1, 10) / 10)
    place = np.searchsorted(cuts, p, side="left")
    assert [group.rate for group in groups] == pytest.approx([y[place == g].mean() for g in range(10)])
    merged = calibration.table(EVENTS, TRIALS, RISK)
    assert sum(group.n for group in merged) == TRIALS.sum()
    assert all(group.lower < group.rate < group.upper for group in merged)


def test_the_calibration_curve_of_good_risks_is_the_diagonal():
    random = np.random.default_rng(3)
    p = random.beta(2, 8, 40_000)
    y = (random.random(40_000) < p).astype(float)
    curve = calibration.curve(y, np.ones(len(p)), p)
    assert np.abs(np.array(curve.rate) - curve.risk).max() < 0.02
    assert curve.mean_absolute_error < 0.01
    doubled = calibration.curve(y, np.ones(len(p)), np.minimum(2 * p, 0.99))
    assert doubled.mean_absolute_error == pytest.approx(np.minimum(2 * p, 0.99).mean() - p.mean(), abs=0.01)
    assert calibration.curve(EVENTS, TRIALS, np.full(5, 0.2)) is None


def test_expected_ranks_agree_with_draws():
    a, b = np.array([3.0, 8.0, 20.0, 2.0]), np.array([40.0, 60.0, 150.0, 60.0])
    exact = ranks.expected_of_betas(a, b)
    draws = beta.rvs(a, b, size=(40_000, 4), random_state=np.random.default_rng(2))
    found = ranks.of_draws(draws)
    assert found.expected == pytest.approx(exact, abs=0.02)
    assert exact.sum() == pytest.approx(10, abs=1e-3)
    assert found.lowest.sum() == pytest.approx(1)
    assert found.highest.sum() == pytest.approx(1)
    assert found.lowest_tenth == pytest.approx(found.lowest)
    assert (found.lower <= found.expected).all()
    assert (found.expected <= found.upper).all()


def test_tied_draws_share_their_rank():
    found = ranks.of_draws(np.array([[1.0, 1.0, 2.0], [3.0, 1.0, 2.0]]))
    assert found.expected.tolist() == [(1.5 + 3) / 2, (1.5 + 1) / 2, (3 + 2) / 2]
    with pytest.raises(ValueError, match="one draw"):
        ranks.of_draws(np.empty((0, 3)))


def test_reliability_of_effects_lies_between_none_and_all():
    assert reliability.of_effects(standard_error=np.array([0.3, 0.1, 0.0]), sigma=0.3).tolist() == pytest.approx(
        [0, 8 / 9, 1]
    )
    assert not reliability.of_effects(standard_error=np.zeros(2), sigma=0.0).any()


def test_the_cases_needed_give_the_reliability_asked_for():
    n = reliability.cases_needed(reliability=0.7, sigma=0.4, variance_per_case=0.05)
    assert 0.16 / (0.16 + 1 / (n * 0.05)) == pytest.approx(0.7)
    assert reliability.cases_needed(reliability=0.7, sigma=0.0, variance_per_case=0.05) == np.inf
    with pytest.raises(ValueError, match="reliability"):
        reliability.cases_needed(reliability=1.0, sigma=0.4, variance_per_case=0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: reliability.beta_binomial(np.zeros(3), np.ones(3)),
        lambda: reliability.between_variance(np.ones(3), np.ones(3), method="HS"),
    ],
)
def test_impossible_variances_are_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        wrong()


@pytest.mark.parametrize(
    ("below", "reliable", "adverse", "words"),
    [
        (0.975, 0.9, True, Verdict.LIKELY_BETTER),
        (0.975, 0.1, True, Verdict.LIKELY_BETTER),
        (0.974, 0.4, True, Verdict.NOT_DISTINGUISHABLE),
        (0.5, 0.39, True, Verdict.TOO_FEW),
        (0.025, 0.9, True, Verdict.LIKELY_HIGHER),
        (0.026, 0.9, True, Verdict.NOT_DISTINGUISHABLE),
        (0.975, 0.9, False, Verdict.LIKELY_LOWER),
        (0.025, 0.9, False, Verdict.LIKELY_BETTER),
        (0.5, 0.0, False, Verdict.TOO_FEW),
        (1.0, 1.0, True, Verdict.LIKELY_BETTER),
    ],
)
def test_the_words_follow_the_rule(below, reliable, adverse, words):
    assert verdict(probability_below=below, reliability=reliable, adverse=adverse) is words


@pytest.mark.parametrize(("below", "reliable"), [(1.1, 0.5), (float("nan"), 0.5), (0.5, -0.1)])
def test_words_need_probabilities(below, reliable):
    with pytest.raises(ValueError, match="between 0 and 1"):
        verdict(probability_below=below, reliability=reliable, adverse=True)
