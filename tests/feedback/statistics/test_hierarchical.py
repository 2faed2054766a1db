"""The random-intercept model agrees with an independent integration and optimiser, and obeys its identities."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, optimize
from scipy.stats import chi2, norm

from feedback.statistics import hierarchical, logistic, separation, site_blocks, site_expansion, site_terms
from feedback.statistics.quadrature import hermite
from feedback.statistics.refusal import ComparisonRefusal
from feedback.statistics.rows import arrange
from feedback.statistics.separation import direction, separating_columns
from feedback.statistics.simulate import collaborative
from tests.feedback.statistics.cohorts import cohort_of, small


def rows_and_fit(data, **more):
    cohort = cohort_of(data, **more)
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome, weights=cohort.weights)
    return cohort, rows, logistic.fit(rows)


def independent_log_likelihood(theta, cohort):
    """Integrate each site over a fine regular grid of its effect: no adaptive rule, no expansion, no sorting."""
    beta, sigma = theta[:-1], np.exp(theta[-1])
    eta = cohort.design.matrix() @ beta
    total = 0.0
    for j in range(len(cohort.labels)):
        mine = cohort.site == j
        u = sigma * np.linspace(-9, 9, 1201)
        at = eta[mine][:, None] + u
        log_f = (cohort.outcome[mine][:, None] * at - np.logaddexp(0, at)).sum(axis=0) + norm.logpdf(u, scale=sigma)
        top = log_f.max()
        total += top + np.log(integrate.trapezoid(np.exp(log_f - top), u))
    return total


def test_the_estimates_agree_with_an_independent_maximiser():
    cohort, rows, fixed = rows_and_fit(small(n=240, sites=9))
    found = hierarchical.fit(rows, fixed=fixed, quadrature=25)
    theta = np.append(found.beta, np.log(found.sigma))
    assert independent_log_likelihood(theta, cohort) == pytest.approx(found.log_likelihood, abs=1e-8)
    other = optimize.minimize(
        lambda t: -independent_log_likelihood(t, cohort), theta + 0.05, method="BFGS", options={"gtol": 1e-5}
    )
    errors = np.sqrt(np.diag(found.covariance))
    assert np.abs(other.x[:-1] - found.beta).max() < 1e-3 * errors.min()
    assert np.exp(other.x[-1]) == pytest.approx(found.sigma, rel=1e-3)
    assert -other.fun <= found.log_likelihood + 1e-7
    ratio = 2 * (found.log_likelihood - fixed.log_likelihood)
    assert found.sigma_p_value == pytest.approx(0.5 * chi2.sf(ratio, 1))
    for j in range(len(cohort.labels)):
        mine = cohort.site == j
        eta = cohort.design.matrix()[mine] @ found.beta

        def negative(u, eta=eta, y=cohort.outcome[mine]):
            return -(y * (eta + u) - np.logaddexp(0, eta + u)).sum() + u**2 / (2 * found.sigma**2)

        mode = optimize.minimize_scalar(negative, bracket=(-1, 1), options={"xtol": 1e-11}).x
        assert abs(mode - found.effect[j]) < 1e-6
        p = 1 / (1 + np.exp(-eta - mode))
        assert found.effect_standard_error[j] == pytest.approx(
            ((p * (1 - p)).sum() + found.sigma**-2) ** -0.5, rel=1e-6
        )


def test_sites_without_events_and_of_five_cases_do_not_disturb_the_agreement():
    data = small(n=300, sites=20, sigma=1.0, rate=-2.6, seed=11)
    tiny = np.isin(data["site"], ["s00", "s01", "s02"])
    data["outcome"][tiny] = 0
    cohort, rows, fixed = rows_and_fit(data)
    found = hierarchical.fit(rows, fixed=fixed, quadrature=25)
    theta = np.append(found.beta, np.log(found.sigma))
    assert (rows.by_site(rows.events) == 0).sum() >= 3
    assert independent_log_likelihood(theta, cohort) == pytest.approx(found.log_likelihood, abs=1e-7)
    for step in np.eye(len(theta)) * 1e-2:
        assert independent_log_likelihood(theta + step, cohort) < found.log_likelihood
        assert independent_log_likelihood(theta - step, cohort) < found.log_likelihood


def test_the_standard_errors_are_those_of_the_numerical_hessian():
    cohort, rows, fixed = rows_and_fit(small(n=240, sites=9))
    found = hierarchical.fit(rows, fixed=fixed, quadrature=25)
    theta = np.append(found.beta, np.log(found.sigma))
    k, h = len(theta), 1e-3
    unit = np.eye(k) * h
    hessian = np.empty((k, k))
    for a in range(k):
        for b in range(k):
            corners = [
                independent_log_likelihood(theta + sa * unit[a] + sb * unit[b], cohort)
                for sa, sb in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            ]
            hessian[a, b] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h * h)
    want = np.linalg.inv(-hessian)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(np.sqrt(np.diag(want))[:-1], rel=1e-4)
    assert found.sigma_standard_error == pytest.approx(found.sigma * np.sqrt(want[-1, -1]), rel=1e-4)


@pytest.mark.parametrize("quadrature", [1, 2, 5, 15])
@pytest.mark.parametrize("look", [site_terms.by_rows, site_expansion.by_expansion])
def test_the_gradient_is_that_of_the_quadrature_sum_itself(quadrature, look):
    _, rows, fixed = rows_and_fit(small(n=3000, sites=6, sigma=0.3))

    def value(theta, start):
        return look(
            rows,
            rows.linear(theta[:-1]),
            sigma=np.exp(theta[-1]),
            quadrature=quadrature,
            start=start,
            with_curvature=False,
        )

    theta = np.append(fixed.beta + 0.02, np.log(0.4))
    start = value(theta, np.zeros(rows.n_sites)).mode
    here = value(theta, start)
    gradient = np.append(rows.cross(here.residual), here.sigma_score.sum())
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = 1e-4
        up, down = (value(theta + sign * step, start).log_likelihood.sum() for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-4, abs=2e-4)


def test_expansion_and_rows_give_the_same_terms():
    _, rows, fixed = rows_and_fit(small(n=4000, sites=5, sigma=0.4))
    eta = rows.linear(fixed.beta)
    exact = site_terms.by_rows(rows, eta, sigma=0.4, quadrature=15, start=np.zeros(5), with_curvature=True)
    quick = site_expansion.by_expansion(
        rows, eta, sigma=0.4, quadrature=15, start=exact.mode + 0.01, with_curvature=True
    )
    for name in ("log_likelihood", "mode", "scale", "sigma_score", "residual", "curvature"):
        assert getattr(quick, name) == pytest.approx(getattr(exact, name), abs=1e-7), name
    information = [hierarchical.block_information(rows, terms, 0.4) for terms in (exact, quick)]
    assert information[1] == pytest.approx(information[0], rel=1e-4, abs=1e-3)


def test_repetition_equals_weight():
    data = small(n=200, sites=6)
    times = np.random.default_rng(1).integers(1, 4, 200)
    long = {key: np.repeat(values, times) for key, values in data.items()}
    _, rows, fixed = rows_and_fit(data, weights=times)
    _, many, fixed_many = rows_and_fit(long)
    assert fixed.beta == pytest.approx(fixed_many.beta, abs=1e-9)
    one, two = (hierarchical.fit(r, fixed=f) for r, f in ((rows, fixed), (many, fixed_many)))
    assert one.sigma == pytest.approx(two.sigma, abs=1e-7)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-8)
    assert one.effect == pytest.approx(two.effect, abs=1e-7)


def test_no_spread_gives_sigma_exactly_zero_and_the_plain_model():
    data = small(n=600, sites=10, sigma=0.0, seed=21)
    _, rows, fixed = rows_and_fit(data)
    found = hierarchical.fit(rows, fixed=fixed)
    assert found.sigma == 0
    assert found.sigma_p_value == 0.5
    assert found.sigma_standard_error is None
    assert (found.beta == fixed.beta).all()
    assert not found.effect.any()
    assert not found.effect_standard_error.any()


def test_a_search_stopped_early_says_so():
    _, rows, fixed = rows_and_fit(small(n=400, sites=12, sigma=1.2))
    assert not hierarchical.fit(rows, fixed=fixed, max_iterations=1).converged
    assert not logistic.fit(rows, max_iterations=1).converged


def test_many_small_sites_are_worked_in_blocks(monkeypatch):
    _, rows, fixed = rows_and_fit(small(n=400, sites=12))
    whole = hierarchical.fit(rows, fixed=fixed)
    monkeypatch.setattr(site_blocks, "BLOCK_ELEMENTS", 1500)
    blocks = site_blocks.split(rows, site_blocks.weights(rows, fixed.fitted), nodes=15, large_site=50.0)
    assert len(blocks) > 2
    assert sum(len(block.sites) for block in blocks) == 12
    assert hierarchical.fit(rows, fixed=fixed).sigma == pytest.approx(whole.sigma, abs=1e-9)


def test_a_step_that_cannot_rise_ends_the_search():
    _, rows, fixed = rows_and_fit(small(n=400, sites=12))
    blocks = site_blocks.split(rows, site_blocks.weights(rows, fixed.fitted), nodes=15, large_site=50.0)
    point = hierarchical._start(rows, blocks, fixed=fixed, quadrature=15)
    down = np.append(-1e3 * point.gradient[:-1], 0.0)
    assert hierarchical._search(blocks, point, down, quadrature=15) is None


def test_a_mode_that_does_not_settle_is_an_error(monkeypatch):
    _, rows, fixed = rows_and_fit(small())
    monkeypatch.setattr(site_terms, "MODE_ITERATIONS", 1)
    with pytest.raises(ArithmeticError, match="did not settle"):
        hierarchical.fit(rows, fixed=fixed)


@pytest.mark.parametrize("nodes", [0, 26])
def test_too_few_or_too_many_nodes_are_refused(nodes):
    with pytest.raises(ValueError, match="1 to 25"):
        hermite(nodes)


def test_simulated_coefficients_and_sigma_are_recovered():
    truth = collaborative(n=40_000, sites=100, sigma=0.4, seed=9, adjusters=3)
    cohort = truth.cohort()
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    found = hierarchical.fit(rows, fixed=logistic.fit(rows))
    place = dict(zip(cohort.design.names, found.beta, strict=True))
    assert found.sigma == pytest.approx(0.4, abs=3 * found.sigma_standard_error)
    assert place["age"] == pytest.approx(0.35, abs=0.06)
    assert np.corrcoef(found.effect, truth.effect)[0, 1] > 0.7


def test_a_long_separated_design_is_found_through_a_part_of_its_rows():
    random = np.random.default_rng(6)
    n = 20_000
    data = {
        "site": random.integers(0, 5, n).astype(str),
        "outcome": (random.random(n) < 0.3).astype(float),
        "x": random.normal(size=n),
        "rare": np.zeros(n),
        "level": np.array(["a", "b", "c"])[random.integers(0, 3, n)],
    }
    cohort = cohort_of(data)
    assert separating_columns(cohort.design, outcome=cohort.outcome) == ()
    data["rare"][[11, 503, 7777]] = 1
    data["outcome"][[11, 503, 7777]] = 1
    rare = cohort_of({**data, "level": np.where(data["rare"] == 1, "r", data["level"])})
    assert separating_columns(rare.design, outcome=rare.outcome) == ("levelr",)
    data["outcome"][7777] = 0
    mixed = cohort_of({**data, "level": np.where(data["rare"] == 1, "r", data["level"])})
    assert separating_columns(mixed.design, outcome=mixed.outcome) == ()


def test_a_separated_number_is_named_although_its_first_part_misleads():
    random = np.random.default_rng(7)
    n = 9000
    outcome = np.zeros(n)
    outcome[1::40] = 1
    data = {
        "site": random.integers(0, 5, n).astype(str),
        "outcome": outcome,
        "x": random.normal(size=n),
        "level": ["a", "b"] * (n // 2),
    }
    data["x"] = np.where(outcome == 1, 5 + np.abs(data["x"]), -np.abs(data["x"]))
    cohort = cohort_of(data)
    assert "x" in separating_columns(cohort.design, outcome=cohort.outcome)


def test_the_programme_reports_its_own_failure(monkeypatch):
    class Failed:
        status, message = 4, "numerical trouble"

    monkeypatch.setattr(separation, "linprog", lambda **given: Failed())
    with pytest.raises(RuntimeError, match="numerical trouble"):
        direction(np.ones((2, 1)), outcome=np.array([1.0, 0.0]))


def test_an_overshooting_step_is_halved_and_a_falling_one_refused():
    _, rows, fixed = rows_and_fit(small(n=200, sites=4))
    far = fixed.beta + np.array([4.0, -6.0, 3.0, 5.0])
    assert logistic.fit(rows, start=far).beta == pytest.approx(fixed.beta, abs=1e-8)
    up = np.linalg.solve(np.linalg.inv(fixed.covariance), np.ones(4)) * 50
    here = logistic._look(rows, fixed.beta)
    assert here.value == fixed.log_likelihood
    unreachable = replace(here, value=here.value + 1.0)
    assert logistic._advance(rows, here=unreachable, step=up) is unreachable


def test_long_data_start_from_a_part_of_their_rows(monkeypatch):
    _, rows, fixed = rows_and_fit(small(n=3000, sites=5))
    monkeypatch.setattr(logistic, "LONG", 1000)
    assert logistic.fit(rows).beta == pytest.approx(fixed.beta, abs=1e-9)
    assert logistic.fit(rows).iterations < fixed.iterations
    monkeypatch.setattr(logistic, "THINNING", 700)
    assert logistic.fit(rows).beta == pytest.approx(fixed.beta, abs=1e-9)


def test_an_expansion_cut_short_is_still_near(monkeypatch):
    _, rows, fixed = rows_and_fit(small(n=4000, sites=5, sigma=0.4))
    given = {"sigma": 0.4, "quadrature": 5, "start": np.zeros(5), "with_curvature": False}
    full = site_expansion.by_expansion(rows, rows.linear(fixed.beta), **given)
    monkeypatch.setattr(site_expansion, "MODE_ITERATIONS", 2)
    short = site_expansion.by_expansion(rows, rows.linear(fixed.beta), **given)
    assert short.log_likelihood == pytest.approx(full.log_likelihood, abs=1e-2)


def test_a_singular_information_is_not_called_converged():
    data = small(n=100, sites=3)
    cohort = cohort_of(data)
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    broken = np.full(rows.k, np.nan)
    assert not logistic.fit(rows, start=broken).converged
    empty = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome, weights=np.zeros(100))
    assert not logistic.fit(empty).converged
    assert isinstance(ComparisonRefusal("A", ("b",)), Exception)
