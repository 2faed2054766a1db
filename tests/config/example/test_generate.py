"""The example collaborative is clean, deterministic, and as its truths say."""

import io
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config.example import generate
from config.example.rows import COLUMNS
from config.example.truths import load
from feedback.measures.evaluate import evaluate
from feedback.measures.load import load as load_measure
from registry.dictionary import redcap
from registry.dictionary.calculations import calculate_frame
from registry.dictionary.checks import check_frame

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "config" / "example" / "colorectal"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def dictionary():
    return redcap.read((FOLDER / "dictionary.csv").read_bytes(), companion=(FOLDER / "checks.toml").read_bytes())


@pytest.fixture(scope="module")
def collaborative():
    return generate.small(seed=3, hospitals=9, cases=300)


@pytest.fixture(scope="module")
def frame(collaborative):
    parts = [as_frame(data).assign(hospital=code) for code, data in collaborative.files.items()]
    return pd.concat(parts, ignore_index=True)


def as_frame(data: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)


def test_the_files_have_the_columns_of_the_dictionary(frame, dictionary):
    assert tuple(frame.columns[:-1]) == COLUMNS == dictionary.columns


def test_every_row_passes_every_check(frame, dictionary):
    assert check_frame(dictionary, frame.drop(columns="hospital"), today=TODAY).counts() == []


def test_calculated_columns_hold_what_the_dictionary_calculates(frame, dictionary):
    computed = calculate_frame(dictionary, frame, today=TODAY)
    for name in ("bmi", "duration_min", "los_days"):
        assert (computed[name].fillna("") == frame[name]).all(), name


def test_unlikely_values_are_soft_findings_and_nothing_else(dictionary):
    made = generate.small(seed=3, hospitals=3, cases=200, soft_share=0.1)
    frame = pd.concat([as_frame(data) for data in made.files.values()], ignore_index=True)
    found = check_frame(dictionary, frame, today=TODAY)
    assert not found.hard_rows.any()
    assert 30 <= found.soft_rows.sum() <= 90
    assert {(code, column) for code, column, *_ in found.counts()} == set(generate.SOFT_REASONS)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not():
    one, again, other = (generate.small(seed=seed, hospitals=2, cases=30) for seed in (1, 1, 2))
    assert one.files == again.files
    assert one.results == again.results
    assert one.files != other.files


def test_a_hospital_does_not_depend_on_which_others_there_are():
    few, more = (generate.small(seed=4, hospitals=hospitals, cases=30) for hospitals in (2, 5))
    assert few.files["H02"] == more.files["H02"]


def test_the_latest_quarters_can_be_asked_for():
    frame = as_frame(generate.small(hospitals=1, cases=50, latest=2).files["H01"])
    assert frame["operated_on"].between("2026-01-01", "2026-06-30").all()


def test_case_numbers_are_unique_and_in_the_order_of_operations(frame):
    assert frame["case_id"].is_unique
    for _, part in frame.groupby("hospital"):
        assert part["operated_on"].is_monotonic_increasing
    assert frame["operated_on"].between("2023-07-01", "2026-06-30").all()


def test_a_visiting_surgeon_operates_at_two_hospitals(frame, collaborative):
    visiting = next(surgeon for surgeon in collaborative.truths.surgeons if len(surgeon.hospitals) == 2)
    assert set(frame.loc[frame["surgeon"] == visiting.code, "hospital"]) == set(visiting.hospitals)


def test_what_is_missing_is_said_and_unknown_outcomes_are_not_none(frame):
    assert (frame["albumin"] == "ND").mean() == pytest.approx(0.22, abs=0.04)
    assert set(frame.loc[frame["operated_on"] < "2024-07-01", "hba1c"]) == {"NC"}
    lost = frame["fu_status"].isin(["2", "3"])
    assert lost.any()
    assert (frame.loc[lost, ["ssi", "died_30"]] == "UNK").all(axis=None)
    assert not (frame.loc[~lost, ["ssi", "died_30"]] == "UNK").any(axis=None)


def test_results_hold_each_hospital_quarter_and_measure(collaborative):
    assert len(collaborative.results) == 9 * 12 * 4
    deaths = [result for result in collaborative.results if result.measure == "MORT30"]
    assert 0.9 * 2700 < sum(result.n for result in deaths) <= 2700


def test_true_ratios_average_to_one_over_the_collaborative(collaborative):
    quarters = tuple(range(1, 13))
    for measure in ("SSI30", "READM30"):
        kept = [result for result in collaborative.results if result.measure == measure]
        weights = {
            code: sum(result.typical for result in kept if result.hospital == code) for code in collaborative.files
        }
        ratios = {code: collaborative.true_ratio(measure=measure, hospital=code, quarters=quarters) for code in weights}
        assert np.average(list(ratios.values()), weights=list(weights.values())) == pytest.approx(1.0)


def test_events_happen_as_often_as_their_planted_probabilities(frame, collaborative, dictionary):
    for code in ("SSI30", "MORT30", "SERIOUS30", "READM30"):
        measure = load_measure((ROOT / "feedback" / "measures" / "definitions" / f"{code.lower()}.toml").read_bytes())
        found = evaluate(measure, frame, types=dictionary.types, today=TODAY)
        true = sum(result.here for result in collaborative.results if result.measure == code)
        counted = sum(result.n for result in collaborative.results if result.measure == code)
        assert found.counted.sum() == counted, code
        assert abs(found.met.sum() - true) < 3.5 * np.sqrt(true), code


def test_quarters_follow_each_other_without_a_gap():
    quarters = generate.quarters(load())
    assert len(quarters) == 12
    assert (quarters[0], quarters[-1]) == (("2023-07-01", "2023-10-01"), ("2026-04-01", "2026-07-01"))
    assert all(until == start for (_, until), (start, _) in pairwise(quarters))


def test_a_hospital_may_bring_very_few_cases(dictionary):
    frame = as_frame(generate.small(hospitals=1, cases=1).files["H01"])
    assert len(frame) == 1
    assert check_frame(dictionary, frame, today=TODAY).counts() == []
