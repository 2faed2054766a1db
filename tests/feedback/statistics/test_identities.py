"""What must hold for every collaborative (hypothesis draws them): weights, order, names, sums, limits, tests turned round."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from feedback.statistics import exact_test, funnel, hierarchical, intervals, logistic, multiplicity, standardise
from feedback.statistics.compare import Settings, compare
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import cohort_of, small

FEW = Settings(draws=50)
MODELS = st.sampled_from(["random-intercept", "logistic"])
DRAWN = st.builds(
    small,
    n=st.integers(150, 260),
    sites=st.integers(4, 14),
    seed=st.integers(0, 10_000),
    sigma=st.sampled_from([0.0, 0.2, 0.8]),
    rate=st.sampled_from([-1.6, -0.8, 0.5]),
)
QUICK = settings(max_examples=15, deadline=None)


def compared(data, *, model="random-intercept", weights=None):
    return compare(cohort_of(data, weights=weights), settings=Settings(draws=50, model=model))


def figures(result, *, by=lambda site: site):
    """Return each site's numbers by its name; ranks apart, since their draws are numbered by site."""
    left_out = {"site", "notes", "flag", "outside", "expected_rank", "rank_lower", "rank_upper"}
    return {
        by(site.site): {
            name: value
            for name, value in asdict(site).items()
            if name not in left_out and not name.startswith("probability_") and value is not None
        }
        for site in result.sites
    }


def same(one, other, *, tolerance=1e-6):
    assert one.keys() == other.keys()
    for site, numbers in one.items():
        assert numbers == pytest.approx(other[site], rel=tolerance, abs=tolerance), site


@given(DRAWN, MODELS, st.integers(0, 99))
@example(data=small(n=168, sites=4, seed=369, sigma=0.8, rate=0.5), model="logistic", seed=0)
@QUICK
def test_a_weight_is_a_repetition(data, model, seed):
    times = np.random.default_rng(seed).integers(1, 4, len(data["outcome"]))
    long = {name: np.repeat(values, times) for name, values in data.items()}
    same(figures(compared(data, model=model, weights=times)), figures(compared(long, model=model)), tolerance=1e-5)


@given(DRAWN, MODELS, st.integers(0, 99))
@QUICK
def test_the_order_of_rows_does_not_matter(data, model, seed):
    order = np.random.default_rng(seed).permutation(len(data["outcome"]))
    other = {name: values[order] for name, values in data.items()}
    same(figures(compared(data, model=model)), figures(compared(other, model=model)))


@given(DRAWN, MODELS, st.randoms(use_true_random=False))
@QUICK
def test_the_names_of_sites_and_their_order_do_not_matter(data, model, random):
    labels = sorted(set(data["site"]))
    shuffled = [f"t{number:02d}" for number in range(len(labels))]
    random.shuffle(shuffled)
    names = dict(zip(labels, shuffled, strict=True))
    other = {**data, "site": np.array([names[site] for site in data["site"]])}
    same(figures(compared(data, model=model), by=names.get), figures(compared(other, model=model)))


@given(DRAWN, MODELS)
@QUICK
def test_expected_adds_up_to_observed(data, model):
    result = compared(data, model=model)
    assert sum(site.expected for site in result.sites) == pytest.approx(data["outcome"].sum(), abs=1e-6)
    assert sum(site.n for site in result.sites) == len(data["outcome"])


@given(st.integers(0, 10_000))
@QUICK
def test_without_spread_the_hierarchical_model_is_the_logistic_one(seed):
    cohort = cohort_of(small(n=240, sites=6, sigma=0.0, seed=seed))
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    fixed = logistic.fit(rows)
    found = hierarchical.fit(rows, fixed=fixed)
    assert found.log_likelihood >= fixed.log_likelihood - 1e-9
    if found.sigma == 0:
        assert (found.beta == fixed.beta).all()
        assert not found.effect.any()
        assert found.log_likelihood == pytest.approx(fixed.log_likelihood)
    else:
        near = np.abs(found.beta - fixed.beta).max()
        assert near < 2 * found.sigma


@given(st.integers(1, 300), st.data(), st.floats(0.6, 0.995))
@settings(max_examples=60, deadline=None)
def test_intervals_of_a_share_invert_the_binomial_test(n, data, level):
    x = data.draw(st.integers(0, n))
    tail = (1 - level) / 2
    low, high = (
        limit[0] for limit in intervals.clopper_pearson(np.array([float(x)]), np.array([float(n)]), level=level)
    )
    assert x == n or binom.cdf(x, n, high) == pytest.approx(tail, rel=1e-6)
    assert x == 0 or binom.sf(x - 1, n, low) == pytest.approx(tail, rel=1e-6)
    low, high = (limit[0] for limit in intervals.wilson(np.array([float(x)]), np.array([float(n)]), level=level))
    z = funnel.norm.isf(tail)
    for edge in (low, high):
        assert 0 < edge < 1 or abs(x / n - edge) < 1e-9
        if 1e-9 < edge < 1 - 1e-9:
            assert abs(x / n - edge) == pytest.approx(z * np.sqrt(edge * (1 - edge) / n), rel=1e-5, abs=1e-9)


@given(st.integers(0, 30), st.floats(0.2, 30), st.floats(0.01, 0.5))
@settings(max_examples=60, deadline=None)
def test_a_flag_is_where_the_whole_interval_lies(observed, expected, rate):
    found = standardise.indirect(observed=np.array([float(observed)]), expected=np.array([expected]), rate=rate)
    low, high = found.ratio_lower[0] * rate, found.ratio_upper[0] * rate
    (word,) = standardise.flag(lower=np.array([low]), upper=np.array([high]), benchmark=rate)
    assert word == ("higher" if low > rate else "lower" if high < rate else "as expected")


@given(DRAWN)
@QUICK
def test_exact_p_values_are_those_of_the_sites_own_risks(data):
    cohort = cohort_of(data)
    result = compare(cohort, settings=FEW)
    for number, site in enumerate(result.sites):
        mass = intervals.poisson_binomial(result.expected_risk[cohort.site == number])
        count = int(site.observed)
        upper = mass[count + 1 :].sum() + 0.5 * mass[count]
        assert site.p_value == pytest.approx(min(1.0, 2 * min(upper, 1 - upper)), abs=1e-9)
        assert site.z == pytest.approx(exact_test.z_score(np.array([upper]))[0], abs=1e-6)
    p = np.array([site.p_value for site in result.sites])
    assert [site.q_value for site in result.sites] == pytest.approx(list(multiplicity.benjamini_hochberg(p)))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_corrections_for_many_looks_are_ordered_and_keep_the_order_of_p(values):
    p = np.array(values)
    hochberg, yekutieli = multiplicity.benjamini_hochberg(p), multiplicity.benjamini_yekutieli(p)
    holm, bonferroni = multiplicity.holm(p), multiplicity.bonferroni(p)
    ulp = 1e-12
    assert (p <= hochberg + ulp).all()
    assert (hochberg <= holm + ulp).all()
    assert (holm <= bonferroni + ulp).all()
    assert (hochberg <= yekutieli + ulp).all()
    order = np.argsort(p, kind="stable")
    for corrected in (hochberg, yekutieli, holm, bonferroni):
        assert (np.diff(corrected[order]) >= -ulp).all()
