"""Locks: the countdown, the hospital's word, more time in hardship; closing keeps what was promised."""

from datetime import UTC, date, datetime

import pytest
from django.db import Error, transaction

from registry.actions import locks, periods
from registry.models import LockWaiver, Participation, PeriodAttestation
from registry.selectors import locks as selectors
from sites.refusals import NotFound, Refusal
from tests.databases import as_role
from tests.registry.little import NOW, WHOLE, everywhere

AUGUST, AFTER = datetime(2026, 8, 3, 14, tzinfo=UTC), datetime(2026, 9, 20, 14, tzinfo=UTC)


def attest(little, *, at=AUGUST, by="lena", label="Q2 2026"):
    with little.acting(by) as person:
        return locks.attest(period=little.periods[label], hospital=little.north, by=person, at=at)


def ask(little, until=date(2026, 10, 15), *, reason="Nobody is here.", at=AUGUST):
    with little.acting("lena") as person:
        return locks.ask(period=little.periods["Q2 2026"], hospital=little.north, until=until, reason=reason, by=person, at=at)


def decide(little, waiver, *, grant, until=None, reason=""):
    with little.acting("cleo") as person:
        return locks.decide(waiver_id=waiver.pk, grant=grant, until=until, reason=reason, by=person, at=AUGUST)


def lock_of(little):
    found = selectors.of_hospitals(hospital_ids=(little.north.pk,), today=AUGUST.date())
    return next(row for row in found if row.period == little.periods["Q2 2026"])


def close(little, *, at, reason=""):
    with little.acting("cleo", identified=False) as person:
        return periods.start_close(period=little.periods["Q2 2026"], by=person, at=at, reason=reason)


def test_a_period_locks_75_days_after_its_end_and_counts_down_in_words(little):
    period = little.periods["Q2 2026"]
    on = selectors.locks_on(period)
    assert on == date(2026, 9, 14)
    assert selectors.attestable_on(period) == date(2026, 7, 30)
    words = [selectors.words(on, today=day) for day in (date(2026, 8, 3), date(2026, 9, 2), date(2026, 9, 13), on, date(2026, 9, 15))]
    assert words == ["locks in 42 days", "locks in 12 days", "locks tomorrow", "locks today", "was due to lock 1 day ago"]


def test_a_period_that_was_over_before_the_hospital_took_part_is_none_of_its_locks(little):
    def listed():
        with little.acting("lena"):
            found = selectors.of_hospitals(hospital_ids=(little.north.pk,), today=AUGUST.date())
        return [row.period.label for row in found if row.period.registry_id == little.registry.pk]

    assert listed() == ["Q1 2026", "Q2 2026", "Q3 2026"]
    little.open("A-1", WHOLE)
    with as_role("cairn_migrator"), transaction.atomic(), everywhere():
        Participation.objects.filter(hospital=little.north, registry=little.registry).update(starts_on=date(2026, 7, 1))
    assert listed() == ["Q2 2026", "Q3 2026"], "the second quarter holds a case already"


def test_a_period_is_attested_with_the_counts_of_the_moment(little):
    little.submitted("A")
    made = attest(little)
    assert (made.n_submitted, made.n_drafts, made.words) == (1, 0, locks.WORDS)
    with little.acting("lena"):
        lock = lock_of(little)
        assert (lock.attestation, lock.waiver, lock.counts.n_submitted) == (made, None, 1)


def test_what_is_not_complete_is_not_attested(little):
    with pytest.raises(Refusal, match="no submitted case"):
        attest(little)
    little.submitted("A")
    little.open("B", {"operated_on": "2026-06-01"})
    with pytest.raises(Refusal, match="1 draft stands in Q2 2026"):
        attest(little)
    with pytest.raises(Refusal, match="last day 30 of Q2 2026 is on 30 Jul 2026"):
        attest(little, at=NOW)
    with little.acting("nora"):
        words = selectors.countdown(hospital_ids=(little.north.pk,), today=AUGUST.date())
    assert "1 draft stands in it." in words


def test_more_time_is_asked_for_and_given_by_the_centre(little):
    for until, reason, words in (
        (date(2026, 10, 15), " ", "Say what keeps"),
        (date(2026, 9, 14), "x", "a day after 14 Sep 2026"),
        (date(2027, 9, 1), "x", "at the latest 13 Mar 2027"),
    ):
        with pytest.raises(Refusal, match=words):
            ask(little, until, reason=reason)
    waiver = ask(little)
    with pytest.raises(Refusal, match="asked already"):
        ask(little)
    made = decide(little, waiver, grant=True, until=date(2026, 10, 1))
    assert (made.status, made.granted_until) == ("GRANTED", date(2026, 10, 1))
    with pytest.raises(Refusal, match="decided already"):
        decide(little, waiver, grant=False, reason="no")
    with little.acting("lena"):
        lock = lock_of(little)
    assert lock.locks_on == date(2026, 10, 1)


def test_a_refusal_says_why_and_may_be_followed_by_another_request(little):
    waiver = ask(little)
    with pytest.raises(Refusal, match="Say why"):
        decide(little, waiver, grant=False)
    decide(little, waiver, grant=False, reason="The lock was moved last time.")
    assert ask(little).status == "ASKED"


def test_closing_waits_for_who_was_given_time_unless_they_have_attested(little):
    little.submitted("A")
    decide(little, ask(little), grant=True)
    with pytest.raises(Refusal, match="North Lake Hospital was given until 15 Oct 2026"):
        close(little, at=AFTER, reason="We want to.")
    attest(little)
    assert close(little, at=AFTER).status == "CLOSING"


def test_closing_before_the_announced_day_needs_a_reason_unless_all_have_attested(little):
    little.submitted("A")
    with pytest.raises(Refusal, match="announced to lock on 14 Sep 2026"):
        close(little, at=AUGUST)
    assert close(little, at=AUGUST, reason="The meeting was moved.").status == "CLOSING"


def test_all_have_attested_so_that_nothing_is_waited_for(little):
    little.submitted("A")
    attest(little)
    assert close(little, at=AUGUST).status == "CLOSING"


def test_only_who_is_meant_sees_and_decides(little):
    little.submitted("A")
    attest(little)
    waiver = ask(little)
    for name in ("sam", "suri"):
        with little.acting(name):
            assert not PeriodAttestation.objects.filter(period=little.periods["Q2 2026"]).exists()
            assert not LockWaiver.objects.filter(period=little.periods["Q2 2026"]).exists()
    with little.acting("sam") as person, pytest.raises(NotFound):
        locks.decide(waiver_id=waiver.pk, grant=True, until=None, reason="", by=person, at=AUGUST)
    with little.acting("lena") as person, pytest.raises(Error), transaction.atomic():
        locks.decide(waiver_id=waiver.pk, grant=True, until=None, reason="", by=person, at=AUGUST)
    with everywhere(), pytest.raises(Error, match=r"append-only|permission denied"), transaction.atomic():
        PeriodAttestation.objects.filter(period=little.periods["Q2 2026"]).update(n_drafts=9)
