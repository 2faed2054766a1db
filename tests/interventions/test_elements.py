import numpy as np
import pytest

from feedback.statistics.link import expit, logit
from interventions.deviance import elements
from interventions.deviance.refusal import DevianceRefusal


def cases(*, within=-0.5, between=-1.5, sites=30, each=400, seed=11):
    random = np.random.default_rng(seed)
    where = np.repeat(np.arange(sites), each)
    usual = random.uniform(0.1, 0.9, sites)
    has = (random.random(where.size) < usual[where]).astype(float)
    risk = expit(random.normal(-2.2, 0.6, where.size))
    mean = np.bincount(where, weights=has) / each
    eta = (
        logit(risk)
        + within * (has - mean[where])
        + between * (mean[where] - has.mean())
        + random.normal(0, 0.05, sites)[where]
    )
    return {
        "site": where,
        "score": has,
        "outcome": (random.random(where.size) < expit(eta)).astype(float),
        "risk": risk,
    }


def code(call, **data):
    with pytest.raises(DevianceRefusal) as refused:
        call(**data)
    return refused.value.code


def test_within_and_between_are_told_apart():
    found = elements.association(**cases())
    assert np.log(found.within.odds_ratio) == pytest.approx(-0.5, abs=0.2)
    assert np.log(found.between.odds_ratio) == pytest.approx(-1.5, abs=0.45)
    assert found.within.lower < found.within.odds_ratio < found.within.upper < 1
    assert found.agreement_p < 0.01
    assert (found.sites, found.cases) == (30, 12000)
    assert "not a cause" in found.caveats[0]


def test_where_nothing_is_associated_the_intervals_say_so():
    covered = [elements.association(**cases(within=0, between=0, each=100, seed=seed)) for seed in range(40)]
    assert sum(item.within.lower < 1 < item.within.upper for item in covered) >= 35
    assert sum(item.between.lower < 1 < item.between.upper for item in covered) >= 35


def test_the_coefficients_agree_with_an_independent_fit():
    """Newton's method written out; the sandwich by its definition."""
    data = cases(each=60, sites=12)
    found = elements.association(**data)
    where, has, y = data["site"], data["score"], data["outcome"]
    mean = (np.bincount(where, weights=has) / 60)[where]
    X = np.column_stack([np.ones(y.size), has - mean, mean - has.mean()])
    beta = np.zeros(3)
    for _ in range(20):
        p = expit(logit(data["risk"]) + X @ beta)
        bread = np.linalg.inv(X.T @ (X * (p * (1 - p))[:, None]))
        beta += bread @ X.T @ (y - p)
    scores = np.array([(X[where == j] * (y - p)[where == j, None]).sum(axis=0) for j in range(12)])
    n, groups = y.size, 12
    meat = scores.T @ scores * groups / (groups - 1) * (n - 1) / (n - 3)
    error = np.sqrt(np.diag(bread @ meat @ bread))
    assert np.log(found.within.odds_ratio) == pytest.approx(beta[1], abs=1e-6)
    assert np.log(found.between.upper / found.between.odds_ratio) == pytest.approx(2.228139 * error[2], rel=0.01)


def test_a_bundle_has_a_dose_response():
    random = np.random.default_rng(5)
    data = cases(within=0, between=0)
    each = np.column_stack(
        [(random.random(data["site"].size) < random.uniform(0.2, 0.8, 30)[data["site"]]) for _ in range(3)]
    )
    score = each.sum(axis=1)
    outcome = (random.random(score.size) < expit(logit(data["risk"]) - 0.4 * (score - 1.5))).astype(float)
    found = elements.dose_response(site=data["site"], elements=each, outcome=outcome, risk=data["risk"])
    assert [dose.score for dose in found.doses] == [0, 1, 2, 3]
    assert sum(dose.cases for dose in found.doses) == score.size
    assert all(a.rate > b.rate for a, b in zip(found.doses, found.doses[1:], strict=False))
    assert all(dose.lower < dose.rate < dose.upper for dose in found.doses)
    assert found.per_element.within.odds_ratio == pytest.approx(np.exp(-0.4), abs=0.06)


def test_variation_is_told_from_chance():
    data = cases()
    real = elements.variation(site=data["site"], element=data["score"], n_sites=31)
    assert np.isnan(real.share[30])
    assert real.reliable > 0.9
    assert real.low < real.overall < real.high
    random = np.random.default_rng(2)
    chance = elements.variation(site=data["site"], element=random.random(12000) < 0.5, n_sites=30)
    assert chance.reliable < 0.5
    assert elements.variation(site=[0, 0], element=[0, 1], n_sites=1).reliable == 0


def test_degenerate_input_is_refused_in_words():
    data = cases()
    assert code(elements.association, **{**data, "site": data["site"] % 7}) == "TOO_FEW_SITES"
    assert code(elements.association, **{**data, "outcome": np.zeros(12000)}) == "TOO_FEW_EVENTS"
    assert code(elements.association, **{**data, "outcome": np.ones(12000)}) == "TOO_FEW_EVENTS"
    assert code(elements.association, **{**data, "score": np.ones(12000)}) == "NO_VARIATION"
    assert code(elements.association, **{**data, "score": (data["site"] % 2).astype(float)}) == "NO_VARIATION"
    assert code(elements.association, **{**data, "score": np.tile([0.0, 1.0], 6000)}) == "NO_VARIATION"
    assert code(elements.association, **{**data, "outcome": data["score"]}) == "SEPARATED"
    assert code(elements.variation, site=[0, 1], element=[1, 1], n_sites=2) == "NO_VARIATION"
    assert code(elements.variation, site=[], element=[], n_sites=2) == "NO_VARIATION"


@pytest.mark.parametrize(
    "changes",
    [
        {"site": np.zeros(3)},
        {"score": np.full(12000, np.nan)},
        {"outcome": np.full(12000, 2)},
        {"risk": np.zeros(12000)},
    ],
)
def test_impossible_cases_are_errors(changes):
    with pytest.raises(ValueError):
        elements.association(**{**cases(), **changes})


def test_impossible_elements_are_errors():
    for wrong in ({"element": [0, 2]}, {"element": [0]}):
        with pytest.raises(ValueError):
            elements.variation(**{"site": [0, 1], "element": [0, 1], "n_sites": 2, **wrong})
    for wrong in (np.zeros(4), np.zeros((4, 1)), np.full((4, 2), 2)):
        with pytest.raises(ValueError):
            elements.dose_response(site=np.zeros(4), elements=wrong, outcome=np.zeros(4), risk=np.full(4, 0.5))
