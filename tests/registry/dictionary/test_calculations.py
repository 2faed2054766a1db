"""Calculated elements are computed from the answers, in order, for one case and for a frame alike."""

from datetime import date

import pandas as pd

from registry.dictionary.calculations import calculate, calculate_frame
from tests.registry.dictionary.samples import dictionary, row

TODAY = date(2024, 3, 10)
DICTIONARY = dictionary(
    row("weight", validation="number"),
    row("height", validation="number"),
    row("born", validation="date_ymd"),
    row("double", "calc", choices="[bmi] * 2"),
    row("bmi", "calc", choices="round([weight] / ([height] / 100) ^ (2), 1)"),
    row("age", "calc", choices="rounddown(datediff([born], 'today', 'y'))"),
    row("words", "calc", choices="concat([weight], 'kg')"),
    row("flag", "calc", choices="[weight] > 70"),
    row("code", "calc", choices="if([weight] > 70, '5', 'x')"),
)
CASES = [
    {"case_id": "1", "weight": "72", "height": "180", "born": "2000-03-10"},
    {"case_id": "2", "weight": "60", "height": "UNK", "bmi": "99", "double": "198"},
    {"case_id": "3", "weight": "80.5", "height": "0"},
]


def test_a_case_is_computed_in_the_order_of_need():
    assert calculate(DICTIONARY, CASES[0], today=TODAY) == {
        **CASES[0], "bmi": "22.2", "double": "44.4", "age": "24", "flag": "1", "code": "5",
    }  # fmt: skip


def test_a_stale_result_is_taken_out():
    assert calculate(DICTIONARY, {**CASES[1], "words": ""}, today=TODAY) == {
        "case_id": "2",
        "weight": "60",
        "height": "UNK",
        "flag": "0",
    }


def test_a_frame_gives_the_same():
    frame = pd.DataFrame(CASES, index=[10, 20, 30])
    results = calculate_frame(DICTIONARY, frame, today=TODAY)
    assert list(results.columns) == list(DICTIONARY.calculation_order)
    assert results.index.tolist() == [10, 20, 30]
    for (_, found), case in zip(results.iterrows(), CASES, strict=True):
        expected = calculate(DICTIONARY, case, today=TODAY)
        assert {name: text for name, text in found.items() if pd.notna(text)} == {
            name: expected[name] for name in found.index if name in expected
        }
