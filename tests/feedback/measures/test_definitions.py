"""The measures that ship: each reads, fits its dictionary, and says what its words say."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from feedback.measures.definition import Status
from feedback.measures.evaluate import evaluate
from feedback.measures.load import faults_against, load
from registry.dictionary import redcap

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "feedback" / "measures" / "definitions").glob("*.toml"))
FOLDER = ROOT / "config" / "example" / "colorectal"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def dictionary():
    return redcap.read((FOLDER / "dictionary.csv").read_bytes(), companion=(FOLDER / "checks.toml").read_bytes())


def status(code: str, dictionary, **answers: str) -> str:
    """Return the status of one case on a shipped measure."""
    measure = load((ROOT / "feedback" / "measures" / "definitions" / f"{code}.toml").read_bytes())
    frame = pd.DataFrame([answers], dtype=object)
    return Status(evaluate(measure, frame, types=dictionary.types, today=TODAY).status[0]).name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_measure_fits_the_dictionary(path, dictionary):
    measure = load(path.read_bytes())
    assert path.stem.upper() == measure.code
    assert faults_against(measure, columns=dictionary.columns) == ()
    assert measure.registry == "colorectal"
    assert measure.review_date > TODAY
    assert len(measure.why) > 80


def test_there_are_outcomes_and_processes():
    kinds = {load(path.read_bytes()).kind for path in FILES}
    assert kinds == {"outcome", "process"}


@pytest.mark.parametrize(
    ("code", "answers", "expected"),
    [
        ("ssi30", {"procedure": "44204", "ssi": "3", "ssi_patos": "0"}, "MET"),
        ("ssi30", {"procedure": "44204", "ssi": "3", "ssi_patos": "1"}, "EXCLUDED"),
        ("ssi30", {"procedure": "44204", "ssi": "0"}, "NOT_MET"),
        ("ssi30", {"procedure": "44204", "ssi": "UNK"}, "MISSING"),
        ("ssi30", {"procedure": "45110", "ssi": "1", "ssi_patos": "0"}, "EXCLUDED"),
        ("mort30", {"procedure": "45110", "died_30": "1"}, "MET"),
        ("mort30", {"procedure": "45110", "died_30": "UNK"}, "MISSING"),
        ("mort30", {"procedure": "45110"}, "MISSING"),
        ("readm30", {"procedure": "44140", "discharge_to": "1", "readmitted": "1", "readmit_planned": "0"}, "MET"),
        ("readm30", {"procedure": "44140", "discharge_to": "1", "readmitted": "1", "readmit_planned": "1"}, "NOT_MET"),
        ("readm30", {"procedure": "44140", "discharge_to": "1", "readmitted": "0"}, "NOT_MET"),
        ("readm30", {"procedure": "44140", "discharge_to": "7"}, "EXCLUDED"),
        ("readm30", {"procedure": "44140", "discharge_to": "NAP", "readmitted": "0"}, "EXCLUDED"),
        ("serious30", {"procedure": "44140", "anastomosis": "1", "leak": "3"}, "MET"),
        ("serious30", {"procedure": "44140", "anastomosis": "1", "leak": "1", "pneumonia": "0"}, "MISSING"),
        ("serious30", {"procedure": "44140", "anastomosis": "0", "cardiac": "2"}, "MET"),
        ("bowel_prep", {"procedure": "44140", "urgency": "1", "oral_antibiotics": "1", "mechanical_prep": "1"}, "MET"),
        (
            "bowel_prep",
            {"procedure": "44140", "urgency": "1", "oral_antibiotics": "0", "mechanical_prep": "1"},
            "NOT_MET",
        ),
        (
            "bowel_prep",
            {"procedure": "44140", "urgency": "1", "oral_antibiotics": "2", "mechanical_prep": "1"},
            "EXCLUDED",
        ),
        (
            "bowel_prep",
            {"procedure": "44140", "urgency": "1", "oral_antibiotics": "NDOC", "mechanical_prep": "1"},
            "MISSING",
        ),
        (
            "bowel_prep",
            {"procedure": "44140", "urgency": "3", "oral_antibiotics": "1", "mechanical_prep": "1"},
            "EXCLUDED",
        ),
        ("glucose48", {"procedure": "44140", "glucose_max": "180"}, "MET"),
        ("glucose48", {"procedure": "44140", "glucose_max": "181"}, "NOT_MET"),
        ("glucose48", {"procedure": "44140", "glucose_max": "ND"}, "MISSING"),
    ],
)
def test_each_measure_judges_as_its_words_say(code, answers, expected, dictionary):
    assert status(code, dictionary, **answers) == expected


def test_a_serious_complication_is_not_met_only_when_every_part_is_known(dictionary):
    parts = ("wound_disruption", "pneumonia", "reintubation", "ventilator_48h", "clot", "kidney", "stroke", "cardiac")
    known = dict.fromkeys((*parts, "sepsis_after", "reoperated", "died_30"), "0")
    known |= {"procedure": "44140", "anastomosis": "0"}
    assert status("serious30", dictionary, **known) == "NOT_MET"
    for name in parts:
        assert status("serious30", dictionary, **{**known, name: "UNK"}) == "MISSING"
