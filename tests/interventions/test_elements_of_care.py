"""Elements of care against the outcome: variation beyond chance, planted effects found, and each thing that cannot be answered."""

import numpy as np
import pytest

from interventions.deviance.elements import association, dose_response, variation
from interventions.deviance.refusal import DevianceRefusal


def cases(seed=3, *, sites=24, n=250, within=0.5, between=0.5):
    """Cases of hospitals that differ in how often they do it; the odds ratios within and between them are planted."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), n)
    share = np.linspace(0.2, 0.8, sites)
    does = (rng.random(site.size) < share[site]).astype(float)
    risk = rng.uniform(0.05, 0.3, site.size)
    centred = np.log(within) * (does - share[site]) + np.log(between) * (share[site] - 0.5)
    chance = 1 / (1 + np.exp(-(np.log(risk / (1 - risk)) + centred)))
    return {
        "site": site,
        "score": does,
        "outcome": (rng.random(site.size) < chance).astype(float),
        "risk": risk,
    }


def test_variation_between_hospitals_is_told_from_chance():
    made = cases()
    found = variation(site=made["site"], element=made["score"], n_sites=25)
    assert found.overall == pytest.approx(made["score"].mean())
    assert np.isnan(found.share[24])
    assert found.reliable > 0.9
    rng = np.random.default_rng(1)
    same = variation(site=made["site"], element=rng.random(made["site"].size) < 0.5, n_sites=24)
    assert same.reliable < 0.5


def test_a_planted_effect_is_found_within_and_between():
    found = association(**cases())
    for effect in (found.within, found.between):
        assert effect.lower < 0.5 < effect.upper
        assert effect.upper < 1
        assert effect.p < 0.05
    assert found.agreement_p > 0.05
    assert (found.sites, found.cases) == (24, 6000)


def test_effects_that_differ_are_told_apart():
    assert association(**cases(within=0.4, between=4.0)).agreement_p < 0.01


def test_along_a_bundle_each_score_stands_with_its_cases():
    made = cases()
    other = np.random.default_rng(5).random(made["site"].size) < 0.5
    found = dose_response(
        site=made["site"],
        elements=np.column_stack([made["score"], other]),
        outcome=made["outcome"],
        risk=made["risk"],
    )
    assert [dose.score for dose in found.doses] == [0, 1, 2]
    assert sum(dose.cases for dose in found.doses) == made["site"].size
    assert sum(dose.events for dose in found.doses) == made["outcome"].sum()
    for dose in found.doses:
        assert dose.lower < dose.rate < dose.upper
        assert dose.rate == pytest.approx(dose.events / dose.cases)
    assert found.per_element.within.odds_ratio < 1


def changed(**more):
    return cases() | more


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (cases(sites=7), "TOO_FEW_SITES"),
        (changed(outcome=np.r_[np.ones(19), np.zeros(5981)]), "TOO_FEW_EVENTS"),
        (changed(score=(np.arange(6000) // 250 % 2).astype(float)), "NO_VARIATION"),
        (changed(outcome=cases()["score"]), "SEPARATED"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(given, code):
    with pytest.raises(DevianceRefusal) as caught:
        association(**given)
    assert caught.value.code == code


def test_what_everybody_does_explains_nothing():
    with pytest.raises(DevianceRefusal) as caught:
        variation(site=np.zeros(5, dtype=int), element=np.ones(5), n_sites=1)
    assert caught.value.code == "NO_VARIATION"


@pytest.mark.parametrize(
    "call",
    [
        lambda: variation(site=[0, 1], element=[0, 1, 1], n_sites=2),
        lambda: variation(site=[0, 1], element=[0, 2], n_sites=2),
        lambda: association(**changed(risk=np.ones(5))),
        lambda: association(**changed(risk=np.zeros(6000))),
        lambda: association(**changed(score=np.full(6000, np.nan))),
        lambda: dose_response(site=[0], elements=[[1]], outcome=[1], risk=[0.5]),
        lambda: dose_response(site=[0], elements=[[1, 3]], outcome=[1], risk=[0.5]),
    ],
)
def test_arrays_of_another_shape_or_value_are_refused(call):
    with pytest.raises(ValueError):
        call()
