"""What expressions mean: one example for each rule of docs/expressions.md."""

from datetime import date, datetime
from math import isnan

import numpy as np
import pandas as pd
import pytest

from registry.dictionary.expression import Types, evaluate, evaluate_frame, holds, holds_frame, parse
from registry.dictionary.frame import TypedFrame

TODAY = date(2024, 3, 10)
TYPES = Types(
    kinds={"n": "number", "k": "comma_number"},
    missing=frozenset({"UNK", "ND"}),
    own_codes={"r": frozenset({"UNK"})},
    ticks={"box": (("1", "box___1"), ("-4", "box____4"))},
)
ANSWERS = {
    "n": "2.675",
    "k": "1,5",
    "t": "Abc",
    "code": "01",
    "gone": "UNK",
    "r": "UNK",
    "box___1": "1",
    "box____4": "0",
    "d": "2024-02-29",
    "at": "2024-02-29 13:30",
    "form_complete": "2",
    "word": "2024-02-30",
    "clock": "08:30",
    "zero": "0",
}


def value(text, answers=ANSWERS, today=TODAY):
    return evaluate(parse(text), answers, types=TYPES, today=today)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # values
        ("[n]", 2.675),
        ("[k]", 1.5),
        ("[t]", "Abc"),
        ("[gone]", "UNK"),
        ("[nothing]", None),
        ("nan", None),
        ("[code] = '1'", 0),
        ("[code] = 1", 1),
        ("[code] = '01'", 1),
        # references
        ("[box(1)]", "1"),
        ("[box(-4)]", "0"),
        ("[box(9)]", "0"),
        ("[box]", "1"),
        ("[t(Abc)]", "1"),
        ("[t(abc)]", "0"),
        ("[visit][t]", "Abc"),
        ("[t][1]", "Abc"),
        ("[t][2]", None),
        ("[t:value]", "Abc"),
        ("[t:label]", None),
        ("[record-name]", None),
        ("[form_complete] = 2", 1),
        # operators
        ("[n] + [gone]", None),
        ("[n] + [nothing]", None),
        ("[n] + [d]", None),
        ("1 / 0", None),
        ("1 % 0", None),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("0 ^ 0", 1),
        ("0 ^ -1", None),
        ("(-8) ^ (1 / 3)", None),
        ("2 ^ 0.5", 1.41421356237),
        ("625 ^ 4.5", 3814697265630),
        ("10 ^ 200 * 10 ^ 200", None),
        ("10 ^ 400.5", None),
        ("-2 ^ 2", 4),
        ("'5' + '3'", 8),
        ("-[t]", None),
        ("+[n]", 2.675),
        # comparison
        ("[nothing] <> '0'", 1),
        ("[nothing] = ''", 1),
        ("[nothing] = 0", 0),
        ("[nothing] < 5", 0),
        ("[gone] > 5", 0),
        ("[gone] = 'UNK'", 1),
        ("[gone] <> 5", 1),
        ("'a' = 'A'", 0),
        ("'10' > '9'", 1),
        ("'b' > 'a'", 1),
        ("'b' > 5", 0),
        ("'b' > '2024-01-01'", 0),
        ("[at] > [d]", 1),
        ("[d] = '2024-02-29 00:00'", 1),
        ("[word] = [d]", 0),
        ("[d] <= [d]", 1),
        ("1 >= 1", 1),
        # truth
        ("not [gone]", 1),
        ("not [nothing]", 1),
        ("not [zero]", 1),
        ("not [t]", 0),
        ("not 0", 1),
        # functions
        ("if([gone], 1, 2)", 2),
        ("sum(1, [nothing], [gone], 2)", 3),
        ("sum([nothing])", None),
        ("mean(1, 2, [nothing])", 1.5),
        ("mean([t])", None),
        ("median(3, 1, 2)", 2),
        ("median(4, 1, 2, 3)", 2.5),
        ("median([t])", None),
        ("min(3, [nothing], 1)", 1),
        ("max([t])", None),
        ("stdev(2, 4, 4, 4, 5, 5, 7, 9)", pytest.approx(2.13808993529940)),
        ("stdev(2)", None),
        ("round(2.675, 2)", 2.68),
        ("round(-0.5)", -1),
        ("round(1.005, 2)", 1.01),
        ("round(1234, -2)", 1200),
        ("round(1, 16)", None),
        ("round(1, 1.5)", None),
        ("round(10 ^ 60 * 10 ^ 60 * 10 ^ 60 * 10 ^ 60 * 10 ^ 60, 15)", pytest.approx(1e300)),
        ("roundup(-1.21, 1)", -1.3),
        ("roundup(2, 0)", 2),
        ("rounddown(-1.29, 1)", -1.2),
        ("sqrt(-1)", None),
        ("abs(-2)", 2),
        ("exponential(1)", 2.71828182846),
        ("exponential(709)", None),
        ("log(100, 10)", 2),
        ("log(0)", None),
        ("log(2, 1)", None),
        ("mod(-7, 3)", -1),
        ("mod(7, 0)", None),
        ("isnumber('1e5')", 0),
        ("isnumber('-1.')", 1),
        ("isinteger(2.0)", 1),
        ("isinteger('2.5')", 0),
        ("contains('ABC', 'b')", 1),
        ("contains('ABC', '')", 0),
        ("not_contain('ABC', '')", 1),
        ("starts_with('ABC', 'ab')", 1),
        ("ends_with('ABC', 'AB')", 0),
        ("find('c', 'ABC')", 3),
        ("find('', 'ABC')", 0),
        ("left('abc', 2)", "ab"),
        ("left('abc', -1)", None),
        ("left('abc', 'x')", None),
        ("right('abc', 2)", "bc"),
        ("right('abc', 0)", None),
        ("mid('abc', 2, 1)", "b"),
        ("mid('abc', 0, 1)", "a"),
        ("length('😀a')", 2),
        ("length([nothing])", 0),
        ("trim('\u00a0 a ')", "a"),
        ("upper('ß')", "SS"),
        ("lower('ÄB')", "äb"),
        ("replace_text('aaa', 'a', 'b')", "bbb"),
        ("replace_text('aaa', '', 'b')", "aaa"),
        ("concat(1 / 4, [nothing], 'x')", "0.25x"),
        ("concat(0 - 0)", "0"),
        ("concat(100000000000000000000000 * 10)", "1000000000000000000000000"),
        ("concat_ws('-', 'a', [nothing], 2)", "a-2"),
        ("isblankormissingcode([gone])", 1),
        ("isblanknotmissingcode([gone])", 0),
        ("ismissingcode([r])", 0),
        ("hasmissingcode([gone], 'ND, UNK')", 1),
        ("hasmissingcode([gone], 'ND')", 0),
        ("datediff('2024-02-28', '2024-03-01', 'd')", 2),
        ("datediff('2024-03-01', '2024-02-28', 'd')", 2),
        ("datediff('2024-03-01', '2024-02-28', 'd', 'dmy', true)", -2),
        ("datediff('2024-03-01', '2024-02-28', 'd', 'false')", 2),
        ("datediff('2023-03-10', 'today', 'y')", 366 / 365.2425),
        ("datediff([d], [at], 'h')", 13.5),
        ("datediff([clock], '10:00', 'm')", 90),
        ("datediff([clock], [d], 'm')", None),
        ("datediff([clock], 5, 'm')", None),
        ("datediff([d], [word], 'd')", None),
        ("datediff([d], [at], 'w')", None),
        ("age_at_date('1960-02-29', '2023-02-28')", 62),
        ("age_at_date('1960-02-29', '2023-03-01')", 63),
        ("age_at_date('2024-01-01', '2024-07-01', true)", pytest.approx(182 / 366)),
        ("age_at_date('9999-02-01', '9999-12-31', true)", pytest.approx(333 / 365)),
        ("age_at_date('2024-03-01', '2024-02-01')", None),
        ("age_at_date([t], '2024-02-01')", None),
        ("year([at])", 2024),
        ("month([d])", 2),
        ("day('today')", 10),
        ("day([t])", None),
        ("dayoftheweek('2024-03-10')", 7),
    ],
)
def test_an_example_of_each_rule(text, expected):
    assert value(text) == expected


