"""Two readings of one chart: what is compared, what is the same, and which of the three kinds of error a difference is."""

import pytest

from registry.auditing.reading import Kind, as_answers, compared, is_found, n_events, pairs, value, words
from tests.registry.auditing.charts import chart, dictionary

BOOK = dictionary()


def kinds(**second):
    return {
        pair.element: pair.kind for pair in pairs(dictionary=BOOK, first=chart(), second=chart(**second)) if pair.kind
    }


def test_what_is_given_and_what_is_free_is_not_compared():
    assert [element.name for element in compared(BOOK)] == [
        "smoker", "grade", "albumin", "seen_on", "seen_at", "leak", "problems",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"smoker": "1"}, {"smoker": Kind.UNDER}),
        ({"grade": "3"}, {"grade": Kind.INACCURATE}),
        ({"grade": ""}, {"grade": Kind.OVER}),
        ({"grade": "UNK"}, {"grade": Kind.OVER}),
        ({"smoker": "UNK"}, {"smoker": Kind.INACCURATE}),
        ({"albumin": "3.90"}, {}),
        ({"albumin": "4.9"}, {"albumin": Kind.INACCURATE}),
        ({"albumin": "high"}, {"albumin": Kind.INACCURATE}),
        ({"problems___2": "1"}, {"problems": Kind.UNDER}),
        ({"remarks": "anything"}, {}),
    ],
)
def test_each_kind_of_error(second, expected):
    assert kinds(**second) == expected


def test_what_is_blank_in_both_is_left_out():
    blank = chart(albumin="")
    assert "albumin" not in {pair.element for pair in pairs(dictionary=BOOK, first=blank, second=blank)}


def test_ticks_become_one_text_and_back():
    element = BOOK.element("problems")
    answers = {"problems___1": "1", "problems___2": "1"}
    assert value(element, answers) == "1,2"
    assert as_answers(element, "1,2") == answers
    assert as_answers(element, "") == {"problems___1": "0", "problems___2": "0"}
    assert as_answers(BOOK.element("grade"), "3") == {"grade": "3"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("problems", "1,2", "bleeding, ileus"),
        ("problems", "", "nothing"),
        ("grade", "2", "two"),
        ("grade", "ND", "not done"),
    ],
)
def test_values_are_said_in_words(name, text, said):
    assert words(BOOK, BOOK.element(name), text) == said


def test_events_are_counted_in_their_sections_alone():
    answers = chart(smoker="1", leak="1", problems___1="1", grade="3")
    assert n_events(dictionary=BOOK, answers=answers, sections=("after",)) == 2
    assert n_events(dictionary=BOOK, answers=answers, sections=("before", "after")) == 3
    assert not is_found(BOOK, BOOK.element("leak"), "ND")
