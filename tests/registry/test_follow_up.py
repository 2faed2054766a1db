"""Day 30 is counted in calendar days of the hospital: no clock change and no leap day moves it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.example import files
from registry import follow_up
from registry.calendar import local_day
from registry.dictionary import redcap
from registry.dictionary.elements import Role
from registry.follow_up import Method, Outcome, State
from tests.registry.dictionary import samples

ZONES = ("America/Detroit", "Europe/Berlin", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "Africa/Cairo", "Australia/Lord_Howe", "UTC")
# Any day, and as often one around the end of February.
LEAP = st.builds(lambda year, days: date(year, 2, 25) + timedelta(days=days), st.sampled_from((2000, 2024, 2027, 2028, 2036)), st.integers(0, 6))
DAYS = st.one_of(st.dates(date(2000, 1, 1), date(2036, 12, 31)), LEAP)


@given(DAYS, st.integers(0, 400))
def test_a_window_counts_days_and_nothing_else(operated_on, days):
    window = follow_up.window(operated_on, days=days)
    assert follow_up.day_number(window.due_on, operated_on=operated_on) == days
    assert window.state(window.due_on - timedelta(days=1)) is State.WAITS
    assert window.state(window.due_on) is State.DUE
    assert window.state(window.late_on) is State.LATE


@given(DAYS, st.sampled_from(ZONES))
def test_a_day_begins_once_and_the_moment_before_is_another_day(day, zone):
    start = follow_up.begins_at(day, zone=zone)
    assert start.tzinfo is UTC
    if local_day(start, zone=zone) != day:
        # Samoa left out 30 December 2011: a day that never was begins with the next one.
        assert (zone, day) == ("Pacific/Apia", date(2011, 12, 30))
        return
    assert local_day(start - timedelta(seconds=1), zone=zone) < day


# Any moment of forty days, and as often one within a day and an hour of the beginning or end of day 30.
DAY = 60 * 24
MINUTES = st.one_of(st.integers(0, 40 * DAY), st.integers(29 * DAY - 90, 31 * DAY + 90), st.integers(30 * DAY - 90, 30 * DAY + 90))


@given(DAYS, st.sampled_from(ZONES), MINUTES)
def test_a_case_may_be_complete_from_the_first_moment_of_day_30_and_not_before(operated_on, zone, minutes):
    due_on = follow_up.window(operated_on).due_on
    now = follow_up.begins_at(operated_on, zone=zone) + timedelta(minutes=minutes)
    reached = follow_up.may_complete(due_on=due_on, died_on=None, today=local_day(now, zone=zone))
    assert reached == (now >= follow_up.begins_at(due_on, zone=zone))


@pytest.mark.parametrize(
    ("operated_on", "due_on"),
    [
        (date(2028, 1, 30), date(2028, 2, 29)),
        (date(2027, 1, 30), date(2027, 3, 1)),
        (date(2028, 2, 29), date(2028, 3, 30)),
        (date(2026, 3, 1), date(2026, 3, 31)),
        (date(2026, 12, 2), date(2027, 1, 1)),
    ],
)
def test_leap_days_and_the_turn_of_the_year_count_as_days(operated_on, due_on):
    assert follow_up.window(operated_on).due_on == due_on


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 8), "America/Detroit", 23),
        (date(2026, 11, 1), "America/Detroit", 25),
        (date(2026, 9, 6), "America/Santiago", 23),
        (date(2026, 3, 29), "Asia/Beirut", 23),
        (date(2026, 7, 1), "America/Detroit", 24),
    ],
)
def test_a_day_of_23_or_25_hours_is_a_day(day, zone, hours):
    lasts = follow_up.begins_at(day + timedelta(days=1), zone=zone) - follow_up.begins_at(day, zone=zone)
    assert lasts == timedelta(hours=hours)


def test_the_clock_of_the_hospital_decides_not_that_of_the_server():
    at = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
    assert local_day(at, zone="America/Detroit") == date(2026, 6, 14)
    assert not follow_up.may_complete(due_on=date(2026, 6, 15), died_on=None, today=local_day(at, zone="America/Detroit"))


def test_the_whole_of_day_30_counts_and_nothing_of_day_29():
    due_on = date(2026, 3, 31)
    assert not follow_up.may_complete(due_on=due_on, died_on=None, today=date(2026, 3, 30))
    assert follow_up.may_complete(due_on=due_on, died_on=None, today=due_on)


def test_a_death_ends_follow_up_early_but_not_one_that_is_still_to_come():
    due_on, today = date(2026, 7, 1), date(2026, 6, 15)
    assert follow_up.may_complete(due_on=due_on, died_on=date(2026, 6, 10), today=today)
    assert not follow_up.may_complete(due_on=due_on, died_on=date(2026, 6, 20), today=today)
    assert follow_up.may_complete(due_on=None, died_on=None, today=today)


def colorectal():
    source, companion = files.dictionary("colorectal")
    return redcap.read(source, companion=companion)


@pytest.mark.parametrize(
    ("method", "outcome", "answers"),
    [
        (Method.TELEPHONE, Outcome.REACHED, {"fu_status": "1", "fu_method": "2", "fu_on": "2026-06-15"}),
        (Method.LETTER, Outcome.REACHED, {"fu_status": "1", "fu_method": "3", "fu_on": "2026-06-15"}),
        (Method.CHART, Outcome.REACHED, {"fu_status": "1", "fu_method": "4", "fu_on": "2026-06-15"}),
        (Method.CLINIC, Outcome.LOST, {"fu_status": "2"}),
        (Method.TELEPHONE, Outcome.REFUSED, {"fu_status": "3"}),
        (Method.TELEPHONE, Outcome.NO_ANSWER, {}),
    ],
)
def test_a_contact_answers_the_case_so_that_nobody_copies_it(method, outcome, answers):
    assert follow_up.contact_answers(colorectal(), method=method, outcome=outcome, on=date(2026, 6, 15)) == answers


def test_who_is_still_in_hospital_is_told_by_the_discharge_date():
    assert follow_up.is_still_in_hospital(colorectal(), {"discharged_on": "NAP"})
    assert not follow_up.is_still_in_hospital(colorectal(), {"discharged_on": "2026-06-01"})


def test_a_dictionary_without_the_element_of_a_role_tells_no_day():
    assert follow_up.day_of(samples.dictionary(), {"died_on": "2026-03-01"}, Role.DIED_ON) is None
