"""The trail: every act leaves a line in its own transaction, and each reader sees what is theirs."""

from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from sites import audit
from sites.access.roles import Role
from sites.actions import hospitals, memberships, passwords, sessions, tokens
from sites.models import ApiToken, AuditEvent, Hospital, Membership
from tests.sites.acting import machine, person, signed_in


def newest() -> AuditEvent:
    return AuditEvent.objects.order_by("-id").first()


def test_a_line_goes_when_its_act_goes(shared_world):
    with machine():
        before = AuditEvent.objects.count()
    with transaction.atomic():
        audit.record(action="planted", at=timezone.now(), by="test")
        transaction.set_rollback(True)
    with machine():
        assert AuditEvent.objects.count() == before


def test_a_line_says_who_where_what_and_in_which_request(shared_world):
    token = audit.request_id.set("the-request")
    with machine():
        hospital = Hospital.objects.get(code="H01")
        audit.record(
            action="read case",
            at=timezone.now(),
            by=person("staff"),
            hospital_id=hospital.pk,
            kind="case",
            object_id="X",
            detail={"a": 1},
            reason="why",
        )
        line = newest()
    audit.request_id.reset(token)
    assert (line.actor, line.person_id, line.hospital_id) == (person("staff").name, person("staff").pk, hospital.pk)
    assert (line.object_kind, line.object_id, line.detail, line.reason, line.request_id) == (
        "case",
        "X",
        {"a": 1},
        "why",
        "the-request",
    )


NOW = timezone.now()


def _acts():
    """Every writing act of this floor, with the words its line carries."""
    by = person("lead")
    hospital = Hospital.objects.get(code="H02")
    new = memberships.add_person(email="acts@x.example", name="Acts", password="long-enough-words", by=by, at=NOW)
    yield "add person"
    row = memberships.grant(
        person=new, role=Role.ABSTRACTOR, hospital=hospital, starts_on=date(2026, 1, 1), by=by, at=NOW
    )
    yield "grant role"
    passwords.offer(membership=row, by="test", at=NOW)
    yield "offer sign-in link"
    passwords.choose(person=new, password="quite-another-one-9", at=NOW)
    yield "set password"
    sessions.signed_in(person=new, at=NOW)
    yield "sign in"
    tokens.create(person=new, hospital=hospital, name="x", at=NOW)
    yield "create token"
    tokens.revoke(token=ApiToken.objects.get(person=new), by=by, at=NOW)
    yield "revoke token"
    sessions.identified(person=by, hospital_ids=(hospital.pk,), reason="why it was needed", at=NOW)
    yield "enter identified mode"
    memberships.end(membership=row, ends_on=NOW.date(), by=by, at=NOW, reason="left")
    yield "end role"


def test_enrolling_a_hospital_leaves_the_first_line_of_its_trail(shared_world):
    with machine():
        hospitals.enrol(code="H99", name="New", joined_on=date(2026, 1, 1), time_zone="UTC", by=person("lead"), at=NOW)
    with machine():
        made = Hospital.objects.get(code="H99")
        assert list(AuditEvent.objects.filter(hospital=made).values_list("action", flat=True)) == ["enrol hospital"]


def test_the_centre_reads_what_is_about_no_hospital_and_hospitals_do_not(shared_world):
    with transaction.atomic():
        audit.record(action="publish comparison", at=timezone.now(), by="a machine", object_id="CENTRAL")
    for name in ("lead", "staff", "analyst"):
        assert "CENTRAL" in signed_in(name).get("/trail/").content.decode()
    assert "CENTRAL" not in signed_in("sitelead").get("/trail/").content.decode()


def test_every_writing_act_leaves_a_line(shared_world):
    with machine():
        before = AuditEvent.objects.count()
        for number, words in enumerate(_acts(), start=1):
            assert newest().action == words
            assert AuditEvent.objects.count() == before + number
        transaction.set_rollback(True)


def test_every_writing_view_leaves_a_line(shared_world):
    lead, hospital = signed_in("sitelead"), None
    with machine():
        hospital = Membership.objects.get(person=person("sitelead")).hospital_id

    def lines() -> list[str]:
        with machine():
            rows = AuditEvent.objects.filter(request_id__in=asked).order_by("id")
            return list(rows.values_list("action", flat=True))

    asked = []
    for path, sent in (
        ("/people/grant/", {"email": "view@x.example", "name": "View", "role": "ABSTRACTOR", "hospital": hospital}),
        ("/tokens/", {"name": "x", "hospital": hospital}),
        ("/sign-out/", {}),
    ):
        asked.append(lead.post(path, sent)["X-Request-Id"])
    assert lines() == ["add person", "grant role", "offer sign-in link", "create token", "sign out"]


def test_a_failed_act_leaves_no_line(shared_world):
    lead = signed_in("sitelead2")
    with machine():
        before = AuditEvent.objects.count()
    assert lead.post("/people/grant/", {"email": "x", "role": "CENTRE_LEAD"}).status_code == 400
    with machine():
        assert AuditEvent.objects.count() == before


def test_a_lead_reads_the_own_hospitals_trail_and_no_other(shared_world):
    with machine():
        ids = dict(Hospital.objects.values_list("code", "pk"))
        for code in ("H04", "H07"):
            audit.record(
                action="read case",
                at=timezone.now(),
                by=person("staff"),
                hospital_id=ids[code],
                kind="case",
                object_id=f"SEEN-{code}",
                reason="audit",
            )
    page = signed_in("sitelead").get("/trail/").content.decode()
    assert "SEEN-H04" in page
    assert person("staff").name in page
    assert "SEEN-H07" not in page
    assert "SEEN-H07" in signed_in("sitelead2").get("/trail/").content.decode()
    assert Client().get("/trail/").status_code == 302


@pytest.mark.parametrize("page", ["2", "9999", "x", "-1", "0", "1'"])
def test_any_page_number_is_answered(shared_world, page):
    assert signed_in("sitelead").get("/trail/", {"page": page}).status_code == 200


def test_the_trail_takes_few_queries_however_long_it_is(shared_world):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in("lead")
    client.get("/trail/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/trail/?page=2")
    assert len(few) <= 20
