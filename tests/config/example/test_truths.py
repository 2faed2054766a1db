"""What is planted: hospitals, surgeons, bright spots, a drift, an improvement, and who adopts what when."""

import numpy as np
import pytest

from config.example.truths import MEASURES, expit, load, logit, resized

ALL = np.arange(1, 13)


@pytest.fixture(scope="module")
def truths():
    return load()


def test_there_are_24_hospitals_of_150_to_4000_cases(truths):
    cases = [hospital.cases for hospital in truths.hospitals]
    assert (len(cases), min(cases)) == (24, 150)
    assert 3900 <= max(cases) <= 4000
    assert 29_000 <= sum(cases) <= 31_000
    assert len({hospital.name for hospital in truths.hospitals}) == 24


def test_surgeons_are_about_six_a_hospital_and_some_visit(truths):
    assert 4 <= np.mean([len(hospital.surgeons) for hospital in truths.hospitals]) <= 7
    assert len({surgeon.name for surgeon in truths.surgeons}) == len(truths.surgeons)
    visiting = [surgeon for surgeon in truths.surgeons if len(surgeon.hospitals) == 2]
    assert len(visiting) == 3
    for surgeon in visiting:
        assert all(surgeon.code in truths.hospital(code).surgeons for code in surgeon.hospitals)


def test_three_bright_spots_do_better_than_everybody_else(truths):
    effects = {hospital.code: truths.effect("SSI30", hospital, ALL) for hospital in truths.hospitals}
    assert len(truths.bright_spots) == 3
    for code in truths.bright_spots:
        assert effects[code].max() < -0.7
    assert min(effects[code].min() for code in effects if code not in truths.bright_spots) > -0.6


def test_one_hospital_drifts_in_the_last_year_and_one_improves(truths):
    drift, shift = truths.courses
    worse = truths.effect(drift.measure, truths.hospital(drift.hospital), ALL)
    assert (np.diff(worse[:8]) == 0).all()
    assert (np.diff(worse[7:]) > 0.2).all()
    better = truths.effect(shift.measure, truths.hospital(shift.hospital), ALL)
    assert better[5] - better[6] == pytest.approx(0.95)
    assert len(set(better.tolist())) == 2


def test_ten_hospitals_adopt_three_elements_at_different_quarters(truths):
    bundle = truths.adoptions["bundle"]
    assert (len(truths.bundle), sum(element.promoted for element in truths.bundle)) == (6, 3)
    assert len(bundle.started) == 10
    assert len(set(bundle.started.values())) >= 5
    assert not set(bundle.started) & set(truths.bright_spots)
    code, start = next(iter(bundle.started.items()))
    effect = truths.effect("SSI30", truths.hospital(code), ALL)
    assert effect[start - 2] - effect[start - 1] > 0.3
    uptake = truths.uptake(truths.bundle[0], truths.hospital(code), ALL)
    assert uptake[start - 1] - uptake[start - 2] > 0.2


def test_the_other_change_does_nothing(truths):
    skin = truths.adoptions["skin_prep"]
    assert (len(skin.started), skin.effect) == (6, 0.0)
    for code in skin.started:
        assert len(set(truths.effect("SSI30", truths.hospital(code), ALL).tolist())) == 1


def test_every_hospital_has_an_effect_on_every_measure(truths):
    for hospital in truths.hospitals:
        assert set(hospital.effects) == set(MEASURES)


def test_a_smaller_collaborative_keeps_only_what_belongs_to_it(truths):
    few = resized(truths, hospitals=4, cases=40, latest=3)
    assert [hospital.cases for hospital in few.hospitals] == [40] * 4
    assert few.bright_spots == ("H04",)
    assert few.courses == ()
    assert few.from_quarter == 10
    assert {code for surgeon in few.surgeons for code in surgeon.hospitals} == {"H01", "H02", "H03", "H04"}
    assert few.hospital("H04").surgeons == truths.hospital("H04").surgeons


def test_log_odds_and_probabilities_invert_each_other():
    np.testing.assert_allclose(expit(logit(np.array([0.01, 0.5, 0.9]))), [0.01, 0.5, 0.9])