def test_a_datetime_gives_now_its_time():
    at = datetime(2024, 3, 10, 6, 0, 0)
    assert value("datediff('today', 'now', 'h')", today=at) == 6
    assert value("datediff('today', 'now', 'h')") == 0


@pytest.mark.parametrize("text", ["24:00", "08:60", "8:30", "08:30:60"])
def test_impossible_times_of_day_are_no_times(text):
    assert value("datediff([x], '10:00', 'm')", {"x": text}) is None


@pytest.mark.parametrize(
    "text",
    ["0000-01-01", "2024-13-01", "2024-00-10", "2024-04-31", "2024-01-01 24:00", "2024-01-01 10:60", "2024-1-01"],
)
def test_impossible_dates_are_no_dates(text):
    assert value("day([x])", {"x": text}) is None


def test_holds_is_the_truth_of_the_value():
    assert holds(parse("[t]"), ANSWERS, types=TYPES, today=TODAY)
    assert not holds(parse("[gone]"), ANSWERS, types=TYPES, today=TODAY)


def test_a_frame_gives_bools_for_logic_floats_for_numbers_and_objects_otherwise():
    frame = TypedFrame(pd.DataFrame([ANSWERS, {}]), types=TYPES)

    def results(text):
        return evaluate_frame(parse(text), frame, types=TYPES, today=TODAY)

    assert results("[n] > 1").tolist() == [True, False]
    assert results("[n] > 1").dtype == bool
    numbers = results("[n] * 2")
    assert numbers.dtype == float
    assert numbers[0] == 5.35
    assert np.isnan(numbers[1])
    assert results("[t]").tolist() == ["Abc", None]
    assert results("if([n] > 1, [gone], 1)").tolist() == ["UNK", 1.0]
    assert results("if([n] > 1, 2, [nothing])").dtype == float
    assert holds_frame(parse("[t]"), frame, types=TYPES, today=TODAY).tolist() == [True, False]
    assert len(results("1")) == 2


