"""People: a lead grants and ends roles, and somebody new sets a password behind a one-time link."""

import re
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from sites.models import Job, Membership, Person
from tests.sites.acting import machine, signed_in

_numbers = count(1)
CHOSEN = "cairns-on-the-ridge"


@pytest.fixture
def new() -> dict[str, str]:
    """Return what a lead types about somebody who is not there yet; the tests share one world."""
    email = f"new{next(_numbers)}@collaborative.example"
    return {"email": email, "name": "Ines Falk", "role": "ABSTRACTOR", "surgeon_code": ""}


def hospital_of(name: str) -> int:
    with machine():
        return Membership.objects.get(person__email=f"{name}@collaborative.example").hospital_id


def granted(client: Client, new: dict[str, str]) -> str:
    page = client.post("/people/grant/", new | {"hospital": hospital_of("sitelead")})
    assert page.status_code == 200, page.content.decode()
    return re.search(r"http://testserver(/welcome/[^\"]+)", page.content.decode()).group(1)


def test_somebody_new_sets_a_password_and_signs_in_with_the_role(shared_world, new):
    link = granted(signed_in("sitelead"), new)
    newcomer = Client()
    assert "Ines Falk" in newcomer.get(link).content.decode()
    answer = newcomer.post(link, {"password": CHOSEN, "again": CHOSEN})
    assert (answer.status_code, answer.url) == (302, "/sign-in/")
    assert "Your password is set" in newcomer.get("/sign-in/").content.decode()
    assert newcomer.post("/sign-in/", {"email": new["email"], "password": CHOSEN}).status_code == 302
    # The hospital trains first: a new abstractor practises, and sees no case before that is passed.
    assert newcomer.get("/training/").status_code == 200
    assert newcomer.get("/cases/").status_code == 403


def test_a_link_works_once_and_then_is_like_one_that_never_was(shared_world, new):
    link = granted(signed_in("sitelead"), new)
    Client().post(link, {"password": CHOSEN, "again": CHOSEN})
    used, invented = Client().get(link), Client().get("/welcome/zzz-d1rn5v-0123456789abcdef0123456789abcdef/")
    assert used.status_code == invented.status_code == 404
    assert used.content == invented.content
    for other in ("x", "-", "1-", "zzzzzzzzzzzzzzz-a-b"):
        assert Client().get(f"/welcome/{other}/").content == invented.content
    assert Client().post(link, {"password": "another-good-one-2", "again": "another-good-one-2"}).status_code == 404


def test_a_link_dies_after_three_days(shared_world, new):
    link = granted(signed_in("sitelead"), new)
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=2, hours=23), tick=False):
        assert Client().get(link).status_code == 200
    with time_machine.travel(now + timedelta(days=3, minutes=1), tick=False):
        assert Client().get(link).status_code == 404


def test_a_link_of_a_closed_account_is_dead(shared_world, new):
    link = granted(signed_in("sitelead"), new)
    Person.objects.filter(email=new["email"]).update(is_active=False)
    assert Client().get(link).status_code == 404


@pytest.mark.parametrize(
    ("password", "again"),
    [
        ("short", "short"),
        (CHOSEN, "another-one-else"),
        ("", ""),
        ("password1234", "password1234"),
        ("Ines Falk 1 2", "Ines Falk 1 2"),
    ],
)
def test_a_poor_password_is_refused_with_words(shared_world, new, password, again):
    link = granted(signed_in("sitelead"), new)
    answer = Client().post(link, {"password": password, "again": again})
    assert answer.status_code == 400
    assert "field-error" in answer.content.decode() or "finding" in answer.content.decode()
    assert not Person.objects.get(email=new["email"]).has_usable_password()


def test_a_lead_may_not_take_over_somebody_known_elsewhere(shared_world):
    """Whoever holds the link becomes the person: the surgeon of two hospitals must not fall to one of their leads."""
    lead = signed_in("sitelead")
    with machine():
        row = Membership.objects.get(person__email="surgeon@collaborative.example", hospital_id=hospital_of("sitelead"))
    answer = lead.post(f"/people/{row.pk}/link/")
    assert answer.status_code == 400
    assert "/welcome/" not in answer.content.decode()
    assert "/welcome/" in signed_in("lead").post(f"/people/{row.pk}/link/").content.decode()


