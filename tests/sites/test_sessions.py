"""Signing in and out, the brake on guessing, identified mode, tokens: what a session is worth and when it is over."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config import middleware
from sites.access.gates import CODE_AT
from sites.actions import rates, second_factor, sessions
from sites.models import ApiToken, AuditEvent, Authenticator, Membership, Person, Session
from sites.refusals import TooOften
from sites.selectors import tokens as token_selectors
from tests.collaborative import PASSWORD, address
from tests.databases import as_role
from tests.sites.acting import machine, pass_code, person, signed_in

WRONG = "do not go together"


@pytest.fixture(autouse=True)
def fresh(shared_world):
    """Each test begins without failures and without codes used: three sign-ins of one person take a minute and a half otherwise."""
    cache.clear()
    with as_role("superuser"):
        Authenticator.objects.update(latest_step=0)


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: object):
    answer = client.post("/sign-in/", {"email": address(name), "password": password} | more, REMOTE_ADDR="10.0.0.1")
    return pass_code(client, answer, name)


def test_the_words_are_the_same_for_every_failure():
    Person.objects.create(email=address("closed"), name="Closed", password=person("staff").password, is_active=False)
    Person.objects.create(email=address("never"), name="Never", password="!")
    bodies = set()
    for name, password in (("staff", "wrong"), ("nobody-here", PASSWORD), ("closed", PASSWORD), ("never", PASSWORD)):
        answer = sign_in(Client(), name, password)
        assert answer.status_code == 400
        assert WRONG in answer.content.decode()
        text = answer.content.decode().replace(address(name), "")
        bodies.add("".join(line for line in text.splitlines(keepends=True) if "csrf" not in line))
    assert len(bodies) == 1


def test_the_session_is_new_after_signing_in_and_dead_after_signing_out():
    client = Client()
    client.get("/sign-in/")
    client.session.save()
    client.cookies["cairn_session"] = planted = "a" * 32
    sign_in(client, "staff")
    held = client.cookies["cairn_session"].value
    assert held != planted
    assert client.get("/account/").status_code == 200
    client.post("/sign-out/")
    thief = Client()
    thief.cookies["cairn_session"] = held
    assert thief.get("/account/").status_code == 302


def test_five_failures_stop_this_address_from_this_place_and_nobody_else():
    for _ in range(sessions.MOST_PER_PAIR):
        assert WRONG in sign_in(Client(), "staff", "wrong").content.decode()
    assert "Too many attempts" in sign_in(Client(), "staff").content.decode()
    assert sign_in(Client(), "analyst").status_code == 302
    elsewhere = Client().post("/sign-in/", {"email": address("staff"), "password": PASSWORD}, REMOTE_ADDR="10.0.0.2")
    assert elsewhere.status_code == 302


def test_a_place_that_tries_many_addresses_is_stopped():
    for number in range(sessions.MOST_PER_SOURCE):
        sessions.failed(address=f"guess{number}@x.example", source="10.0.0.1", at=timezone.now())
    assert "Too many attempts" in sign_in(Client(), "staff").content.decode()


def test_a_failure_stands_in_the_trail_and_keeps_nothing_that_was_typed_by_mistake():
    for name in ("staff", "stones-on-the-pat"):
        sign_in(Client(), name, "wrong")
    with machine():
        rows = AuditEvent.objects.filter(action="failed sign-in").order_by("-id")[:2]
        unknown, known = [(row.actor, row.object_kind, row.object_id, row.detail) for row in rows]
    assert known == ("sign-in", "person", str(person("staff").pk), {"source": "10.0.0.1"})
    assert unknown == ("sign-in", "", "", {"source": "10.0.0.1"})
    assert "Failed sign-in" in signed_in("staff").get("/trail/").content.decode()
    assert "Failed sign-in" not in signed_in("sitelead").get("/trail/").content.decode()


@pytest.mark.parametrize(
    ("proxies", "named", "expected"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_people_behind_our_proxies_are_told_apart_and_nobody_chooses_an_address(settings, rf, proxies, named, expected):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", headers={"X-Forwarded-For": named}, REMOTE_ADDR="10.0.0.1")
    assert middleware.source(request) == expected


def test_the_brake_behind_a_proxy_stops_the_guesser_and_not_the_colleagues(settings):
    settings.TRUSTED_PROXIES = 1
    for _ in range(sessions.MOST_PER_PAIR):
        sign_in(Client(headers={"X-Forwarded-For": "6.6.6.6"}), "staff", "wrong")
    assert "Too many attempts" in sign_in(Client(headers={"X-Forwarded-For": "6.6.6.6"}), "staff").content.decode()
    assert sign_in(Client(headers={"X-Forwarded-For": "203.0.113.9"}), "staff").status_code == 302


def test_the_eleventh_download_of_an_hour_waits_for_the_next():
    for _ in range(rates.DOWNLOADS):
        rates.spend_download(person_id=1, at=7199.0)
    with pytest.raises(TooOften, match="10 files of cases"):
        rates.spend_download(person_id=1, at=7199.0)
    rates.spend_download(person_id=2, at=7199.0)
    rates.spend_download(person_id=1, at=7200.0)


def test_a_key_that_was_changed_keeps_people_signed_in_until_the_old_one_is_taken_away(settings):
    """Django's own way, beside the one statement: the session is signed anew with the new key."""
    client, old = signed_in("staff"), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-" * 5, [old]
    assert client.get("/account/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/account/").status_code == 200
    settings.SECRET_KEY = "a-third-key-" * 5
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(target):
    assert sign_in(Client(), "abstractor", next=target).url == "/"
    assert sign_in(Client(), "abstractor", next="/periods/").url == "/periods/"


