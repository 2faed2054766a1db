"""Numbers are written the way people read them."""

import math

import pytest

from feedback.charts import numbers
from feedback.charts.numbers import EMPTY, MINUS, THIN


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0.0291, f"2.9{THIN}%"),
        (0.0, f"0.0{THIN}%"),
        (-0.0001, f"0.0{THIN}%"),
        (-0.012, f"{MINUS}1.2{THIN}%"),
        (0.0005, f"0.1{THIN}%"),
        (1.0, f"100.0{THIN}%"),
        (None, EMPTY),
        (math.nan, EMPTY),
    ],
)
def test_a_rate_is_written_with_a_thin_space_and_a_true_minus(rate, words):
    assert numbers.words_rate(rate) == words


def test_halves_are_rounded_away_from_zero_as_people_expect():
    assert numbers.fixed(0.125, digits=2) == "0.13"
    assert numbers.fixed(-0.125, digits=2) == f"{MINUS}0.13"
    assert numbers.fixed(2.5, digits=0) == "3"


def test_a_range_says_to_and_never_a_hyphen():
    assert numbers.words_rates(0.022, 0.043) == f"2.2 to 4.3{THIN}%"
    assert numbers.words_range(0.617, 1.3) == "0.62 to 1.30"
    assert numbers.words_rates(None, 0.2) == EMPTY
    assert numbers.words_range(0.2, math.nan) == EMPTY


def test_counts_carry_commas_and_denominators():
    assert numbers.words_count(1204) == "1,204"
    assert numbers.words_count(-3) == f"{MINUS}3"
    assert numbers.words_count(None) == EMPTY
    assert numbers.words_of(12, 1412) == "12 of 1,412 cases"


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (0.019, "+1.9 points"),
        (0.004, "+0.4 points"),
        (0.0, "0.0 points"),
        (-0.019, f"{MINUS}1.9 points"),
        (None, EMPTY),
    ],
)
def test_a_difference_carries_its_sign(difference, words):
    assert numbers.words_points(difference) == words


def test_what_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match="infinite"):
        numbers.fixed(math.inf)
    with pytest.raises(ValueError, match="digits"):
        numbers.fixed(1.0, digits=-1)
    with pytest.raises(ValueError, match="ratio or rate"):
        numbers.unit_of(kind="count")


def test_emphasis_leaves_a_plain_sentence():
    assert numbers.plain("You are **likely better**: **2.9 %**.") == "You are likely better: 2.9 %."


def test_ticks_have_as_few_decimals_as_tell_them_apart():
    rate, ratio = numbers.unit_of(kind="rate"), numbers.unit_of(kind="ratio")
    assert rate.ticks([0.0, 0.02]) == [f"0{THIN}%", f"2{THIN}%"]
    assert rate.ticks([0.0, 0.005]) == [f"0.0{THIN}%", f"0.5{THIN}%"]
    assert ratio.ticks([0.5, 0.75]) == ["0.50", "0.75"]
    assert ratio.ticks([0.0001]) == ["0.000"]
    assert rate.between((0.1, 0.2)) == f"10.0 to 20.0{THIN}%"
    assert ratio.between((0.5, 2.0)) == "0.50 to 2.00"
    assert ratio.between(None) == EMPTY
