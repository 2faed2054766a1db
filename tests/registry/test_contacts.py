"""Contacts: what they tell is answered in the case at once; before day 30 nothing is complete, unless the patient is dead."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.db import Error, transaction

from registry.actions import cases as case_actions
from registry.actions import contacts
from registry.actions.cases import NotReady
from registry.follow_up import Method, Outcome
from registry.models import Case, ContactAttempt
from registry.selectors import dictionaries, follow_ups
from sites.refusals import Refusal
from tests.registry.little import COMPANION, HEADER, NOW, ROWS, WHOLE, Place, everywhere

_numbers = count(1)
TODAY = date(2026, 6, 15)
MEANT = 'follow_up_on = "fu_on"\nfollow_up_status = "fu_status"\ndied_on = "died_on"\ndischarged_on = "discharged_on"'
ROLES = COMPANION.replace('follow_up_on = "fu_on"', MEANT)
MORE = (
    "died_on,follow_up,,text,Date of death,,,date_ymd,,today,,,,,,,,",
    "discharged_on,follow_up,,text,Discharge,,,date_ymd,,,,,,,,,,",
)


@pytest.fixture
def world(little_place: Place):
    """Give a registry whose dictionary names all that follow-up speaks of."""
    source = (HEADER + "\n".join((*ROWS, *MORE)) + "\n").encode()
    return little_place.little(code=f"follow-{next(_numbers)}", dictionary=source, companion=ROLES.encode())


def draft(world, key="F-1", **changes):
    answers = {name: text for name, text in WHOLE.items() if not name.startswith("fu_")} | changes
    return world.open(key, {name: text for name, text in answers.items() if text})


def held(case):
    with everywhere(), transaction.atomic():
        found = Case.objects.select_related("version").get(pk=case.pk)
        return dictionaries.layout(found.version).unpack(found.answers)


def record(world, case, outcome, *, on=TODAY, at=NOW, by="nora", **options):
    with world.acting(by) as person:
        return contacts.record(case_id=case.pk, method=Method.TELEPHONE, outcome=outcome, contact_on=on, by=person, at=at, **options)


def test_reaching_a_patient_answers_the_case_and_it_can_be_submitted(world):
    case = draft(world)
    record(world, case, Outcome.REACHED)
    assert (held(case)["fu_status"], held(case)["fu_on"]) == ("1", "2026-06-15")
    with world.acting("nora") as person:
        assert case_actions.submit(case_id=case.pk, by=person, at=NOW).status == "SUBMITTED"
    with pytest.raises(Refusal, match=r"submitted\. Reopen it"):
        record(world, case, Outcome.LOST)


def test_giving_up_after_reaching_takes_the_contact_back(world):
    case = draft(world)
    record(world, case, Outcome.REACHED)
    record(world, case, Outcome.LOST)
    assert held(case)["fu_status"] == "2"
    assert "fu_on" not in held(case)


def test_no_answer_answers_nothing_and_comes_back_on_its_day(world):
    case = draft(world)
    record(world, case, Outcome.NO_ANSWER, again_on=TODAY + timedelta(days=2), note="Voice mail.")
    assert "fu_status" not in held(case)

    def counts(today):
        with world.acting("nora"):
            found = follow_ups.listed(hospital_ids=(world.north.pk,), chosen="", page=1, today=today)
            return {name: n for name, _, n in found.filters}

    before = counts(TODAY)
    assert before["again"] >= 1
    assert counts(TODAY + timedelta(days=2))["again"] == before["again"] - 1
    with world.acting("nora"):
        attempt = follow_ups.attempts(case)[0]
    assert (attempt.method, attempt.outcome, attempt.again) == ("telephone", "no answer", "17 Jun 2026")
    assert (attempt.note, attempt.by) == ("Voice mail.", "Nora Lindqvist")


@pytest.mark.parametrize(
    ("outcome", "on", "options", "words"),
    [
        (Outcome.REACHED, date(2026, 5, 19), {}, "Day 30 is 20 May 2026"),
        (Outcome.LOST, date(2026, 5, 19), {}, "Day 30 is 20 May 2026"),
        (Outcome.NO_ANSWER, date(2026, 6, 16), {}, "still to come"),
        (Outcome.NO_ANSWER, date(2026, 4, 19), {}, "before the operation"),
        (Outcome.NO_ANSWER, TODAY, {"again_on": TODAY}, "comes after this one"),
    ],
)
def test_what_cannot_be_is_refused(world, outcome, on, options, words):
    with pytest.raises(Refusal, match=words):
        record(world, draft(world), outcome, on=on, **options)


def test_a_contact_needs_an_operation_date(world):
    with pytest.raises(Refusal, match="nobody knows when day 30 is"):
        record(world, draft(world, operated_on=""), Outcome.REACHED)


def test_before_day_30_only_the_case_of_a_dead_patient_is_complete(world):
    at = datetime(2026, 5, 10, 14, tzinfo=UTC)
    alive = draft(world, key="F-1", fu_status="2")
    with world.acting("nora") as person, pytest.raises(NotReady, match="runs to 20 May 2026"):
        case_actions.submit(case_id=alive.pk, by=person, at=at)
    dead = draft(world, key="F-2", fu_status="1", fu_on="2026-05-01", died_on="2026-05-01")
    with world.acting("nora") as person:
        assert case_actions.submit(case_id=dead.pk, by=person, at=at).status == "SUBMITTED"


def test_the_last_evening_before_day_30_is_too_early_and_its_first_minute_is_not(world):
    """Day 30 is 20 May; in Detroit it begins at 04:00 UTC."""
    case = draft(world, fu_status="2")
    with world.acting("nora") as person, pytest.raises(NotReady):
        case_actions.submit(case_id=case.pk, by=person, at=datetime(2026, 5, 20, 3, 59, tzinfo=UTC))
    with world.acting("nora") as person:
        case_actions.submit(case_id=case.pk, by=person, at=datetime(2026, 5, 20, 4, 0, tzinfo=UTC))


def test_who_is_still_in_hospital_is_marked_and_the_list_costs_the_same_however_long(world, django_assert_num_queries):
    draft(world, key="F-1", discharged_on="NAP")
    with world.acting("nora"), django_assert_num_queries(3):
        few = follow_ups.listed(hospital_ids=(world.north.pk,), chosen="ask", page=1, today=TODAY)
    line = next(line for line in few.lines if line.key == "F-1" and line.in_hospital)
    assert (line.due, line.due_on, line.state) == ("3 weeks late", "20 May 2026", "LATE")
    for number in range(2, 12):
        draft(world, key=f"F-{number}")
    with world.acting("nora"), django_assert_num_queries(3):
        many = follow_ups.listed(hospital_ids=(world.north.pk,), chosen="ask", page=1, today=TODAY)
    assert len(many.lines) > len(few.lines)


def test_contacts_are_history_and_stay_with_their_hospital(world):
    case = draft(world)
    record(world, case, Outcome.NO_ANSWER)
    for name in ("sam", "suri", "cleo"):
        with world.acting(name):
            assert not ContactAttempt.objects.filter(case=case.pk).exists()
    with world.acting("nora"), pytest.raises(Error, match=r"append-only|permission denied"), transaction.atomic():
        ContactAttempt.objects.filter(case=case.pk).update(outcome="REACHED")
