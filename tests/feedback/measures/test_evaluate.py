"""Every case is met, not met, excluded or missing, with its reason; a missing outcome is never "no"."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.measures.definition import Status
from feedback.measures.evaluate import evaluate, judge
from feedback.measures.load import load
from registry.dictionary.expression import Types, holds, parse
from registry.dictionary.frame import TypedFrame

TODAY = date(2026, 11, 23)
TYPES = Types(
    kinds={"size": "number"},
    missing=frozenset({"UNK", "ND"}),
    ticks={"history": (("1", "history___1"), ("2", "history___2"))},
)
FILE = """
code = "M1"
version = "1"
title = "t"
registry = "r"
why = "w"
kind = "outcome"
adverse = true
unit = "case"
population = "{population}"
outcome = "{outcome}"
{missing}
denominator_words = "cases"
numerator_words = "it happened"
authors = ["A"]
checker = "B"
review_date = 2027-01-01
[[exclusions]]
code = "FIRST"
when = "[first] = '1'"
words = "first reason"
[[exclusions]]
code = "SECOND"
when = "[second] = '1'"
words = "second reason"
[[change_log]]
version = "1"
on = 2026-01-01
by = "A"
words = "x"
"""


def measure(outcome: str = "[y] = '1'", *, population: str = "[in] = '1'", missing: str = ""):
    return load(FILE.format(outcome=outcome, population=population, missing=missing).encode())


def judged(rule, rows: list[dict[str, str | None]]) -> list[tuple[str, str]]:
    """Return (status, reason code) of each row."""
    columns = ["in", "first", "second", "y", "z", "size", "lost", "history___1", "history___2"]
    found = evaluate(rule, pd.DataFrame(rows, columns=columns, dtype=object), types=TYPES, today=TODAY)
    assert found.status.dtype == np.int8
    assert found.reason.dtype == np.int16
    assert (found.counted == (found.status <= 1)).all()
    assert (found.met == (found.status == 1)).all()
    assert sum(count for _, count in found.tally()) == len(rows)
    return [
        (Status(status).name, found.reasons[reason].code)
        for status, reason in zip(found.status, found.reason, strict=True)
    ]


@pytest.mark.parametrize(
    ("row", "status", "reason"),
    [
        ({"in": "1", "y": "1"}, "MET", "MET"),
        ({"in": "1", "y": "0"}, "NOT_MET", "NOT_MET"),
        ({"in": "1", "y": None}, "MISSING", "UNKNOWN:y"),
        ({"in": "1", "y": ""}, "MISSING", "UNKNOWN:y"),
        ({"in": "1", "y": "UNK"}, "MISSING", "UNKNOWN:y"),
        ({"in": "0", "y": "1"}, "EXCLUDED", "POPULATION"),
        ({"in": None, "y": "1"}, "EXCLUDED", "POPULATION"),
        ({"in": "UNK", "y": "1"}, "EXCLUDED", "POPULATION"),
        ({"in": "0", "first": "1", "y": "1"}, "EXCLUDED", "POPULATION"),
        ({"in": "1", "first": "1", "second": "1", "y": "1"}, "EXCLUDED", "FIRST"),
        ({"in": "1", "second": "1", "y": None}, "EXCLUDED", "SECOND"),
        ({"in": "1", "first": "UNK", "y": "1"}, "MET", "MET"),
    ],
)
def test_each_case_has_one_status_and_one_reason(row, status, reason):
    assert judged(measure(), [row]) == [(status, reason)]


def test_the_reasons_carry_words():
    rule = measure(missing="missing_when = \"[lost] = '1'\"")
    frame = pd.DataFrame(
        {
            "in": ["0", "1", "1", "1", "1"],
            "first": [None, "1", None, None, None],
            "y": ["1", "1", None, "1", "0"],
            "lost": [None, None, None, "1", None],
        }
    )
    found = evaluate(rule, frame, types=TYPES, today=TODAY)
    assert [found.reasons[at].words for at in found.reason] == [
        "not in the population",
        "first reason",
        "“y” is not known",
        "the outcome cannot be known",
        "not: it happened",
    ]


def test_missing_when_adds_to_what_is_blank():
    rule = measure(missing="missing_when = \"[lost] = '1'\"")
    assert judged(rule, [{"in": "1", "y": "1", "lost": "1"}]) == [("MISSING", "MISSING_WHEN")]
    assert judged(rule, [{"in": "1", "lost": "0"}]) == [("MISSING", "UNKNOWN:y")]


@pytest.mark.parametrize(
    ("outcome", "y", "z", "status"),
    [
        ("[y] = '1' or [z] = '1'", "1", None, "MET"),
        ("[y] = '1' or [z] = '1'", None, "1", "MET"),
        ("[y] = '1' or [z] = '1'", "0", None, "MISSING"),
        ("[y] = '1' or [z] = '1'", "0", "0", "NOT_MET"),
        ("[y] = '1' and [z] = '1'", "0", None, "NOT_MET"),
        ("[y] = '1' and [z] = '1'", "UNK", "0", "NOT_MET"),
        ("[y] = '1' and [z] = '1'", "1", None, "MISSING"),
        ("[y] = '1' and [z] = '1'", "1", "1", "MET"),
        ("not ([y] = '1')", "0", None, "MET"),
        ("not ([y] = '1')", "1", None, "NOT_MET"),
        ("not ([y] = '1')", None, None, "MISSING"),
        ("not ([y] = '1' or [z] = '1')", "1", None, "NOT_MET"),
        ("[y] <> '1'", None, None, "MISSING"),
        ("[y] <> '1'", "ND", None, "MISSING"),
        ("[y] <> '1'", "0", None, "MET"),
        ("[y] = ''", None, None, "MET"),
        ("[y] <> ''", "1", None, "MET"),
        ("[y] = NA", None, None, "MET"),
        ("ismissingcode([y])", "UNK", None, "MET"),
        ("ismissingcode([y])", "1", None, "NOT_MET"),
        ("isblankormissingcode([y])", None, None, "MET"),
    ],
)
def test_an_outcome_of_parts_is_read_in_three_values(outcome, y, z, status):
    assert judged(measure(outcome), [{"in": "1", "y": y, "z": z}])[0][0] == status


@pytest.mark.parametrize(
    ("size", "status"), [("180", "MET"), ("180.5", "NOT_MET"), ("ND", "MISSING"), (None, "MISSING")]
)
def test_numbers_are_compared_as_numbers(size, status):
    assert judged(measure("[size] <= 180"), [{"in": "1", "size": size}])[0][0] == status


def test_an_unticked_box_is_known():
    rows = [{"in": "1", "history___1": "1"}, {"in": "1"}, {"in": "1", "history___1": "UNK"}]
    assert [status for status, _ in judged(measure("[history(1)] = '1'"), rows)] == ["MET", "NOT_MET", "MISSING"]
    assert [status for status, _ in judged(measure("[history] = '1'"), rows[:2])] == ["MET", "NOT_MET"]


def test_the_first_unknown_element_is_named():
    rule = measure("[y] = '1' or [z] = '1' or [y] = '2'")
    assert judged(rule, [{"in": "1", "y": "0"}, {"in": "1"}]) == [("MISSING", "UNKNOWN:z"), ("MISSING", "UNKNOWN:y")]


def test_no_cases_give_no_statuses():
    assert judged(measure(), []) == []


TREES = st.recursive(
    st.sampled_from(["[y] = '1'", "[z] = '1'", "[y] <> '0'"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} and {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} or {pair[1]})"),
        inner.map(lambda part: f"not {part}"),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(text=TREES)
def test_what_is_known_stays_so_whatever_the_missing_answers_turn_out_to_be(text):
    answers = [(y, z) for y in ("0", "1", None) for z in ("0", "1", None)]
    frame = TypedFrame(pd.DataFrame(answers, columns=["y", "z"], dtype=object), types=TYPES)
    true, known = judge(parse(text).tree, frame, today=TODAY)
    assert not (true & ~known).any()
    for at, (y, z) in enumerate(answers):
        if known[at]:
            possible = [{"y": a, "z": b} for a in ("0", "1") for b in ("0", "1") if y in (a, None) and z in (b, None)]
            assert {holds(parse(text), case, types=TYPES, today=TODAY) for case in possible} == {bool(true[at])}
