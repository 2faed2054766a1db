"""What a new case starts with: @DEFAULT, as far as a case can hold it."""

from registry.dictionary.defaults import defaults
from tests.registry.dictionary.samples import dictionary, row

CHOICES = "1, One | 2, Two | 3, Three"


def first(*rows, companion=None):
    return defaults(dictionary(*rows, companion=companion))


def test_text_numbers_and_choices_are_taken_as_they_stand():
    assert first(
        row("town", annotation="@DEFAULT='Lansing'"),
        row("units", validation="integer", annotation='@DEFAULT="0" @CHARLIMIT=2'),
        row("grade", "radio", choices=CHOICES, annotation="@DEFAULT='2'"),
        row("smoker", "yesno", annotation="@DEFAULT='0'"),
        row("plain", annotation="@HIDDEN"),
    ) == {"town": "Lansing", "units": "0", "grade": "2", "smoker": "0"}


def test_boxes_take_several_codes():
    assert first(row("ills", "checkbox", choices=CHOICES, annotation="@DEFAULT='1, 3,9'")) == {
        "ills___1": "1",
        "ills___3": "1",
    }


def test_a_missing_state_may_be_where_one_starts():
    assert first(
        row("grade", "radio", choices=CHOICES, annotation="@DEFAULT='UNK'"),
        companion='[missing_states]\nUNK = "Unknown"\n[element.grade]\nmissing = ["UNK"]\n',
    ) == {"grade": "UNK"}


def test_what_no_case_can_hold_is_left_out():
    assert (
        first(
            row("grade", "radio", choices=CHOICES, annotation="@DEFAULT='7'"),
            row("piped", annotation="@DEFAULT='[town]'"),
            row("scan", "file", annotation="@DEFAULT='x'"),
            row("words", "descriptive", annotation="@DEFAULT='x'"),
            row("sum", "calc", choices="1 + 1", annotation="@DEFAULT='3'"),
            row("number", annotation="@DEFAULT='17'"),
            companion='[roles]\ncase_key = "number"\n',
        )
        == {}
    )
