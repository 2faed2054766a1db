"""Rules written beside a dictionary: each fault in words, what is read from them, and what stands for what."""

from datetime import date

import pytest

from registry.dictionary.governing import LONGEST_EXPRESSION, Written, faults_of, number_of, read, with_checks
from tests.registry.dictionary import samples

BOOK = samples.dictionary(
    samples.row("asa", "radio", choices="1, one | 2, two"),
    samples.row("problems", "checkbox", choices="1, leak | 2, ileus"),
)


def written(expression="[asa] = '2'", **more):
    return Written(
        **({"code": "R1", "severity": "hard", "expression": expression, "message": "No.", "remedy": "Mend it."} | more)
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (written("1" * (LONGEST_EXPRESSION + 1)), "longer than"),
        (written("[asa] = "), "at character"),
        (written("[nothing] = '1'"), "“nothing”, which is no element"),
        (written("[problems(9)] = '1'"), "choice “9” of “problems”"),
        (written(elements=("nothing",)), "“nothing” is no element"),
        (written("1 = 1"), "refers to no element"),
        (written(starts_on=date(2026, 2, 1), ends_before=date(2026, 2, 1)), "ends before it starts"),
    ],
)
def test_each_fault_is_said(given, words):
    (fault,) = faults_of(given, BOOK)
    assert words in fault
    assert read(given, BOOK) is None


def test_a_sound_rule_shows_at_its_elements():
    assert faults_of(written("[problems(2)] = '1' and [record-name] <> ''"), BOOK) == ()
    assert read(written(), BOOK).elements == ("asa",)
    assert read(written(elements=("problems",)), BOOK).elements == ("problems",)


def test_a_rule_takes_the_place_of_the_check_with_its_code():
    once = with_checks(BOOK, [written()])
    twice = with_checks(once, [written(message="Never.")])
    assert [check.message for check in twice.checks] == ["Never."]
    assert with_checks(BOOK, [written("[nothing] = '1'")]) is BOOK


def test_a_set_of_rules_has_one_number_in_any_order():
    one, other = written(), written(code="R2")
    assert number_of([one, other]) == number_of([other, one])
    assert number_of([one]) != number_of([other])
    assert number_of([]) == 0
