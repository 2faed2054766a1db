"""The comparison as a whole: identities, degenerate inputs, refusals, given risks, and equal bytes for equal inputs."""

import json
from dataclasses import replace

import numpy as np
import pytest

from feedback.statistics import firth, fitting, logistic, penalised
from feedback.statistics.cohort import Adjuster, build
from feedback.statistics.compare import ComparisonRefusal, Settings, compare, to_document
from feedback.statistics.link import expit
from feedback.statistics.risk_model import RiskModelFit, expected_under
from feedback.statistics.simulate import collaborative
from tests.feedback.statistics.cohorts import cohort_of, small

FEW = Settings(draws=200)


def document(data, settings=FEW, **more):
    return to_document(compare(cohort_of(data, **more), settings=settings))


def close(one, two, *, tolerance=1e-6, skip=()):
    """Assert that two documents agree number by number."""
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            if key not in skip:
                close(one[key], two[key], tolerance=tolerance, skip=skip)
    elif isinstance(one, list):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            close(a, b, tolerance=tolerance, skip=skip)
    elif isinstance(one, float) and isinstance(two, float):
        assert one == pytest.approx(two, rel=tolerance, abs=tolerance)
    else:
        assert one == two


def test_expected_adds_up_to_observed_and_equal_inputs_give_equal_bytes():
    data = small()
    first, second = (json.dumps(document(data), allow_nan=False) for _ in range(2))
    assert first == second
    result = compare(cohort_of(data), settings=FEW)
    assert sum(site.expected for site in result.sites) == pytest.approx(result.overall.observed, abs=1e-8)
    assert result.expected_risk.sum() == pytest.approx(result.overall.observed, abs=1e-8)
    by_site = [result.expected_risk[cohort_of(data).site == j].sum() for j in range(12)]
    assert by_site == pytest.approx([site.expected for site in result.sites])
    assert "NaN" not in first


def test_row_order_and_labels_do_not_matter():
    data = small()
    order = np.random.default_rng(9).permutation(len(data["outcome"]))
    close(document(data), document({key: values[order] for key, values in data.items()}))
    renamed = {**data, "site": np.char.replace(data["site"], "s", "Z")}
    close(document(data), document(renamed), skip=("site",))


@pytest.mark.parametrize("unit", [1e-5, 1e5])
def test_the_unit_of_a_covariate_does_not_matter(unit):
    data = small(n=600)
    one = compare(cohort_of(data), settings=FEW)
    two = compare(cohort_of({**data, "x": data["x"] * unit}), settings=FEW)
    assert [site.shrunken_rate for site in two.sites] == pytest.approx(
        [site.shrunken_rate for site in one.sites], rel=1e-7
    )
    assert two.model.terms[1].estimate * unit == pytest.approx(one.model.terms[1].estimate, rel=1e-7)


def test_repetition_equals_weight_throughout():
    data = small(n=200, sites=6)
    times = np.random.default_rng(1).integers(1, 4, 200)
    long = {key: np.repeat(values, times) for key, values in data.items()}
    close(
        document(data, weights=times), document(long), skip=("rows", "rows_used", "notes", "iterations"), tolerance=1e-5
    )


def test_the_posterior_stands_between_crude_and_common():
    result = compare(cohort_of(small(n=1500, sites=12, sigma=0.6)), settings=Settings(draws=500))
    for site in result.sites:
        low, high = sorted((site.adjusted_rate, result.overall.rate))
        assert low - 0.03 <= site.shrunken_rate <= high + 0.03
        assert site.shrunken_rate_lower < site.shrunken_rate < site.shrunken_rate_upper
        assert site.chance_lower < site.chance_upper
        assert 0 <= site.reliability < 1
    order = np.argsort([site.shrunken_rate for site in result.sites])
    assert np.argsort([site.expected_rank for site in result.sites])[0] == order[0]
    assert result.achievable_low < result.overall.rate < result.achievable_high
    assert sum(site.probability_lowest for site in result.sites) == pytest.approx(1.0)


def test_no_spread_is_said_and_reliability_is_zero():
    result = compare(cohort_of(small(n=600, sites=10, sigma=0.0, seed=21)), settings=FEW)
    assert result.model.sigma == 0
    assert any("cannot distinguish" in note for note in result.notes)
    for site in result.sites:
        assert site.reliability == 0
        assert site.effect == 0
        assert site.predicted_to_expected == 1
        assert site.shrunken_rate_lower < result.overall.rate < site.shrunken_rate_upper
    assert result.achievable_low is None


