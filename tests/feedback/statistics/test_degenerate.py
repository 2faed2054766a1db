"""Degenerate inputs of methods §16, row by row.

=========================================  =====================================================================
row                                        test
=========================================  =====================================================================
n = 0                                      test_compare: sites_with_none_all_or_no_cases_are_kept_and_said
E = 0 and O = 0                            here: nothing_expected_and_nothing_seen_has_no_ratio
E = 0 and O > 0                            here: events_where_none_were_expected_are_an_error_of_the_model
O = 0 and E > 0                            here: no_event_is_low_only_where_chance_would_hardly_give_none
O = n                                      here: a_site_where_every_case_has_the_event_keeps_finite_figures
one site                                   test_compare: what_cannot_be_compared_is_refused_with_reasons
fewer than ten sites                       test_compare: below_ten_sites_the_funnel_stays_plain
identical z, φ < 1, τ² = 0, σ = 0          here: sites_that_are_alike_have_plain_limits_and_no_reliability
all outcomes equal                         test_compare: what_cannot_be_compared_is_refused_with_reasons
aliased covariate                          here: an_aliased_covariate_is_dropped_and_named
risk of exactly 0 or 1                     here: a_risk_of_0_or_1_is_separation_and_is_said
chart of one point, or without movement    here: a_chart_without_movement_has_no_limits
table of ratings with one category         here: ratings_of_one_kind_agree_wholly_and_have_no_kappa
=========================================  =====================================================================
"""

from dataclasses import replace

import numpy as np
import pytest

from feedback.statistics import funnel, standardise
from feedback.statistics.cohort import Adjuster
from feedback.statistics.compare import Settings, compare
from feedback.statistics.control_chart_individuals import xmr_chart
from registry.agreement.cohen import cohen
from tests.feedback.statistics.cohorts import cohort_of, small

FEW = Settings(draws=100)


def test_nothing_expected_and_nothing_seen_has_no_ratio():
    found = standardise.indirect(observed=np.zeros(1), expected=np.zeros(1), rate=0.1)
    assert np.isnan([found.ratio[0], found.ratio_lower[0], found.ratio_upper[0]]).all()


def test_events_where_none_were_expected_are_an_error_of_the_model():
    with pytest.raises(ValueError, match="none were expected"):
        standardise.indirect(observed=np.ones(1), expected=np.zeros(1), rate=0.1)


@pytest.mark.parametrize(("expected", "word"), [(3.6, "none"), (3.7, "95"), (6.2, "95"), (7.0, "99.8")])
def test_no_event_is_low_only_where_chance_would_hardly_give_none(expected, word):
    found = standardise.indirect(observed=np.zeros(1), expected=np.array([expected]), rate=0.1)
    assert (found.ratio[0], found.ratio_lower[0]) == (0, 0)
    assert found.ratio_upper[0] == pytest.approx(3.688879454 / expected)
    assert funnel.outside(np.zeros(1), np.array([expected]), funnel="none", target=1.0, found=None) == (word,)


def test_a_site_where_every_case_has_the_event_keeps_finite_figures():
    data = small()
    data["outcome"] = np.where(data["site"] == "s04", 1.0, data["outcome"])
    site = compare(cohort_of(data), settings=FEW).sites[4]
    assert site.observed == site.n
    figures = (site.oe_upper, site.effect, site.z, site.p_value, site.shrunken_rate_upper, site.predicted_to_expected)
    assert np.isfinite(figures).all()
    assert site.shrunken_rate < 1


def test_sites_that_are_alike_have_plain_limits_and_no_reliability():
    block = small(n=60, sites=1)
    data = {name: np.tile(values, 12) for name, values in block.items()}
    data["site"] = np.repeat([f"s{number:02d}" for number in range(12)], 60)
    for kind in ("additive", "multiplicative"):
        result = compare(cohort_of(data, adjusters=()), settings=replace(FEW, funnel=kind))
        assert result.model.sigma == 0
        assert any("cannot distinguish" in note for note in result.notes)
        assert {site.reliability for site in result.sites} == {0.0}
        assert {site.predicted_to_expected for site in result.sites} == {1.0}
        assert {site.outside for site in result.sites} == {"none"}
        assert result.overall.dispersion_tau2 == 0
        assert len({round(site.shrunken_rate, 9) for site in result.sites}) == 1


def test_an_aliased_covariate_is_dropped_and_named():
    data = small()
    data["twice"] = 2 * data["x"] + 1
    result = compare(cohort_of(data, adjusters=(Adjuster(name="x"), Adjuster(name="twice"))), settings=FEW)
    assert [term.name for term in result.model.terms] == ["(Intercept)", "x"]
    assert any("Column twice is determined by" in note for note in result.notes)


def test_a_risk_of_0_or_1_is_separation_and_is_said():
    data = small(n=900)
    data["rare"] = (np.arange(900) % 50 == 0).astype(float)
    data["outcome"] = np.where(data["rare"] == 1, 1.0, data["outcome"])
    result = compare(cohort_of(data, adjusters=(Adjuster(name="rare"), Adjuster(name="x"))), settings=FEW)
    assert any("Along rare every case has" in note for note in result.notes)
    assert ((result.expected_risk > 0) & (result.expected_risk < 1)).all()


@pytest.mark.parametrize("values", [[4.0], [4.0] * 15])
def test_a_chart_without_movement_has_no_limits(values):
    chart = xmr_chart(values=values)
    assert np.isnan(chart.lower).all()
    assert np.isnan(chart.upper).all()


def test_ratings_of_one_kind_agree_wholly_and_have_no_kappa():
    found = cohen(ratings=[[1, 1]] * 8, n_categories=2)
    assert found.estimate is None
    assert found.agreement == 1.0