def test_numeric_and_boolean_columns_are_read_as_their_text():
    frame = pd.DataFrame(
        {
            "n": [2.5, np.nan, np.inf],
            "t": [1, 2, 3],
            "b": [True, False, True],
            "m": pd.array([1, None, 3], dtype="Int64"),
        }
    )

    def results(text, types=TYPES):
        return evaluate_frame(parse(text), frame, types=types, today=TODAY).tolist()

    assert results("[n] = ''") == [False, True, True]
    assert results("[n] + 1")[0] == 3.5
    assert results("[t] = '2'") == [False, True, False]
    assert results("[b] = '1'") == [True, False, True]
    assert results("[m]") == ["1", None, "3"]
    mixed = pd.DataFrame({"t": pd.Series(["a", 5, True, None], dtype=object)})
    assert evaluate_frame(parse("[t]"), mixed, types=TYPES, today=TODAY).tolist() == ["a", "5", "1", None]
    with_numbers = Types(kinds={"n": "number"}, missing=frozenset({"2.5"}))
    assert results("ismissingcode([n])", with_numbers) == [1, 0, 0]


def test_answers_of_a_row_leave_blanks_out():
    frame = TypedFrame(pd.DataFrame({"a": ["x", ""], "b": [None, "y"]}), types=TYPES)
    assert [frame.answers(row, ("a", "b", "z")) for row in (0, 1)] == [{"a": "x"}, {"b": "y"}]
    assert frame.is_filled("a").tolist() == [True, False]
    assert frame.is_filled("z").tolist() == [False, False]
    assert frame.is_among("z", frozenset({"x"})).tolist() == [False, False]
    assert frame.is_among("a", frozenset({"q"})).tolist() == [False, False]
    assert frame.is_among("a", frozenset({"x"})).tolist() == [True, False]


def test_a_comparison_with_many_distinct_dates_reads_them_at_once():
    days = pd.date_range("1999-12-25", periods=400).strftime("%Y-%m-%d").tolist()
    times = [f"{day} 12:{position % 60:02d}" for position, day in enumerate(days)]
    seconds = [f"{time}:{position % 60:02d}" for position, time in enumerate(times)]
    odd = [
        "2023-02-29",
        "1900-02-29",
        "2000-02-29",
        "2024-00-01",
        "2024-01-32",
        "0000-01-01",
        "2024-01-0x",
        "2024-01-01x10:00",
        "2024-01-01T10:00",
        "2024-01-01 10:00:60",
        "x",
        "2024-01-01 24:00",
    ]
    texts = [*days, *times, *seconds, *odd]
    frame = pd.DataFrame({"t": texts})
    for text in (
        "year([t])",
        "datediff([t], '2000-01-01', 's', true)",
        "[t] < '2000-06-01 12:00'",
        "[t] = '2000-02-29 00:00'",
    ):
        expected = [value(text, {"t": one}) for one in texts]
        found = evaluate_frame(parse(text), frame, types=TYPES, today=TODAY).tolist()
        assert [None if isinstance(one, float) and isnan(one) else one for one in found] == expected
