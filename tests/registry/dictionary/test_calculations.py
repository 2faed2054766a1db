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


TAGGED = dictionary(
    row("n", validation="number"),
    row("on", validation="date_ymd"),
    row("at", validation="datetime_ymd"),
    row("words"),
    row("due", validation="date_dmy", annotation="@CALCDATE([on], 30, 'd')"),
    row("later", validation="datetime_ymd", annotation="@CALCDATE([on], [n], 'h')"),
    row("exactly", validation="datetime_seconds_ymd", annotation="@CALCDATE([at], 0.5, 'm')"),
    row("day_of", validation="date_ymd", annotation="@CALCDATE([at], 1, 'd')"),
    row("said", annotation="@CALCTEXT(if([due] = '', '', concat('by ', [due], ' ')))"),
    row("copied", annotation="@CALCTEXT([n])"),
    row("long", "notes", annotation="@CALCTEXT(concat([words], [words]))"),
    row("whole", validation="integer", annotation="@CALCTEXT([n] / 2)"),
    row("tenth", validation="number_1dp_comma_decimal", annotation="@CALCTEXT([n] / 4)"),
    row("big", "calc", choices="[n] * 1000000 * 1000000 * 1000000 * 1000000"),
    row("after", "calc", choices="datediff([on], [due], 'd')"),
)
TAGGED_CASES = [
    {"case_id": "1", "on": "2024-02-01", "n": "6", "at": "2024-02-28 23:59", "words": " ä😀", "said": "stale"},
    {"case_id": "2", "on": "9999-12-20", "n": "UNK", "at": "2023-02-29 10:00"},
    {"case_id": "3", "n": "5", "on": "UNK", "words": "x" * 15_000},
    {"case_id": "4", "n": "0.2", "on": "2024-12-31", "at": "UNK"},
]


def test_tags_calculate_text_and_dates_as_their_fields_hold_them():
    first, second, third, fourth = (calculate(TAGGED, case, today=TODAY) for case in TAGGED_CASES)
    assert first == {
        **TAGGED_CASES[0], "due": "2024-03-02", "later": "2024-02-01 06:00", "exactly": "2024-02-28 23:59:30",
        "day_of": "2024-02-29", "said": "by 2024-03-02", "copied": "6", "long": "ä😀 ä😀", "whole": "3", "tenth": "1,5",
        "big": "6000000000000000000000000", "after": "30",
    }  # fmt: skip
    assert second == TAGGED_CASES[1]
    assert len(third["long"]) == 20_000
    assert {"due", "whole", "tenth", "said"}.isdisjoint(third)
    assert third["copied"] == "5"
    assert "tenth" not in third
    assert fourth["later"] == "2024-12-31 00:12"
    assert "day_of" not in fourth


def test_a_frame_gives_the_same_for_tags():
    results = calculate_frame(TAGGED, pd.DataFrame(TAGGED_CASES), today=TODAY)
    assert list(results.columns) == list(TAGGED.calculation_order)
    for (_, found), case in zip(results.iterrows(), TAGGED_CASES, strict=True):
        expected = calculate(TAGGED, case, today=TODAY)
        assert {name: text for name, text in found.items() if pd.notna(text)} == {
            name: expected[name] for name in found.index if name in expected
        }
