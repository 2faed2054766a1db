"""A re-abstractor reaches the assigned charts' key, date and hospital, and nothing of any first reading: at the door and underneath."""

import pytest
from django.db import Error, transaction
from django.utils import timezone

from registry.models import AuditCase, SecondReading
from sites.access import policy
from sites.access.scope import bound
from tests.databases import as_role
from tests.house.catalog import ask
from tests.house.test_access_table import ask as request
from tests.house.test_access_table import objects
from tests.house.universe import Universe, addresses
from tests.sites.acting import machine, person, signed_in

# Written by hand: what a re-abstractor may open beyond what somebody without a role gets.
OPEN = {
    "registry:audits", "registry:reading", "registry:home-panel",
    "interventions:notices", "interventions:notices-panel", "interventions:notice-preference",  # what waits for this very person, and whether by mail
}  # fmt: skip
CATALOGUE = {
    "feedback:measures", "feedback:measure", "registry:dictionaries", "registry:dictionary", "registry:dictionary-file",
    "registry:dictionary-diff", "registry:rulings", "registry:rules", "registry:rule", "registry:sampling-rules",
    "feedback:payer", "feedback:payer-release",  # every member reads what the payer received
}  # fmt: skip
HIDDEN = (
    "registry_case",
    "registry_caserevision",
    "registry_findingreason",
    "registry_amendment",
    "registry_auditcase",
    "registry_elementdisagreement",
    "registry_auditreport",
    "registry_casereview",
    "registry_upload",
    "feedback_siteresult",
    "feedback_caseledger",
)


@pytest.fixture(scope="module")
def universe(shared_world):
    return Universe()


def held(name):
    return policy.authority(person(name), on=timezone.now().date())


def test_with_no_filter_a_reviewer_sees_own_readings_and_nothing_of_the_first(universe):
    reviewer = held("reviewer")
    with as_role("superuser"):
        ((others,),) = ask("SELECT count(*) FROM registry_secondreading WHERE reviewer_id <> %s", reviewer.person_id)
        assert others > 5
        assert all(ask(f"SELECT count(*) FROM {table}")[0][0] for table in HIDDEN if "review" not in table and "reason" not in table)
    with bound(reviewer.scope()), transaction.atomic():
        assert {row[0] for row in ask("SELECT DISTINCT reviewer_id FROM registry_secondreading")} == {reviewer.person_id}
        assert {table: ask(f"SELECT count(*) FROM {table}")[0][0] for table in HIDDEN} == dict.fromkeys(HIDDEN, 0)


def test_an_open_reading_holds_the_key_and_the_date_and_no_answer(universe):
    with machine():
        rows = list(SecondReading.objects.filter(status="OPEN", revision=1).select_related("version"))
        assert rows
        for row in rows:
            filled = {name for name, text in zip(row.version.columns, row.answers, strict=True) if text}
            assert filled <= {"case_id", "operated_on", "bmi", "duration_min", "los_days"}


def test_a_reviewer_writes_nothing_but_own_open_readings(universe):
    reviewer = held("reviewer")
    with machine():
        theirs = SecondReading.objects.filter(status="OPEN").exclude(reviewer_id=reviewer.person_id).first().pk
        done = SecondReading.objects.filter(status="DONE", reviewer_id=reviewer.person_id).first().pk
        audited = AuditCase.objects.first().pk
    with bound(reviewer.scope()), transaction.atomic():
        assert SecondReading.objects.filter(pk=theirs).update(n_answered=9) == 0
    for statement in (
        f"UPDATE registry_secondreading SET n_answered = 9 WHERE id = {done} RETURNING 1",
        f"UPDATE registry_secondreading SET reviewer_id = 1 WHERE status = 'OPEN' AND reviewer_id = {reviewer.person_id} RETURNING 1",
        f"DELETE FROM registry_auditcase WHERE id = {audited} RETURNING 1",
        "INSERT INTO registry_certification (person_id, hospital_id, registry_id, state, on_day, evidence, at)"
        f" SELECT {reviewer.person_id}, id, 1, 'CERTIFIED', now(), 'me', now() FROM sites_hospital LIMIT 1 RETURNING 1",
    ):
        with pytest.raises(Error), bound(reviewer.scope()), transaction.atomic():
            ask(statement)


def test_the_policy_is_what_hides(universe):
    """Taking the policy's condition away shows what it hid."""
    from tests.house.test_rows import planted

    with planted("ALTER TABLE registry_auditcase DISABLE ROW LEVEL SECURITY"):
        assert ask("SELECT count(*) FROM registry_auditcase")[0][0] > 5


def test_every_other_page_is_shut_to_a_reviewer(universe):
    client, wrong = signed_in("reviewer"), []
    client.raise_request_exception = False
    nobody, letters = universe.clients["no_role"], objects()
    for address in addresses():
        for letter in sorted(letters[address.name]):
            path = universe.path(address, letter)
            for method in ("GET", "POST"):
                answer = request(client, method, path)
                if answer.status_code == request(nobody, method, path).status_code:
                    continue
                if answer.status_code < 400 and address.name not in OPEN | CATALOGUE:
                    wrong.append(f"{method} {address.name} {letter}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_the_two_hands_on_a_disagreement_are_kept_apart_underneath(universe):
    """The hospital cannot rule and the centre cannot respond, whatever the application says."""
    lead, staff = held("sitelead"), held("staff")
    with machine():
        ((number,),) = ask(
            "SELECT d.id FROM registry_elementdisagreement d JOIN registry_audit a ON a.id = d.audit_id WHERE a.status = 'PRELIMINARY' LIMIT 1"
        )
    for who, change in ((lead, "ruling = 'FIRST'"), (staff, "response = 'ACCEPT'"), (lead, "first = 'other'")):
        with pytest.raises(Error), bound(who.scope()), transaction.atomic():
            ask(f"UPDATE registry_elementdisagreement SET {change} WHERE id = %s RETURNING 1", number)
    with bound(lead.scope()), transaction.atomic():
        assert ask("UPDATE registry_elementdisagreement SET response = 'ACCEPT' WHERE id = %s RETURNING 1", number)
        transaction.set_rollback(True)


def test_a_final_audit_and_its_report_never_change(universe):
    staff = held("staff")
    for statement in (
        "UPDATE registry_audit SET n_differing = 0 WHERE status = 'FINAL' RETURNING 1",
        "UPDATE registry_auditreport SET digest = '' RETURNING 1",
    ):
        with pytest.raises(Error), bound(staff.scope()), transaction.atomic():
            ask(statement)
