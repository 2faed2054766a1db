"""The posterior of a site's ratio agrees with brute-force integration on rows, and covers what it promises."""

import numpy as np
import pytest
from scipy.stats import norm

from feedback.statistics import curves as table
from feedback.statistics import hierarchical, logistic, posterior, quadrature
from feedback.statistics.link import expit
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import cohort_of, small


def setting(**more):
    cohort = cohort_of(small(**more))
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    fixed = logistic.fit(rows)
    found = hierarchical.fit(rows, fixed=fixed)
    eta = rows.linear(found.beta)
    return rows, fixed, found, eta, table.tabulate(rows, eta, reach=12.0)


def brute_force(rows, eta, *, prior_scale, threshold_effect, power=0.25):
    """Integrate over (sigma, intercept, effect) on dense regular grids (midpoints in sigma), on every row."""
    sigmas = 0.04 * (np.arange(90) + 0.5)
    shifts = np.linspace(-1.8, 1.8, 73)
    z = np.linspace(-6.5, 6.5, 157)
    grid = np.linspace(-28, 28, 1401)
    at = eta[:, None] + grid
    log_l = np.add.reduceat(rows.events[:, None] * at - rows.trials[:, None] * np.logaddexp(0, at), rows.starts, axis=0)
    events = np.add.reduceat(rows.trials[:, None] * expit(at), rows.starts, axis=0)
    j = rows.n_sites
    parts = np.zeros((len(sigmas), len(shifts)))
    means = np.zeros((len(sigmas), len(shifts), j))
    below = np.zeros((len(sigmas), len(shifts), j))
    weight = norm.pdf(z) * (z[1] - z[0])
    for s, sigma in enumerate(sigmas):
        v = shifts[:, None] + sigma * z
        for site in range(j):
            like = np.exp(np.interp(v, grid, log_l[site] - log_l[site].max())) * weight
            total = like.sum(axis=1)
            parts[s] += np.log(total)
            means[s, :, site] = (like * np.interp(v, grid, events[site])).sum(axis=1) / total
            fine = np.clip((threshold_effect[site] - v) / (sigma * (z[1] - z[0])) + 0.5, 0.0, 1.0)
            below[s, :, site] = (like * fine).sum(axis=1) / total
    parts += power * np.log(sigmas[:, None]) - sigmas[:, None] ** 2 / (2 * prior_scale**2)
    omega = np.exp(parts - parts.max())
    omega /= omega.sum()
    return (omega[:, :, None] * means).sum(axis=(0, 1)), (omega[:, :, None] * below).sum(axis=(0, 1))


@pytest.mark.parametrize("sigma", [0.0, 0.9])
def test_the_posterior_agrees_with_brute_force(sigma):
    rows, fixed, found, eta, curves = setting(n=160, sites=5, sigma=sigma, seed=21)
    assert (found.sigma == 0) == (sigma == 0)
    expected = rows.by_site(rows.trials * fixed.fitted)
    mixture = posterior.integrate(curves, prior_scale=0.5)
    at_one = posterior.effect_for(curves, expected)
    mean, below = brute_force(rows, eta, prior_scale=0.5, threshold_effect=at_one)
    assert mixture.mean_events == pytest.approx(mean, rel=1e-3)
    assert posterior.quick_mean_events(curves, mixture) == pytest.approx(mean, rel=1e-3)
    assert posterior.probability_below(mixture, at_one) == pytest.approx(below, abs=6e-3)
    for p in (0.025, 0.975):
        there = posterior.quantile(mixture, p)
        assert posterior.probability_below(mixture, there) == pytest.approx(np.full(5, p), abs=1e-9)
        assert brute_force(rows, eta, prior_scale=0.5, threshold_effect=there)[1] == pytest.approx(
            np.full(5, p), abs=2e-3
        )


@pytest.mark.parametrize(("n", "sites"), [(100, 3), (160, 5), (1500, 6)])
@pytest.mark.parametrize("sigma", [0.003, 0.02, 0.15, 0.5, 3.0])
def test_the_marginal_is_that_of_a_close_quadrature_on_rows(n, sites, sigma):
    rows, _, _, eta, curves = setting(n=n, sites=sites)
    for centre in (-0.6, 0.0, 0.4):
        v, step = np.linspace(centre - 1.0 - 12.0 * sigma, centre + 1.0 + 12.0 * sigma, 2001, retstep=True)
        at = eta[:, None] + v
        cases = rows.events[:, None] * at - rows.trials[:, None] * np.logaddexp(0.0, at)
        away = (v - centre) / sigma
        terms = np.add.reduceat(cases, rows.starts, axis=0) + norm.logpdf(away) - np.log(sigma)
        top = terms.max(axis=1, keepdims=True)
        share = np.exp(terms - top)
        total = share.sum(axis=1, keepdims=True)
        mean = (share * away).sum(axis=1) / total[:, 0]
        variance = (share * away**2).sum(axis=1) / total[:, 0] - mean**2
        found = posterior.marginal(curves, sigma=np.array([sigma]), centre=np.array([centre]))
        assert found.value == pytest.approx((top + np.log(total * step)).sum(), abs=3e-6)
        assert found.slope == pytest.approx(mean.sum() / sigma, abs=5e-6)
        assert found.bend == pytest.approx((variance - 1.0).sum() / sigma**2, abs=2e-5)


