"""The cluster bootstrap draws whole sites, keeps copies apart, follows its seed and lies around the estimates."""

import numpy as np
import pytest

from feedback.statistics import bootstrap, hierarchical, logistic
from feedback.statistics.cohort import build
from feedback.statistics.link import expit, logit
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import cohort_of, small


def rows_of(**more):
    cohort = cohort_of(small(**more))
    return arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)


def predicted_events(rows, *, beta, effect):
    return rows.by_site(rows.counted(expit(rows.linear(beta) + effect[rows.site])))


def test_an_exact_sample_is_a_fit_of_its_own_to_a_thousandth_of_the_spread():
    rows = rows_of(n=3000, sites=12, sigma=0.7)
    drawn = bootstrap.draw(draws=4, sites=12, seed=3)
    found = bootstrap.standardised_rates(rows, draws=4, seed=3, method="exact").rates
    for sites, noise, got in zip(drawn.sites, drawn.noise, found, strict=True):
        sample = rows.resampled(sites)
        mixed = hierarchical.fit(sample, fixed=logistic.fit(sample))
        ratio = predicted_events(
            sample, beta=mixed.beta, effect=mixed.effect + noise[sites] * mixed.effect_standard_error
        )
        ratio /= predicted_events(sample, beta=mixed.beta, effect=np.zeros(12))
        want = np.full(12, np.nan)
        want[sites] = ratio * sample.events.sum() / sample.trials.sum()
        assert got == pytest.approx(want, abs=3e-6, nan_ok=True)


def test_intervals_lie_around_the_standardised_rates():
    rows = rows_of(n=1500, sites=10, sigma=0.7)
    mixed = hierarchical.fit(rows, fixed=logistic.fit(rows))
    ratio = predicted_events(rows, beta=mixed.beta, effect=mixed.effect)
    ratio /= predicted_events(rows, beta=mixed.beta, effect=np.zeros(10))
    rate = ratio * rows.events.sum() / rows.trials.sum()
    found = bootstrap.standardised_rates(rows, draws=40, seed=3)
    assert found.failed == 0
    assert ((found.lower < rate) & (rate < found.upper)).mean() >= 0.9
    assert found.appearances.mean() == pytest.approx(40 * (1 - 0.9**10), rel=0.15)
    again = bootstrap.standardised_rates(rows, draws=40, seed=3)
    assert (found.lower == again.lower).all()


def test_copies_of_a_site_are_sites_of_their_own():
    rows = rows_of(n=200, sites=5)
    copy = rows.resampled(np.array([2, 2, 4, 0, 2]))
    n = rows.by_site(rows.trials)
    assert copy.by_site(copy.trials).tolist() == n[[2, 2, 4, 0, 2]].tolist()
    assert copy.n_sites == 5


def test_an_offset_is_resampled_too():
    data = small(n=300, sites=5)
    risk = np.linspace(0.1, 0.5, 300)
    cohort = build(site=data["site"], outcome=data["outcome"], risk=risk)
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome, offset=logit(cohort.risk))
    copy = rows.resampled(np.arange(5))
    assert (copy.offset == rows.offset).all()
    assert len(rows.thin(3).offset) == 100
    assert (rows.take(np.array([1, 3])).offset == rows.offset[np.isin(rows.site, [1, 3])]).all()


def test_samples_that_cannot_be_fitted_are_counted(monkeypatch):
    rows = rows_of(n=200, sites=4)
    with pytest.raises(ValueError, match="at least one draw"):
        bootstrap.standardised_rates(rows, draws=0)
    whole = logistic.fit

    def unsettled(given):
        return whole(given, max_iterations=1)

    monkeypatch.setattr(bootstrap.logistic, "fit", unsettled)
    found = bootstrap.standardised_rates(rows, draws=3)
    assert found.failed == 3
    assert np.isnan(found.lower).all()