def test_the_plain_model_leaves_the_posterior_undefined():
    result = compare(cohort_of(small()), settings=Settings(model="logistic"))
    assert result.model.kind == "logistic"
    assert result.model.sigma is None
    assert result.sites[0].shrunken_rate is None
    assert result.sites[0].oe is not None
    assert result.achievable_high is None


@pytest.mark.parametrize("model", ["random-intercept", "logistic"])
def test_a_given_risk_is_used_as_it_came(model):
    truth = collaborative(n=4000, sites=20, sigma=0.4, seed=2, rate=0.1)
    cohort = build(site=truth.site, outcome=truth.outcome, risk=truth.risk)
    result = compare(cohort, settings=Settings(model=model, draws=100, benchmark=0.08))
    assert result.overall.expected == pytest.approx(truth.risk.sum())
    assert result.expected_risk == pytest.approx(truth.risk)
    site = result.sites[3]
    assert site.adjusted_rate == pytest.approx(site.oe * 0.08)
    assert (site.flag == "higher") == (site.oe_lower > 1)
    assert result.risk_model is None
    if model == "logistic":
        assert result.model.kind == "given risk"
        assert result.model.terms == ()
        assert result.model.log_likelihood is None
    else:
        assert [term.name for term in result.model.terms] == ["(Intercept)"]
        assert result.model.sigma == pytest.approx(0.4, abs=0.2)


def test_a_benchmark_moves_the_flags_the_tests_and_the_probability():
    data = small(n=1500, sites=12)
    pooled = compare(cohort_of(data), settings=FEW)
    strict = compare(cohort_of(data), settings=replace(FEW, benchmark=pooled.overall.rate * 0.6))
    for one, two in zip(pooled.sites, strict.sites, strict=True):
        assert two.probability_below <= one.probability_below
        assert two.z > one.z
        assert two.adjusted_rate == one.adjusted_rate
        assert two.chance_lower < one.chance_lower
    assert sum(site.flag == "higher" for site in strict.sites) > sum(site.flag == "higher" for site in pooled.sites)


@pytest.mark.parametrize("funnel", ["none", "additive", "multiplicative"])
def test_the_funnel_in_use_is_named(funnel):
    result = compare(cohort_of(small(n=1500, sites=12, sigma=1.2)), settings=replace(FEW, funnel=funnel))
    assert result.settings["outside_follows"] == funnel
    outside = sum(site.outside != "none" for site in result.sites)
    assert outside > 0 if funnel == "none" else outside < 12


def test_below_ten_sites_the_funnel_stays_plain():
    result = compare(cohort_of(small(sites=6)), settings=replace(FEW, funnel="additive"))
    assert result.settings["outside_follows"] == "none"
    assert any("Fewer than ten sites" in note for note in result.notes)