def test_somebody_deactivated_is_anonymous_at_the_next_request():
    client = signed_in("sg-0501")
    assert client.get("/account/").status_code == 200
    Person.objects.filter(email=address("sg-0501")).update(is_active=False)
    assert client.get("/account/").status_code == 302


def test_a_role_that_ended_is_gone_at_the_next_request():
    client = signed_in("sg-0502")
    assert client.get("/cases/").status_code == 200
    with machine():
        Membership.objects.filter(person=person("sg-0502")).update(ends_on=timezone.now().date())
    assert client.get("/cases/").status_code == 403


def test_a_new_password_ends_every_session():
    client = signed_in("sg-0503")
    who = person("sg-0503")
    who.set_password("another-long-password")
    who.save()
    assert client.get("/account/").status_code == 302


def again(client: Client, name: str, expected: str, password: str = PASSWORD):
    return client.post("/session/", {"email": address(name), "password": password, "expected": address(expected)})


def test_the_same_person_signs_in_again_in_place():
    client = Client()
    assert client.get("/session/").json()["person"] == ""
    answer = again(client, "abstractor", "abstractor")
    assert answer.json()["person"] == address("abstractor")
    assert answer.json()["token"]
    assert client.get("/account/").status_code == 200


def test_nobody_else_signs_in_on_a_page_that_was_somebodys():
    client = Client()
    for attempt in (
        again(client, "analyst", "staff"),
        client.post("/session/", {"email": address("staff"), "password": PASSWORD}),
    ):
        assert attempt.status_code == 400
        assert "token" not in attempt.json()
    assert client.get("/account/").status_code == 302
    there = signed_in("lead")
    assert again(there, "staff", "staff").status_code == 400
    assert there.get("/session/").json()["person"] == address("lead")


def test_signing_in_again_in_place_is_braked_as_well():
    for _ in range(sessions.MOST_PER_PAIR):
        assert again(Client(), "staff", "staff", "wrong").status_code == 400
    assert again(Client(), "staff", "staff").status_code == 400


def test_identified_mode_lasts_thirty_minutes_and_stands_in_every_hospitals_trail():
    client = signed_in("staff")
    assert client.post("/account/identified/", {"reason": "short"}).status_code == 400
    before = timezone.now()
    client.post("/account/identified/", {"reason": "Hospital asked about case 17."})
    with machine():
        events = AuditEvent.objects.filter(
            action="enter identified mode", at__gte=before, reason="Hospital asked about case 17."
        )
        assert events.count() == 9
        assert events.values("hospital_id").distinct().count() == 9
    assert b"Hospital asked about case 17." in signed_in("sitelead").get("/trail/").content
    assert b"Identified mode is on" in client.get("/account/").content
    with time_machine.travel(before + timedelta(minutes=14), tick=False):
        assert b"Identified mode is on" in client.get("/account/").content
    with time_machine.travel(before + timedelta(minutes=28), tick=False):
        assert b"Identified mode is on" in client.get("/account/").content
    with time_machine.travel(before + timedelta(minutes=29), tick=False):
        assert b"Identified mode is on" in client.get("/account/").content
    with time_machine.travel(before + timedelta(minutes=31), tick=False):
        assert b"Identified mode is on" not in client.get("/account/").content
    client.post("/account/identified/", {"leave": "1"})
    assert b"Identified mode is on" not in client.get("/account/").content


def test_identified_mode_is_not_for_analysts_even_with_a_session_that_says_so():
    client = signed_in("analyst")
    session = client.session
    session["identified_until"] = (timezone.now() + timedelta(hours=1)).isoformat()
    session.save()
    with machine():
        from registry.models import Case

        code = Case.objects.first().code
    assert client.get(f"/cases/{code}/").status_code == 403


def made(name: str) -> str:
    client = signed_in(name)
    with machine():
        hospital = Membership.objects.get(person=person(name)).hospital_id
    page = client.post("/tokens/", {"name": "theatre system", "hospital": hospital}).content.decode()
    assert client.get("/tokens/").content.decode().count("is-secret") == 0  # shown once
    return page.split('is-secret" readonly value="')[1].split('"')[0]


def test_only_the_hash_of_a_token_is_kept():
    secret = made("abstractor")
    with machine():
        row = ApiToken.objects.get(digest__isnull=False, person=person("abstractor"), revoked_at=None)
    assert secret not in (row.digest, row.name)
    assert token_selectors.by_secret(secret=secret, at=timezone.now()).pk == row.pk
    assert token_selectors.by_secret(secret=row.digest, at=timezone.now()) is None


