"""Twenty faults go in, and the edit checks find exactly those, each at its row and column."""

import io
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from config.example import generate
from config.example.planted_faults import N_FAULTS, plant
from registry.dictionary import redcap
from registry.dictionary.checks import check_frame

FOLDER = Path(__file__).resolve().parents[3] / "config" / "example" / "colorectal"
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_checks_find_each_planted_fault_and_no_other(seed):
    dictionary = redcap.read((FOLDER / "dictionary.csv").read_bytes(), companion=(FOLDER / "checks.toml").read_bytes())
    spoilt = plant(generate.small(seed=seed, hospitals=1, cases=60).files["H01"])
    frame = pd.read_csv(io.BytesIO(spoilt.data), dtype=str, keep_default_na=False)
    found = {
        (row + 2, finding.column, finding.code, str(finding.severity))
        for row, finding in check_frame(dictionary, frame, today=TODAY).findings()
    }
    assert found == {(fault.row, fault.column, fault.code, fault.severity) for fault in spoilt.faults}
    assert len(found) == len({row for row, *_ in found}) == N_FAULTS


def test_the_rest_of_the_file_is_as_it_was():
    clean = generate.small(hospitals=1, cases=60).files["H01"]
    spoilt = plant(clean)
    rows = {fault.row for fault in spoilt.faults}
    pairs = zip(clean.splitlines(), spoilt.data.splitlines(), strict=True)
    changed = {number for number, (before, after) in enumerate(pairs, start=1) if before != after}
    assert changed == rows


def test_the_values_said_to_stand_there_do():
    spoilt = plant(generate.small(hospitals=1, cases=60).files["H01"], first_row=5)
    frame = pd.read_csv(io.BytesIO(spoilt.data), dtype=str, keep_default_na=False)
    for fault in spoilt.faults:
        assert fault.row >= 5
        assert frame[fault.column].iloc[fault.row - 2] == fault.value


def test_a_file_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="Twenty plain cases are needed"):
        plant(generate.small(hospitals=1, cases=10).files["H01"])