def test_sites_with_none_all_or_no_cases_are_kept_and_said():
    data = small(n=400, sites=12)
    data["outcome"][data["site"] == "s03"] = 0
    data["outcome"][data["site"] == "s04"] = 1
    missing = data["site"] == "s05"
    data["outcome"][missing] = np.nan
    result = compare(cohort_of(data), settings=FEW)
    found = {site.site: site for site in result.sites}
    assert [site.site for site in result.sites] == sorted(found)
    assert found["s03"].oe == 0
    assert found["s03"].oe_lower == 0
    assert found["s03"].oe_upper == pytest.approx(3.6888794541139363 / found["s03"].expected)
    assert found["s03"].notes == ("no events",)
    assert found["s04"].notes == ("every case has the event",)
    assert np.isfinite(found["s04"].effect)
    assert found["s05"].notes == ("no cases",)
    assert found["s05"].oe is None
    assert found["s05"].flag is None
    assert result.input.excluded[0].rows == missing.sum()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d["site"].fill("one"), "ONE_SITE"),
        (lambda d: d.__setitem__("site", np.arange(400).astype(str)), "ONE_CASE_EACH"),
        (lambda d: d["outcome"].fill(0), "ALL_EQUAL"),
        (lambda d: d["outcome"].fill(1), "ALL_EQUAL"),
        (lambda d: d["outcome"].__setitem__(slice(5, None), 0), "TOO_FEW_EVENTS"),
        (lambda d: d.__setitem__("x", d["outcome"] * 3 + np.random.default_rng(1).random(400)), "SEPARATED"),
        (lambda d: d["level"].__setitem__(d["outcome"] == 1, "d"), "SEPARATED"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_reasons(change, code):
    data = small()
    data["outcome"] = data["outcome"].copy()
    change(data)
    with pytest.raises(ComparisonRefusal) as caught:
        compare(cohort_of(data))
    assert caught.value.code == code
    assert all(reason.endswith(".") for reason in caught.value.reasons)


def rare_level(*, n=900):
    data = small(n=n, sites=12)
    data["flag"] = np.where(np.arange(n) % 40 == 0, 1.0, 0.0)
    data["outcome"] = np.where(data["flag"] == 1, 0.0, data["outcome"])
    return data


@pytest.mark.parametrize("model", ["random-intercept", "logistic"])
@pytest.mark.parametrize("first", ["level", "x"])
def test_a_level_without_events_is_named_and_fitted_with_the_penalty(model, first):
    data = rare_level()
    adjusters = (Adjuster(name=first, coding="categorical" if first == "level" else "linear"), Adjuster(name="flag"))
    cohort = cohort_of(data, adjusters=adjusters)
    result = compare(cohort, settings=replace(FEW, model=model))
    assert any("Along flag every case has, or no case has" in note for note in result.notes)
    found = firth.fit(cohort.design.matrix(), outcome=cohort.outcome)
    assert [term.estimate for term in result.model.terms] == pytest.approx(list(found.beta), abs=1e-7)
    assert [term.upper for term in result.model.terms] == pytest.approx(list(found.upper), abs=1e-5)
    assert result.overall.expected == pytest.approx(result.overall.observed)
    assert result.expected_risk == pytest.approx(found.risk(cohort.design.matrix()))
    design, unseen = result.risk_model.design(data, n=len(data["outcome"]))
    assert not unseen.any()
    assert expected_under(result.risk_model, design) == pytest.approx(result.expected_risk)
    assert all(np.isfinite(site.oe) for site in result.sites)
    if model == "random-intercept":
        assert result.model.sigma > 0
        assert sum(site.expected_average_site for site in result.sites) > 0


def test_few_events_for_many_coefficients_are_fitted_with_the_penalty_unless_asked_otherwise():
    data = small(n=400, sites=12)
    data["outcome"] = np.where(np.cumsum(data["outcome"]) <= 12, data["outcome"], 0.0)
    sparse = compare(cohort_of(data), settings=FEW)
    plain = compare(cohort_of(data), settings=replace(FEW, events_per_parameter=0))
    assert any("few cases with the rarer outcome" in note for note in sparse.notes)
    assert sum(site.expected for site in sparse.sites) == pytest.approx(12)
    for one, two in zip(sparse.model.terms[1:], plain.model.terms[1:], strict=True):
        assert one.standard_error < two.standard_error


def test_crude_rates_need_no_minimum_of_events():
    data = small(n=400, sites=12)
    data["outcome"] = np.where(np.cumsum(data["outcome"]) <= 2, data["outcome"], 0.0)
    result = compare(cohort_of(data, adjusters=()), settings=FEW)
    assert result.overall.observed == 2
    assert all(0 < site.shrunken_rate < 1 for site in result.sites)


def test_weights_count_in_a_penalised_fit():
    data = rare_level()
    weights = np.where(np.arange(900) < 300, 2.0, 1.0)
    index = np.repeat(np.arange(900), weights.astype(int))
    adjusters = (Adjuster(name="flag"), Adjuster(name="level", coding="categorical"))
    one = document(data, weights=weights, adjusters=adjusters)
    two = document({key: values[index] for key, values in data.items()}, adjusters=adjusters)
    close(one["sites"], two["sites"])
    close(one["model"], two["model"], skip=("iterations",))


def test_a_penalised_model_that_does_not_converge_is_refused(monkeypatch):
    original = firth.fit
    monkeypatch.setattr(firth, "fit", lambda *given, **named: original(*given, **named, most_steps=1))
    with pytest.raises(ComparisonRefusal, match="did not converge"):
        compare(cohort_of(rare_level(), adjusters=(Adjuster(name="flag"),)), settings=FEW)


def test_a_long_separated_design_has_profiles_for_the_separating_columns_only(monkeypatch):
    cohort = cohort_of(rare_level(), adjusters=(Adjuster(name="x"), Adjuster(name="flag")))
    whole = compare(cohort, settings=FEW)
    monkeypatch.setattr(penalised, "PROFILED_ROWS", 10)
    part = compare(cohort, settings=FEW)
    assert part.model.terms[2] == whole.model.terms[2]
    assert part.model.terms[1].upper == pytest.approx(
        part.model.terms[1].estimate + 1.96 * part.model.terms[1].standard_error, abs=1e-4
    )


@pytest.mark.parametrize("which", ["logistic", "hierarchical"])
def test_a_model_that_does_not_converge_is_refused(monkeypatch, which):
    original = getattr(fitting, which).fit

    def unsettled(*given, **named):
        return replace(original(*given, **named), converged=False)

    monkeypatch.setattr(getattr(fitting, which), "fit", unsettled)
    with pytest.raises(ComparisonRefusal, match="did not converge") as caught:
        compare(cohort_of(small()))
    assert caught.value.code == "NOT_CONVERGED"
    assert logistic.fit is not None


def test_a_model_that_breaks_down_is_refused(monkeypatch):
    def broken(rows, *, fixed, quadrature):
        raise ArithmeticError("a site's posterior mode did not settle")

    monkeypatch.setattr(fitting.hierarchical, "fit", broken)
    with pytest.raises(ComparisonRefusal, match="broke down"):
        compare(cohort_of(small()))


def test_impossible_settings_are_all_named_at_once():
    wrong = Settings(
        model="guess", quadrature=0, interval="wald", level=2.0, funnel="wide", benchmark=7.0, draws=0, prior_scale=-1.0
    )
    with pytest.raises(ComparisonRefusal) as caught:
        compare(cohort_of(small()), settings=wrong)
    assert caught.value.code == "BAD_SETTINGS"
    assert len(caught.value.reasons) == 8


def test_fractional_weights_have_no_exact_p_value_but_all_else():
    data = small(n=600, sites=4)
    result = compare(cohort_of(data, weights=np.where(data["site"] == "s00", 0.5, 1.0)), settings=FEW)
    assert result.sites[0].p_value is None
    assert result.sites[0].q_value is None
    assert result.sites[0].chance_lower is None
    assert result.sites[0].shrunken_rate is not None
    assert result.sites[1].p_value is not None


def test_a_model_without_covariates_compares_crude_rates():
    data = small(n=600, sites=12)
    result = compare(cohort_of(data, adjusters=()), settings=FEW)
    assert result.model.calibration_slope is None
    assert result.model.c_statistic == 0.5
    for site in result.sites:
        assert site.adjusted_rate == pytest.approx(site.observed / site.n)


def test_a_risk_model_is_stored_and_read_back_exactly():
    data = small()
    data["x"][5:60] = np.nan
    adjusters = (
        Adjuster(name="x", coding="spline4", missing="mean_indicator"),
        Adjuster(name="level", coding="categorical"),
    )
    result = compare(cohort_of(data, adjusters=adjusters), settings=FEW)
    stored = json.loads(json.dumps(result.risk_model.to_document()))
    model = RiskModelFit.from_document(stored)
    assert model == result.risk_model
    design, unseen = model.design(data, n=400)
    assert not unseen.any()
    assert expected_under(model, design) == pytest.approx(result.expected_risk, abs=1e-12)
    shifted = expected_under(model, model.design({**data, "x": data["x"] + 1}, n=400)[0])
    assert (shifted.mean() > result.expected_risk.mean()) == (result.risk_model.beta[1] > 0)
    strange = {**data, "level": np.where(np.arange(400) == 7, "new", data["level"])}
    assert np.nonzero(model.design(strange, n=400)[1])[0].tolist() == [7]


def test_a_stored_model_refuses_what_does_not_fit():
    model = compare(cohort_of(small()), settings=FEW).risk_model
    with pytest.raises(ComparisonRefusal, match="no column level"):
        model.design({"x": np.zeros(3)}, n=3)
    with pytest.raises(ValueError, match="4 columns"):
        expected_under(model, np.ones((2, 3)))
    with pytest.raises(ValueError, match="format"):
        RiskModelFit.from_document({"format": 99})


def test_the_simulator_is_seeded_and_keeps_its_promises():
    one, two = (collaborative(n=500, sites=7, sigma=0.2, seed=4) for _ in range(2))
    assert (one.outcome == two.outcome).all()
    assert (collaborative(n=500, sites=7, sigma=0.0, seed=4).effect == 0).all()
    assert one.risk.mean() == pytest.approx(0.05, abs=1e-6)
    assert len(one.cohort().design.names) == 21
    assert expit(np.array([0.0]))[0] == 0.5
    with pytest.raises(ValueError, match="at least one case"):
        collaborative(n=3, sites=7, sigma=0.2, seed=4)