def asked(secret: str) -> int:
    return (
        Client()
        .get("/api/registries/colorectal/cases/?key=nothing", headers={"Authorization": f"Bearer {secret}"})
        .status_code
    )


def test_a_token_opens_the_api_until_it_is_revoked():
    secret = made("abstractor2")
    assert asked(secret) == 404
    with machine():
        row = ApiToken.objects.get(person=person("abstractor2"), revoked_at=None)
    assert signed_in("abstractor").post(f"/tokens/{row.pk}/revoke/").status_code == 404
    assert asked(secret) == 404
    signed_in("abstractor2").post(f"/tokens/{row.pk}/revoke/")
    assert asked(secret) == 401
    assert asked("made-up") == 401


def test_a_token_expires_and_falls_with_the_role_of_its_person():
    secret = made("abstractor2")
    with time_machine.travel(timezone.now() + timedelta(days=366), tick=False):
        assert asked(secret) == 401
    with machine():
        Membership.objects.filter(person=person("abstractor2")).update(ends_on=timezone.now().date())
    assert asked(secret) == 403
    with machine():
        Membership.objects.filter(person=person("abstractor2")).update(ends_on=None)
    Person.objects.filter(email=address("abstractor2")).update(is_active=False)
    assert asked(secret) == 403
    Person.objects.filter(email=address("abstractor2")).update(is_active=True)


def test_a_token_is_of_no_use_for_pages():
    secret = made("abstractor")
    assert Client().get("/cases/", headers={"Authorization": f"Bearer {secret}"}).status_code == 302


def test_a_session_nobody_uses_ends_after_a_quarter_of_an_hour_and_one_in_use_after_twelve():
    client, start = Client(), timezone.now()
    sign_in(client, "abstractor")
    at = start
    while at < start + timedelta(hours=11, minutes=50):
        at += timedelta(minutes=13)
        with time_machine.travel(at, tick=False):
            assert client.get("/account/").status_code == 200, at - start
    with time_machine.travel(start + timedelta(hours=12, minutes=1), tick=False):
        assert client.get("/account/").status_code == 302, "twelve hours are over, however much it is used"
    other = Client()
    sign_in(other, "abstractor")
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert other.get("/account/").status_code == 302


def test_who_only_watches_does_not_keep_a_session_alive():
    client, start = Client(), timezone.now()
    sign_in(client, "abstractor")
    for minutes in (5, 10, 14):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert client.get("/account/", headers={"X-Watching": "1"}).status_code == 200
            assert client.get("/session/").json()["person"] == address("abstractor")
    with time_machine.travel(start + timedelta(minutes=16), tick=False):
        assert client.get("/session/").json()["person"] == ""
        assert client.get("/account/").status_code == 302


def test_saving_something_with_the_session_does_not_make_it_longer_than_twelve_hours():
    client, start = Client(), timezone.now()
    sign_in(client, "staff")
    row = Session.objects.get(session_key=client.cookies["cairn_session"].value)
    with time_machine.travel(start + timedelta(minutes=14), tick=False):
        client.post("/account/identified/", {"reason": "A hospital asks about a case."})
    later = Session.objects.get(pk=row.pk)
    assert later.ends_at == row.ends_at
    assert row.expire_date < later.expire_date < later.ends_at


def test_the_centre_signs_in_again_in_place_with_the_password_and_then_the_code():
    client = Client()
    answer = again(client, "staff", "staff")
    assert answer.json()["person"] == ""
    assert answer.json()["ask"] == {"code": True, "hint": ""}, "only the demo shows a code"
    assert client.get("/account/").status_code == 302, "the password alone opens nothing"
    assert client.post("/session/", {"code": "000000", "expected": address("staff")}).status_code == 400
    right = second_factor.current_code(person=person("staff"), at=timezone.now())
    elsewhere = client.post("/session/", {"code": right, "expected": address("analyst")})
    assert elsewhere.status_code == 400, "half a sign-in is one person's"
    answer = client.post("/session/", {"code": right, "expected": address("staff")})
    assert answer.json()["person"] == address("staff")
    assert client.get("/account/").status_code == 200
    assert client.session[CODE_AT]
    thief = Client()
    again(thief, "staff", "staff")
    assert thief.post("/session/", {"code": right, "expected": address("staff")}).status_code == 400, "a code works once"


def test_a_code_in_place_needs_the_password_within_five_minutes_before_it():
    right = second_factor.current_code(person=person("analyst"), at=timezone.now())
    stranger = Client().post("/session/", {"code": right, "expected": address("analyst")})
    assert stranger.status_code == 400
    client = Client()
    again(client, "analyst", "analyst")
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        late = second_factor.current_code(person=person("analyst"), at=timezone.now())
        answer = client.post("/session/", {"code": late, "expected": address("analyst")})
    assert (answer.status_code, "five minutes" in answer.json()["reasons"][0]) == (400, True)


def test_who_has_no_app_yet_is_told_to_set_it_up_elsewhere():
    second_factor.reset(person=person("staff2"), by="test", at=timezone.now())
    answer = again(Client(), "staff2", "staff2")
    assert answer.status_code == 400
    assert "another tab" in answer.json()["reasons"][0]