def test_granting_a_role_to_a_stranger_of_another_hospital_gives_no_link(shared_world, new):
    """It asks for the standing of the new set of own hospitals, too."""
    lead = signed_in("sitelead")
    answer = lead.post(
        "/people/grant/", new | {"email": "abstractor2@collaborative.example", "hospital": hospital_of("sitelead")}
    )
    assert Job.objects.filter(task="feedback.standings", status="QUEUED").exists()
    assert answer.status_code == 302
    with machine():
        row = Membership.objects.get(
            person__email="abstractor2@collaborative.example", hospital_id=hospital_of("sitelead")
        )
    assert lead.post(f"/people/{row.pk}/link/").status_code == 400


def test_a_lead_cannot_reach_people_of_another_hospital(shared_world, new):
    with machine():
        row = Membership.objects.get(person__email="sitelead2@collaborative.example")
    lead = signed_in("sitelead")
    for act in ("link", "end"):
        foreign = lead.post(f"/people/{row.pk}/{act}/", {"ends_on": "2030-01-01", "reason": "x"})
        missing = lead.post(f"/people/99999999/{act}/", {"ends_on": "2030-01-01", "reason": "x"})
        assert foreign.status_code == missing.status_code == 404
    answer = lead.post("/people/grant/", new | {"hospital": row.hospital_id})
    assert answer.status_code == 400
    assert not Person.objects.filter(email=new["email"]).exists()


@pytest.mark.parametrize("role", ["CENTRE_LEAD", "CENTRE_STAFF", "CENTRE_ANALYST", "REABSTRACTOR"])
def test_a_lead_cannot_grant_what_is_not_theirs_to_give(shared_world, new, role):
    answer = signed_in("sitelead").post("/people/grant/", new | {"role": role, "hospital": hospital_of("sitelead")})
    assert answer.status_code == 400
    assert not Person.objects.filter(email=new["email"]).exists()


def test_a_role_granted_today_can_end_today_and_be_granted_again(shared_world, new):
    lead, today = signed_in("sitelead"), timezone.now().date()
    link = granted(lead, new)
    newcomer = Client()
    newcomer.post(link, {"password": CHOSEN, "again": CHOSEN})
    newcomer.post("/sign-in/", {"email": new["email"], "password": CHOSEN})
    assert newcomer.get("/training/").status_code == 200
    with machine():
        row = Membership.objects.get(person__email=new["email"])
    lead.post(f"/people/{row.pk}/end/", {"ends_on": today, "reason": "granted by mistake"})
    assert newcomer.get("/training/").status_code == 403
    assert lead.post(f"/people/{row.pk}/end/", {"ends_on": today, "reason": "again"}).status_code == 400
    assert lead.post("/people/grant/", new | {"hospital": row.hospital_id}).status_code == 302
    assert newcomer.get("/training/").status_code == 200


def test_an_ended_role_cannot_be_prolonged(shared_world, new):
    lead, today = signed_in("sitelead"), timezone.now().date()
    granted(lead, new)
    with machine():
        row = Membership.objects.get(person__email=new["email"])
    lead.post(f"/people/{row.pk}/end/", {"ends_on": today, "reason": "left"})
    answer = lead.post(f"/people/{row.pk}/end/", {"ends_on": "2099-01-01", "reason": "back"})
    assert answer.status_code == 400
    with machine():
        row.refresh_from_db()
    assert row.ends_on == today


@pytest.mark.parametrize("day", ["2019-01-01", "yesterday", ""])
def test_a_role_does_not_end_in_the_past(shared_world, day):
    with machine():
        row = Membership.objects.get(person__email="abstractor@collaborative.example")
    answer = signed_in("sitelead").post(f"/people/{row.pk}/end/", {"ends_on": day, "reason": "left"})
    assert answer.status_code == 400


def test_what_clashes_is_refused_in_words_and_not_as_a_defect(shared_world, new):
    lead, hospital = signed_in("sitelead"), hospital_of("sitelead")
    with machine():
        surgeon = Membership.objects.filter(hospital_id=hospital, role="SURGEON").first()
    taken = lead.post(
        "/people/grant/", new | {"role": "SURGEON", "surgeon_code": surgeon.surgeon_code, "hospital": hospital}
    )
    assert (taken.status_code, "already stands for another surgeon" in taken.content.decode()) == (400, True)
    twice = lead.post("/people/grant/", new | {"email": "abstractor@collaborative.example", "hospital": hospital})
    assert (twice.status_code, "already is abstractor" in twice.content.decode()) == (400, True)
