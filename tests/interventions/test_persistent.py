import numpy as np
import pytest

from feedback.statistics.link import expit
from interventions.deviance.confirmation import Confirmation, confirm
from interventions.deviance.persistent import calibrated, persistent
from interventions.deviance.selection import select
from interventions.deviance.series import Counts


def table(observed, *, n=500.0, risk=0.06):
    count = np.asarray(observed, dtype=float)
    cases = np.full(count.shape, n)
    return Counts(cases=cases, observed=count, expected=cases * risk, variance=cases * risk * (1 - risk))


def spread(sites=30, seed=3, sigma=0.4):
    random = np.random.default_rng(seed)
    effect = random.normal(0, sigma, sites)
    return table(random.binomial(500, expit(np.log(0.06 / 0.94) + effect[:, None]), (sites, 3))), effect


def test_the_posterior_agrees_with_brute_force_integration():
    """One by one: every effect of site and periods on a grid, for one sigma, omega and centre at a time."""
    from interventions.deviance import persistent as room

    counted = table([[10, 14], [30, 31], [28, 33], [45, 40], [31, 30]])
    grid = np.arange(-3, 3.0001, 0.05)
    height = room._log_likelihood(counted, grid=grid)
    fitted = persistent(counted)
    total, below = 0.0, np.zeros(5)
    shifts = np.round(room.CENTRES / 0.05).astype(int)
    for s, sigma in enumerate(room.SIGMAS):
        for o, omega in enumerate(room.OMEGAS):
            blur = np.exp(-0.5 * ((grid[:, None] - grid) / max(omega, 0.0125)) ** 2)
            blur /= blur.sum(axis=1, keepdims=True)
            per_site = np.prod([np.exp(height[:, t]) @ blur.T for t in range(2)], axis=0)
            for shift in shifts:
                prior = np.exp(-0.5 * ((grid - shift * 0.05) / max(sigma, 0.0125)) ** 2)
                prior /= prior.sum()
                evidence = per_site @ prior
                weight = (
                    evidence.prod() * room._prior(room.SIGMAS, scale=0.5)[s] * room._prior(room.OMEGAS, scale=0.3)[o]
                )
                cumulative = np.cumsum(per_site * prior, axis=1)
                edge = grid - shift * 0.05 + 0.025
                total += weight
                below += weight * np.array([np.interp(np.log(0.9), edge, row) for row in cumulative]) / evidence
    assert np.allclose(1 - below / total, fitted.probability_false, atol=2e-3)
    assert np.argmin(fitted.probability_false) == 0


def test_the_more_results_swing_from_period_to_period_the_less_a_good_one_counts():
    steady = np.full((20, 2), 30)
    swinging = np.array([(42, 18), (18, 42)] * 10)
    steady[0] = swinging[0] = (12, 12)
    calm, wild = persistent(table(steady)), persistent(table(swinging))
    assert calm.omega < wild.omega
    assert calm.probability_false[0] < wild.probability_false[0]
    assert (calm.lower < calm.odds_ratio).all()
    assert (calm.odds_ratio < calm.upper).all()


def test_where_nobody_differs_nobody_is_probable():
    even = persistent(table(np.full((20, 2), 30)))
    assert even.sigma < 0.1
    assert (even.probability_false > 0.8).all()


def test_true_effects_are_recovered():
    counted, effect = spread()
    fitted = persistent(counted)
    assert np.corrcoef(np.log(fitted.odds_ratio), effect)[0, 1] > 0.9
    assert 0.25 < fitted.sigma < 0.6
    covered = (np.log(fitted.lower) < effect - np.median(effect)) & (effect - np.median(effect) < np.log(fitted.upper))
    assert covered.mean() > 0.8


def test_row_order_is_irrelevant_and_a_site_without_cases_keeps_the_distribution_of_all():
    counted, _ = spread(sites=12)
    turned = Counts(**{name: getattr(counted, name)[::-1] for name in ("cases", "observed", "expected", "variance")})
    assert np.allclose(persistent(counted).probability_false, persistent(turned).probability_false[::-1])
    tables = [
        np.vstack([getattr(counted, name), np.zeros(3)]) for name in ("cases", "observed", "expected", "variance")
    ]
    empty = persistent(Counts(*tables))
    assert 0.2 < empty.probability_false[-1] < 0.9
    assert empty.odds_ratio[-1] == pytest.approx(1, abs=0.1)


def test_extreme_counts_stay_finite():
    extreme = persistent(table([[0, 0], [500, 500], [30, 30], [30, 30], [30, 30]]))
    assert np.isfinite(extreme.odds_ratio).all()
    none = persistent(table(np.zeros((5, 2))))
    assert np.isfinite(none.probability_false).all()


@pytest.mark.parametrize("bound", [0, 1, np.nan])
def test_the_bound_lies_between_0_and_1(bound):
    with pytest.raises(ValueError):
        persistent(table(np.full((5, 2), 30)), bound=bound)


def test_calibration_makes_expected_and_observed_meet_in_each_period():
    counted, _ = spread(sites=12)
    assert np.allclose(calibrated(counted).sum(axis=0), counted.observed.sum(axis=0))


def test_the_largest_set_within_the_share_is_taken():
    assert select([0.3, 0.01, np.nan, 0.05, 0.2]).tolist() == [1, 3, 4]
    assert select([0.3, 0.01, 0.05, 0.2], share=0.05).tolist() == [1, 2]
    assert select([0.5, np.nan]).tolist() == []
    assert select([]).tolist() == []
    assert select([0.1, 0.1, 0.1]).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("chance", "share"), [([[0.1]], 0.1), ([-0.1], 0.1), ([1.1], 0.1), ([0.1], 0), ([0.1], 1)])
def test_what_is_no_probability_is_an_error(chance, share):
    with pytest.raises(ValueError):
        select(chance, share=share)


def latest(last):
    observed = np.full((20, 3), 30)
    observed[0] = (8, 9, last)
    return confirm(table(observed), site=0, bound=0.9, share=0.1)


def test_the_latest_period_confirms_or_contradicts():
    assert latest(10).says is Confirmation.CONFIRMS
    assert latest(10).upper < 1
    assert latest(40).says is Confirmation.CONTRADICTS
    assert latest(10).probability_false < latest(40).probability_false


def test_a_latest_period_that_says_little_is_silent():
    observed = np.full((20, 3), 30)
    observed[0] = (25, 25, 29)
    assert confirm(table(observed), site=0, bound=0.9, share=0.1).says is Confirmation.SILENT
    counted = table(observed)
    for name in ("cases", "observed", "expected", "variance"):
        getattr(counted, name)[0, 2] = 0
    nothing = confirm(counted, site=0, bound=0.9, share=0.1)
    assert nothing.says is Confirmation.SILENT
    assert nothing.ratio is nothing.lower is nothing.upper is None
