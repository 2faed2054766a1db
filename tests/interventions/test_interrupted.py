import numpy as np
import pytest

from interventions.impact.improvement import most_improved
from interventions.impact.interrupted import counts, segmented
from interventions.impact.refusal import ImpactRefusal
from tests.interventions.recovery.series import coverage


def line(*, step=-0.02, slope=-0.001, noise=0.0, periods=20, start=12, seed=1):
    time = np.arange(periods)
    after = time >= start
    return (
        0.05
        + 0.001 * time
        + after * (step + slope * (time - start))
        + noise * np.random.default_rng(seed).normal(size=periods)
    )


def test_a_series_without_noise_is_read_exactly():
    found = segmented(excess=line(noise=1e-9), cases=np.full(20, 50), start=12)
    assert found.step.value == pytest.approx(-0.02, abs=1e-6)
    assert found.slope.value == pytest.approx(-0.001, abs=1e-6)
    assert found.mean.value == pytest.approx(-0.02 - 0.001 * 3.5, abs=1e-6)
    assert found.trend.value == pytest.approx(0.001, abs=1e-6)
    assert [band.period for band in found.band] == list(range(12, 20))
    assert found.band[0].value == pytest.approx(0.05 + 0.001 * 12, abs=1e-6)
    assert segmented(excess=line(), cases=np.full(20, 50), start=12).step.value == pytest.approx(-0.02, abs=1e-9)


def test_step_only_and_left_out_periods():
    excess = line(slope=0.0, noise=1e-9)
    excess[10:12] = 0.5
    found = segmented(excess=excess, cases=np.full(20, 50), start=12, left_out=2, slope=False)
    assert found.slope is None
    assert found.step.value == pytest.approx(-0.02, abs=1e-6)
    assert found.mean.value == pytest.approx(found.step.value)


def test_periods_without_cases_are_passed_over():
    cases = np.full(20, 50)
    cases[3] = 0
    excess = line(noise=1e-9)
    excess[3] = 9.0
    assert segmented(excess=excess, cases=cases, start=12).step.value == pytest.approx(-0.02, abs=1e-6)


def test_autocorrelation_is_found_and_widens_the_interval():
    random = np.random.default_rng(4)
    shock = random.normal(size=60)
    for t in range(1, 60):
        shock[t] = 0.6 * shock[t - 1] + 0.8 * shock[t]
    found = segmented(excess=0.02 * shock, cases=np.full(60, 50), start=40)
    assert 0.3 < found.memory <= 0.8
    calm = segmented(excess=0.02 * random.normal(size=60), cases=np.full(60, 50), start=40)
    assert calm.memory < 0.3


def test_independent_periods_agree_with_weighted_least_squares():
    import statsmodels.api as sm

    cases = np.arange(20) + 30
    excess = line(noise=0.01, seed=6) + 0.03 * (-1.0) ** np.arange(20)
    found = segmented(excess=excess, cases=cases, start=12)
    time = np.arange(20)
    after = time >= 12
    design = np.column_stack([np.ones(20), time - 12, after, after * (time - 12)])
    fitted = sm.WLS(excess, design, weights=cases).fit()
    assert found.memory == 0
    assert found.step.value == pytest.approx(fitted.params[2])
    assert (found.step.lower, found.step.upper) == pytest.approx(tuple(fitted.conf_int()[2]))


def test_the_interval_covers_the_truth():
    assert coverage(periods=24, start=14, memory=0.3, slope=False, replicates=60, seed=3) >= 0.85


def test_short_or_flat_series_are_refused():
    def code(**changes):
        with pytest.raises(ImpactRefusal) as refused:
            segmented(**{"excess": line(), "cases": np.full(20, 50), "start": 12, **changes})
        return refused.value.code

    assert code(start=7) == "TOO_SHORT"
    assert code(start=18) == "TOO_SHORT"
    assert code(excess=np.full(20, 0.1)) == "NO_VARIATION"
    with pytest.raises(ImpactRefusal):
        counts(observed=np.ones(10), expected=np.ones(10), start=7)


@pytest.mark.parametrize("changes", [{"excess": np.zeros((2, 10))}, {"cases": np.ones(3)}, {"cases": np.full(20, -1)}])
def test_impossible_series_are_errors(changes):
    with pytest.raises(ValueError):
        segmented(**{"excess": line(), "cases": np.full(20, 50), "start": 12, **changes})


@pytest.mark.parametrize(
    "changes", [{"observed": np.ones(3)}, {"observed": np.full(20, -1)}, {"expected": np.zeros(20)}]
)
def test_impossible_counts_are_errors(changes):
    with pytest.raises(ValueError):
        counts(**{"observed": np.full(20, 5), "expected": np.full(20, 5.0), "start": 12, **changes})


def test_the_lags_may_be_declared():
    observed = np.random.default_rng(3).poisson(20, 30)
    one = counts(observed=observed, expected=np.full(30, 20.0), start=18, lags=1)
    four = counts(observed=observed, expected=np.full(30, 20.0), start=18, lags=4)
    assert (one.value, one.lower) == (four.value, four.lower)
    assert one.robust_lower != four.robust_lower


def windows(*, better=(), seed=2, sites=20, n=800):
    random = np.random.default_rng(seed)
    size = np.full((sites, 2), n)
    rate = np.full((sites, 2), 0.10)
    rate[list(better), 1] = 0.03
    return {"cases": size, "observed": random.binomial(size, rate), "expected": size * 0.1, "variance": size * 0.09}


def test_the_most_improved_are_those_who_improved():
    found = most_improved(**windows(better=(3, 8)), adverse=True)
    assert set(found.improved) == {3, 8}
    assert (np.abs(found.shrunken - found.mean) <= np.abs(found.raw - found.mean) + 1e-12).all()
    assert found.spread > 0
    assert most_improved(**windows(better=(3, 8)), adverse=False).improved != found.improved


def test_where_nobody_changed_nobody_is_praised():
    nobody = [most_improved(**windows(seed=seed), adverse=True) for seed in range(20)]
    assert sum(len(found.improved) for found in nobody) <= 4
    flat = windows()
    flat["observed"] = np.full((20, 2), 80)
    assert most_improved(**flat, adverse=True).improved == ()


def test_sites_without_cases_in_a_window_have_no_change():
    tables = windows(better=(3,))
    for table in tables.values():
        table[5, 1] = 0
    found = most_improved(**tables, adverse=True)
    assert np.isnan(found.raw[5])
    assert np.isnan(found.probability[5])
    assert 3 in found.improved


def test_impossible_windows_are_errors_and_few_sites_a_refusal():
    with pytest.raises(ImpactRefusal):
        most_improved(**windows(sites=4), adverse=True)
    for wrong in (
        {"cases": np.ones(20)},
        {"cases": np.ones((20, 3))},
        {"observed": np.full((20, 2), 801)},
        {"variance": np.full((20, 2), -1)},
    ):
        with pytest.raises(ValueError):
            most_improved(**{**windows(), **wrong}, adverse=True)
