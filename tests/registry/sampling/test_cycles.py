"""Eight-day cycles: they follow one another without gap, and favour no weekday."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.sampling.cycles import Calendar

FIRST = date(2026, 1, 1)
DAYS = st.dates(FIRST, date(2060, 12, 31))


@given(DAYS)
def test_every_day_lies_in_exactly_the_cycle_that_is_numbered_for_it(day):
    calendar = Calendar(first_on=FIRST)
    start, before = calendar.span(calendar.number(day))
    assert start <= day < before
    assert before - start == timedelta(days=8)


@given(st.integers(1, 3000))
def test_a_cycle_begins_where_the_one_before_ends(number):
    calendar = Calendar(first_on=date(2024, 2, 25))
    assert calendar.span(number)[1] == calendar.span(number + 1)[0]


def test_the_first_weekday_moves_on_so_that_none_is_favoured():
    calendar = Calendar(first_on=FIRST)
    begun = Counter(calendar.span(number)[0].weekday() for number in range(1, 57))
    assert set(begun.values()) == {8}


def test_a_cycle_over_a_leap_day_has_eight_days_too():
    assert Calendar(first_on=date(2028, 2, 25)).span(1) == (date(2028, 2, 25), date(2028, 3, 4))


def test_the_cycles_that_are_over_are_told():
    calendar = Calendar(first_on=FIRST)
    assert list(calendar.over(since=FIRST, on=date(2026, 1, 17))) == [1, 2]
    assert list(calendar.over(since=date(2026, 1, 2), on=date(2026, 1, 17))) == [2]
    assert list(calendar.over(since=date(2025, 1, 1), on=date(2026, 1, 8))) == []


def test_what_is_no_cycle_is_refused():
    with pytest.raises(ValueError, match="before the first"):
        Calendar(first_on=FIRST).number(date(2025, 12, 31))
    with pytest.raises(ValueError, match="from 1"):
        Calendar(first_on=FIRST).span(0)
    with pytest.raises(ValueError, match="at least one day"):
        Calendar(first_on=FIRST, days=0)
