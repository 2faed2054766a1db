"""Intervals, exact tests, standardisation and multiplicity: published figures, properties and bad input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm, poisson

from feedback.statistics import exact_test, funnel, intervals, multiplicity, standardise
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import cohort_of, small

COUNTS = np.array([0.0, 1.0, 5.0, 20.0])


def test_published_limits_are_reproduced():
    low, high = intervals.garwood(COUNTS)
    assert low == pytest.approx([0, 0.0253, 1.6235, 12.2165], abs=5e-5)
    assert high == pytest.approx([3.6889, 5.5716, 11.6683, 30.8884], abs=5e-5)
    low, high = intervals.byar(COUNTS)
    assert low[[0, 1, 3]] == pytest.approx([0, 0.0131, 12.2114], abs=5e-5)
    assert high[[0, 1, 3]] == pytest.approx([3.6680, 5.5638, 30.8899], abs=5e-5)
    low, high = intervals.midp(COUNTS)
    assert low[:3] == pytest.approx([0, 0.0500, 1.832], abs=5e-4)
    assert high[:3] == pytest.approx([2.9957, 4.9319, 11.082], abs=5e-4)
    assert np.ravel(intervals.wilson(np.array([3]), np.array([20]))) == pytest.approx([0.0524, 0.3604], abs=5e-5)
    assert np.ravel(intervals.clopper_pearson(np.array([3]), np.array([20]))) == pytest.approx(
        [0.0321, 0.3789], abs=5e-5
    )
    assert np.ravel(intervals.clopper_pearson(np.array([0, 4]), np.array([4, 4])))[[0, 3]].tolist() == [0, 1]


def test_byar_never_goes_below_zero_and_phe_switches_at_ten():
    assert intervals.byar(np.array([1.0]), level=0.998)[0][0] == 0
    low, _ = intervals.exact_or_byar(np.array([9.0, 10.0]))
    assert low[0] == intervals.garwood(np.array([9.0]))[0][0]
    assert low[1] == intervals.byar(np.array([10.0]))[0][0]


@given(st.integers(0, 400), st.floats(0.5, 0.999))
@settings(max_examples=60, deadline=None)
def test_limits_invert_their_tests(count, level):
    tail = (1 - level) / 2
    low, high = (limit[0] for limit in intervals.garwood(np.array([float(count)]), level=level))
    assert poisson.cdf(count, high) == pytest.approx(tail, rel=1e-7)
    assert count == 0 or poisson.sf(count - 1, low) == pytest.approx(tail, rel=1e-7)
    low, high = (limit[0] for limit in intervals.midp(np.array([float(count)]), level=level))
    assert poisson.cdf(count - 1, high) + 0.5 * poisson.pmf(count, high) == pytest.approx(tail, rel=1e-6)
    assert count == 0 or poisson.sf(count, low) + 0.5 * poisson.pmf(count, low) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: intervals.garwood(np.array([-1.0])),
        lambda: intervals.garwood(np.array([1.0]), level=1.0),
        lambda: intervals.poisson_interval(np.array([1.0]), method="wald"),
        lambda: intervals.wilson(np.array([3]), np.array([2])),
        lambda: intervals.poisson_binomial(np.array([0.2, 1.2])),
        lambda: multiplicity.holm(np.array([0.2, np.nan])),
        lambda: standardise.indirect(observed=np.ones(1), expected=np.zeros(1), rate=0.1),
        lambda: funnel.scores_of_ratio(np.ones(2), np.ones(2), transform="cube"),
        lambda: funnel.scores_of_proportion(np.ones(2), np.ones(2), target=0.5, transform="cube"),
        lambda: funnel.limits(target=1.0, error=np.ones(1), transform="cube", z=1.0),
        lambda: funnel.ratio_limits(np.ones(1), level=0.95, funnel="wide"),
        lambda: funnel.dispersion(funnel.scores_of_ratio(np.ones(1), np.ones(1))),
        lambda: funnel.dispersion(funnel.scores_of_ratio(np.ones(3), np.ones(3)), protect="hope"),
        lambda: exact_test.CountDistribution(first=0, mass=np.ones(1)).upper_midp(0.5),
    ],
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        wrong()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 12])
def test_the_sum_of_unequal_risks_agrees_with_full_enumeration(n):
    risks = np.random.default_rng(n).random(n)
    want = np.zeros(n + 1)
    for outcome in itertools.product((0, 1), repeat=n):
        want[sum(outcome)] += np.prod(np.where(outcome, risks, 1 - risks))
    assert intervals.poisson_binomial(risks) == pytest.approx(want, abs=1e-15)


def test_equal_risks_give_the_binomial_also_when_long():
    for n in (150, 1000):
        found = intervals.poisson_binomial(np.full(n, 0.07))
        assert found == pytest.approx(binom.pmf(np.arange(n + 1), n, 0.07), abs=1e-14)


def test_long_sites_agree_between_the_two_exact_ways():
    random = np.random.default_rng(8)
    risks = 1 / (1 + np.exp(-random.normal(-2.5, 1.2, 4000)))
    tree = intervals.poisson_binomial(risks)
    wave = exact_test._by_cumulants(exact_test._cumulants(np.ones(4000), risks))
    span = np.arange(max(wave.first, 0), wave.first + len(wave.mass))
    assert wave.mass[span - wave.first] == pytest.approx(tree[span], abs=1e-9)
    for x in wave.first + len(wave.mass) // 2 + np.array([-60.0, -20.0, 0.0, 30.0, 70.0]):
        want = tree[int(x) + 1 :].sum() + 0.5 * tree[int(x)]
        assert wave.upper_midp(x) == pytest.approx(want, abs=1e-8)
    assert wave.upper_midp(wave.first - 1.0) == 1.0
    assert wave.upper_midp(wave.first + len(wave.mass) + 1.0) == 0.0


def test_a_site_is_tested_exactly_whatever_its_size():
    data = small(n=7000, sites=2)
    cohort = cohort_of(data)
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    risks = np.full(len(rows.site), 0.2)
    found = exact_test.site_distributions(rows, risks=risks)
    n = rows.by_site(rows.trials)
    for j in (0, 1):
        x = rows.by_site(rows.events)[j]
        want = binom.sf(x, n[j], 0.2) + 0.5 * binom.pmf(x, n[j], 0.2)
        assert found[j].upper_midp(x) == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("more", [False, True])
def test_both_tails_keep_the_digits_of_a_tiny_p(more):
    """Two sites of 90 like cases, one of them with far too few or far too many events."""
    outcome = np.concatenate([np.arange(90) < 45, np.arange(90) < (86 if more else 4)]).astype(float)
    cohort = cohort_of({**small(n=180, sites=2), "site": np.repeat(["a", "b"], 90), "outcome": outcome}, adjusters=())
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    found = exact_test.site_distributions(rows, risks=np.full(len(rows.site), 0.5))[1]
    upper, lower = np.array([found.upper_midp(outcome[90:].sum())]), np.array([found.lower_midp(outcome[90:].sum())])
    want = binom.cdf(3, 90, 0.5) + 0.5 * binom.pmf(4, 90, 0.5)
    assert exact_test.two_sided(upper, lower) == pytest.approx(2.0 * want, rel=1e-12)
    assert exact_test.z_score(upper, lower) == pytest.approx(norm.isf(want) * (1 if more else -1), rel=1e-12)
    assert (found.lower_midp(-1.0), found.lower_midp(91.0)) == (0.0, 1.0)
    with pytest.raises(ValueError, match="whole number"):
        found.lower_midp(0.5)


def test_fractional_weights_have_no_exact_count():
    data = small(n=60, sites=2)
    cohort = cohort_of(data, weights=np.where(data["site"] == "s00", 0.5, 1.0))
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome, weights=cohort.weights)
    found = exact_test.site_distributions(rows, risks=np.full(len(rows.site), 0.3))
    assert found[0] is None
    assert found[1] is not None


def test_tilting_moves_every_site_to_the_asked_expectation():
    cohort = cohort_of(small())
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    risks = np.full(len(rows.site), 0.3)
    assert exact_test.tilted(rows, risks=risks, ratio=1.0) is risks
    moved = exact_test.tilted(rows, risks=risks, ratio=1.7)
    assert rows.by_site(rows.trials * moved) == pytest.approx(1.7 * rows.by_site(rows.trials * risks))


@given(st.integers(0, 40), st.floats(0.05, 40))
@settings(max_examples=150, deadline=None)
def test_funnel_flags_equal_exact_tail_probabilities(observed, expected):
    e = np.array([expected])
    for level in funnel.INSIDE:
        tail = (1 - level) / 2
        low, high = funnel.ratio_limits(e, level=level, funnel="none")
        ratio = observed / expected
        below, above = poisson.cdf(observed, expected), poisson.sf(observed, expected)
        if abs(below - tail) > 1e-9 and abs(above - tail) > 1e-9:
            assert (ratio < low[0] - 1e-12) == (below < tail)
            assert (ratio > high[0] + 1e-12) == (above < tail)


def test_spiegelhalters_worked_limits_are_reproduced():
    n, e = np.array([100.0]), np.array([20.0])
    p = (0.001, 0.025, 0.975, 0.999)
    assert [funnel.exact_proportion(n, target=0.1, p=x)[0] for x in p] == pytest.approx(
        [0.01418, 0.04038, 0.15772, 0.19836], abs=5e-6
    )
    assert [funnel.exact_ratio(e, p=x)[0] for x in p] == pytest.approx([0.3585, 0.5603, 1.4373, 1.7357], abs=5e-5)


def test_no_events_are_low_only_where_that_is_surprising():
    expected = np.array([0.0, 3.6, 3.8, 6.8, 7.0])
    words = funnel.outside(np.zeros(5), expected, funnel="none", target=1.0, found=None)
    assert words == ("none", "none", "95", "95", "99.8")


def test_phi_is_near_its_known_means_without_over_dispersion():
    random = np.random.default_rng(2)
    z = random.normal(size=(80, 600))
    winsorised, truncated, plain = (
        np.mean(
            [
                funnel.dispersion(
                    funnel.Scores(value=row, error=np.ones(600), target=0.0, transform="identity"), protect=how
                ).phi
                for row in z
            ]
        )
        for how in ("winsorise", "truncate", "none")
    )
    assert winsorised == pytest.approx(0.677, abs=0.02)
    assert truncated == pytest.approx(0.437, abs=0.02)
    assert plain == pytest.approx(1.0, abs=0.02)


def test_log_and_identity_limits_come_back_to_their_scale():
    assert funnel.limits(target=0.0, error=np.array([0.5]), transform="log", z=2.0)[1][0] == pytest.approx(np.e)
    assert funnel.limits(target=1.0, error=np.array([0.5]), transform="identity", z=2.0)[0][0] == 0.0
    assert funnel.scores_of_ratio(np.array([4.0]), np.array([2.0]), transform="identity").z[0] == pytest.approx(
        2 / np.sqrt(2)
    )


def test_adjusted_p_values_of_a_worked_example():
    p = np.array([0.04, 0.01, 0.03, 0.02])
    assert multiplicity.benjamini_hochberg(p) == pytest.approx([0.04] * 4)
    assert multiplicity.bonferroni(p) == pytest.approx([0.16, 0.04, 0.12, 0.08])
    assert multiplicity.holm(p) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert multiplicity.benjamini_yekutieli(p) == pytest.approx([0.04 * 25 / 12] * 4)


def test_nothing_expected_and_nothing_seen_is_undefined():
    found = standardise.indirect(observed=np.array([0.0, 2.0]), expected=np.array([0.0, 1.0]), rate=0.1)
    assert np.isnan(found.ratio[0])
    assert found.ratio[1] == 2
    assert standardise.flag(lower=found.rate_lower, upper=found.rate_upper, benchmark=0.1)[0] == "as expected"
    assert standardise.flag(lower=np.array([0.2, 0.01]), upper=np.array([0.3, 0.05]), benchmark=0.1) == (
        "higher",
        "lower",
    )


@pytest.mark.parametrize("risks", [[0.2, 1.5], [-0.1]])
def test_a_risk_outside_its_range_has_no_distribution(risks):
    with pytest.raises(ValueError, match="between 0 and 1"):
        intervals.poisson_binomial(np.array(risks))