def test_a_layer_holds_nearly_all_of_every_posterior():
    """The running integral ends at 1 for every site, and its quantiles are those of the density between its points."""
    for more in ({"n": 300, "sites": 6}, {"n": 5000, "sites": 4, "sigma": 1.2}):
        curves = setting(**more)[-1]
        mixture = posterior.integrate(curves)
        ends = sum(part[:, -1] for part in mixture.cumulative)
        assert ends == pytest.approx(np.ones(more["sites"]), abs=1e-7)
        low, high = posterior.quantile(mixture, 0.025), posterior.quantile(mixture, 0.975)
        inside = posterior.probability_below(mixture, high) - posterior.probability_below(mixture, low)
        assert inside == pytest.approx(np.full(more["sites"], 0.95), abs=1e-9)


def test_more_nodes_do_not_change_the_answer(monkeypatch):
    _, _, _, _, curves = setting(n=900, sites=15, sigma=0.5)
    few = posterior.integrate(curves)
    monkeypatch.setattr(posterior, "SIGMA_NODES", 60)
    monkeypatch.setattr(posterior, "INTERCEPT_NODES", 9)
    monkeypatch.setattr(posterior, "MORE_INTERCEPT_NODES", 25)
    many = posterior.integrate(curves)
    assert few.mean_events == pytest.approx(many.mean_events, rel=2e-4)
    for p in (0.025, 0.5, 0.975):
        assert posterior.quantile(few, p) == pytest.approx(posterior.quantile(many, p), abs=3e-3)


def test_the_tables_are_the_rows_to_many_digits():
    rows, _, _, eta, curves = setting(n=2000, sites=8)
    for v in (-3.37, -0.5, 0.0, 0.123, 2.2):
        p = expit(eta + v)
        at = np.full(8, v)
        log_l = rows.by_site(rows.events * (eta + v) - rows.trials * np.logaddexp(0, eta + v))
        assert table.log_likelihood(curves, at) == pytest.approx(log_l, abs=1e-6)
        assert table.events_at(curves, at) == pytest.approx(rows.by_site(rows.trials * p), rel=1e-6)
        bend = table.derivatives(curves, at)[1]
        assert bend == pytest.approx(-rows.by_site(rows.trials * p * (1 - p)), rel=1e-4)


def test_shifted_curves_are_those_of_other_counts():
    _, _, _, _, curves = setting(n=200, sites=4)
    more = np.array([1.0, 0.0, -1.0, 2.5])
    moved = curves.shifted(more)
    v = np.array([0.3, -0.2, 1.0, 0.05])
    assert table.log_likelihood(moved, v) == pytest.approx(table.log_likelihood(curves, v) + more * v)
    assert table.events_at(moved, v) == pytest.approx(table.events_at(curves, v))


def test_a_sharp_posterior_of_sigma_is_looked_at_more_closely():
    narrow = setting(n=12_000, sites=300, sigma=0.8, rate=-0.5)[-1]
    low, high = posterior._sigma_range(narrow, prior_scale=1.0)
    assert 0.3 < low < high < 1.3
    sigma = np.linspace(low, high, 3)
    values = posterior.marginal(narrow, sigma=sigma, centre=posterior._intercept(narrow, sigma)[0]).value
    assert values[1] - max(values[0], values[2]) > 8


def test_one_look_at_sigma_is_wide_but_sound(monkeypatch):
    narrow = setting(n=12_000, sites=300, sigma=0.8, rate=-0.5)[-1]
    inner = posterior._sigma_range(narrow, prior_scale=1.0)
    monkeypatch.setattr(posterior, "CLOSER_LOOKS", 1)
    outer = posterior._sigma_range(narrow, prior_scale=1.0)
    assert outer[0] <= inner[0] < inner[1] <= outer[1]


def test_draws_follow_the_same_distribution_and_their_seed():
    _, _, _, _, curves = setting(n=300, sites=6)
    mixture = posterior.integrate(curves)
    draws = posterior.draw_effects(mixture, draws=20_000, seed=5)
    assert (draws == posterior.draw_effects(mixture, draws=20_000, seed=5)).all()
    for p in (0.1, 0.5, 0.9):
        share = (draws < posterior.quantile(mixture, p)).mean(axis=0)
        assert share == pytest.approx(np.full(6, p), abs=0.012)


def test_a_search_cut_short_still_returns_its_best(monkeypatch):
    _, _, _, _, curves = setting(n=100, sites=3)
    monkeypatch.setattr(posterior, "INTERCEPT_STEPS", 1)
    assert np.isfinite(posterior._intercept(curves, np.array([0.5]))[0]).all()


def test_a_prior_and_a_probability_must_make_sense():
    _, _, _, _, curves = setting(n=100, sites=3)
    with pytest.raises(ValueError, match="prior scale"):
        posterior.integrate(curves, prior_scale=0.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        posterior.quantile(posterior.integrate(curves), 1.0)
    assert quadrature.legendre(5)[1].sum() == pytest.approx(1.0)
