"""Pooled agreement: by hand, by identity, by simulated coverage, and where nothing can be said."""

import numpy as np
import pytest
from scipy import stats

from registry.agreement.coefficients import gwet
from registry.agreement.cohen import cohen_of_table
from registry.agreement.proportion import wilson
from registry.auditing.pooled import agreed_share, finding


def test_wilson_by_its_inversion_of_the_score_test():
    lower, upper = wilson(share=0.9, n=50)
    for limit in (lower, upper):
        assert abs(0.9 - limit) / np.sqrt(limit * (1 - limit) / 50) == pytest.approx(stats.norm.isf(0.025))


@pytest.mark.parametrize(("share", "n", "level"), [(1.1, 5, 0.95), (0.5, 0, 0.95), (0.5, 5, 1.0)])
def test_wilson_refuses_what_is_no_share(share, n, level):
    with pytest.raises(ValueError):
        wilson(share=share, n=n, level=level)


def test_values_that_do_not_cluster_count_in_full_and_one_chart_too():
    one = agreed_share(agreed=[95], compared=[100])
    assert (one.lower, one.upper) == wilson(share=0.95, n=100)
    perfect = agreed_share(agreed=[50, 50], compared=[50, 50])
    assert perfect.upper == pytest.approx(1.0)
    assert perfect.lower == pytest.approx(wilson(share=1.0, n=100)[0])


def test_values_that_cluster_widen_the_interval():
    spread = agreed_share(agreed=[47, 48, 47, 48], compared=[50] * 4)
    clustered = agreed_share(agreed=[50, 50, 50, 40], compared=[50] * 4)
    assert spread.estimate == clustered.estimate == 0.95
    assert clustered.upper - clustered.lower > 1.5 * (spread.upper - spread.lower)


def test_the_interval_covers_under_clustering():
    rng, covered, n = np.random.default_rng(5), 0, 600
    for _ in range(n):
        shares = rng.beta(0.95 * 40, 0.05 * 40, size=16)
        found = agreed_share(agreed=rng.binomial(60, shares), compared=np.full(16, 60))
        covered += found.lower <= 0.95 <= found.upper
    assert 0.91 < covered / n <= 0.99


def test_charts_without_values_are_left_out_and_none_at_all_says_nothing():
    assert agreed_share(agreed=[9, 0], compared=[10, 0]) == agreed_share(agreed=[9], compared=[10])
    assert agreed_share(agreed=[], compared=[]).estimate is None
    with pytest.raises(ValueError):
        agreed_share(agreed=[2], compared=[1])


def test_pooled_kappa_and_ac1_are_those_of_the_whole_table():
    tables = np.array([[[10, 1], [0, 3]], [[8, 2], [1, 4]], [[12, 0], [1, 2]]])
    found, whole = finding(tables=tables), tables.sum(axis=0)
    ratings = np.array([[row, column] for row in (0, 1) for column in (0, 1) for _ in range(whole[row, column])])
    assert found.kappa.estimate == pytest.approx(cohen_of_table(counts=whole).estimate)
    assert found.ac1.estimate == pytest.approx(gwet(ratings=ratings, n_categories=2).estimate)
    assert found.kappa.lower < found.kappa.estimate < found.kappa.upper <= 1
    assert found.prevalence == pytest.approx((whole[1].sum() + whole[:, 1].sum()) / (2 * whole.sum()))


def test_where_nothing_was_ever_found_kappa_is_undefined_and_ac1_is_one():
    found = finding(tables=np.array([[[20, 0], [0, 0]], [[18, 0], [0, 0]]]))
    assert found.kappa.estimate is None
    assert (found.ac1.estimate, found.prevalence) == (1.0, 0.0)
    assert finding(tables=np.zeros((0, 2, 2))).prevalence is None


def test_a_single_chart_has_no_interval():
    found = finding(tables=np.array([[[10, 1], [1, 8]]]))
    assert found.kappa.estimate is not None
    assert found.kappa.lower is None
