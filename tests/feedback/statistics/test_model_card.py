"""The model card: optimism by bootstrap, calibration, reliability over sites, and a form that JSON can hold."""

import json

import numpy as np
import pytest

from feedback.statistics import logistic, model_card
from feedback.statistics.cohort import Adjuster, build
from feedback.statistics.compare import Settings, compare
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import cohort_of, small

FEW = Settings(draws=50)


def test_noise_adjusters_are_found_to_be_optimistic():
    data = small(n=300, sites=6, slope=0.0)
    names = [f"noise{j}" for j in range(8)]
    data |= {name: np.random.default_rng(j).normal(size=300) for j, name in enumerate(names)}
    cohort = cohort_of(data, adjusters=tuple(Adjuster(name=name) for name in names))
    found = model_card.card(cohort, result=compare(cohort, settings=FEW), draws=30)
    assert found.optimism.apparent == pytest.approx(found.c_statistic)
    assert found.optimism.optimism > 0.03
    assert abs(found.optimism.corrected - 0.5) < abs(found.optimism.apparent - 0.5)
    assert found.optimism.failed == 0
    again = model_card.card(cohort, result=compare(cohort, settings=FEW), draws=30)
    assert again == found


def test_a_card_holds_every_site_and_goes_into_json():
    cohort = cohort_of(small(n=1200, sites=12))
    result = compare(cohort, settings=FEW)
    found = model_card.card(cohort, result=result, draws=3)
    document = json.loads(json.dumps(model_card.to_document(found), allow_nan=False))
    assert sum(site["expected"] for site in document["sites"]) == pytest.approx(found.events)
    assert sum(group["n"] for group in document["groups"]) == found.n == 1200
    assert found.reliability_quantiles == tuple(sorted(found.reliability_quantiles))
    assert 0 <= found.reliability_share_good <= 1
    assert document["curve"]["mean_absolute_error"] < 0.05
    assert [item["adjuster"] for item in document["missing"]] == ["x", "level"]


def test_a_plain_model_has_no_reliability_and_a_given_risk_no_optimism():
    data = small()
    plain = cohort_of(data)
    found = model_card.card(plain, result=compare(plain, settings=Settings(model="logistic")), draws=0)
    assert found.reliability_quantiles is None
    assert found.reliability_share_good is None
    assert found.optimism is None
    for weights in (None, np.full(400, 2.0)):
        given = build(site=data["site"], outcome=data["outcome"], risk=np.linspace(0.1, 0.5, 400), weights=weights)
        found = model_card.card(given, result=compare(given, settings=FEW))
        assert found.optimism is None
        assert found.n == 400 * (1 if weights is None else 2)
        assert len(found.groups) == 10


def test_samples_without_a_fit_are_counted_and_left_out():
    data = small(n=30, sites=2)
    data["x"] = (data["x"] > 1.2).astype(float)
    data["outcome"] = np.where(data["x"] == 1, [1.0, 0.0] * 15, data["outcome"])
    cohort = cohort_of(data, adjusters=(Adjuster(name="x"),))
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    found = model_card.optimism(rows, fitted=logistic.fit(rows).fitted, draws=40, seed=1)
    assert 0 < found.failed < 40
    assert np.isfinite(found.corrected)
    alone = model_card.optimism(
        rows.recounted(trials=rows.trials, events=rows.events), fitted=rows.events * 0.1 + 0.2, draws=1, seed=1
    )
    assert alone.draws == 1


def test_no_sample_at_all_leaves_the_correction_undefined(monkeypatch):
    cohort = cohort_of(small(n=200, sites=4))
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    fixed = logistic.fit(rows)
    monkeypatch.setattr(model_card.logistic, "fit", lambda given: logistic.LogisticFit(
        beta=fixed.beta, covariance=fixed.covariance, log_likelihood=0.0, iterations=1, converged=False, fitted=fixed.fitted
    ))  # fmt: skip
    found = model_card.optimism(rows, fitted=fixed.fitted, draws=2, seed=1)
    assert found.failed == 2
    assert np.isnan(found.corrected)
