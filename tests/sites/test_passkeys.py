"""Passkeys: only an answer to this very question, from this house's page, by the owner's own verified device opens a door."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from sites import passkeys
from sites.access.gates import CODE_AT
from sites.access.scope import own
from sites.actions import second_factor, sessions
from sites.models import AuditEvent, Passkey, Session
from tests.collaborative import PASSWORD, address
from tests.databases import as_role
from tests.house.catalog import ask
from tests.sites.acting import machine, person, signed_in
from tests.sites.authenticator import Device

HOUSE = passkeys.House(host="cairn.example", origin="https://cairn.example")
OWNER = passkeys.handle(key=b"key", person=7)


def made(device: Device) -> passkeys.Made:
    asked = passkeys.challenge()
    options = passkeys.offer(house=HOUSE, asked=asked, owner=OWNER, account="a@b.example", name="A", known=[])
    return passkeys.made(house=HOUSE, asked=asked, answer=device.make(options))


@pytest.fixture
def known() -> tuple[Device, passkeys.Made]:
    device = Device(origin=HOUSE.origin)
    return device, made(device)


def used(device: Device, kept: passkeys.Made, *, asked: bytes = b"", answer: str = "", count: int = -1) -> int:
    question = asked or passkeys.challenge()
    options = passkeys.question(house=HOUSE, asked=question, allowed=[kept.credential_id])
    return passkeys.used(
        house=HOUSE,
        asked=question,
        answer=answer or device.show(options),
        owner=OWNER,
        public_key=kept.public_key,
        sign_count=kept.sign_count if count < 0 else count,
    )


def test_a_passkey_opens_by_its_answer_to_this_question(known):
    device, kept = known
    assert used(device, kept) == kept.sign_count + 1
    assert passkeys.credential_of(device.show({"challenge": "eA"})) == kept.credential_id


@pytest.mark.parametrize(
    ("knob", "why"),
    [
        ({"origin": "https://cairn.example.evil.example"}, "origin"),
        ({"origin": "http://cairn.example"}, "origin"),
        ({"origin": "https://cairn.example:8443"}, "origin"),
        ({"host": "evil.example"}, "RP ID"),
        ({"verified": False}, "verification"),
        ({"cross_origin": True}, "frame"),
        ({"key": Device().key}, "signature"),
        ({"owner": passkeys.handle(key=b"key", person=8)}, "somebody else"),
        ({"count": 0, "counts": False}, "sign count"),
    ],
    ids=["foreign origin", "without TLS", "another port", "another host", "nobody verified", "in a frame", "another key",
         "another person", "a copy that counts from the beginning"],
)  # fmt: skip
def test_every_other_answer_is_refused(known, knob, why):
    device, kept = known
    with pytest.raises(passkeys.Wrong, match=why):
        used(replace(device, **knob), kept)


def test_an_answer_to_another_question_is_refused(known):
    device, kept = known
    old = device.show(passkeys.question(house=HOUSE, asked=passkeys.challenge(), allowed=[]))
    with pytest.raises(passkeys.Wrong, match="challenge"):
        used(device, kept, answer=old)
    with pytest.raises(passkeys.Wrong, match="data type"):
        used(device, kept, answer=swapped(device.show({"challenge": "eA"}), "webauthn.get", "webauthn.create"))


def swapped(answer: str, old: str, new: str) -> str:
    from tests.sites.authenticator import content, text

    told = json.loads(answer)
    page = content(told["response"]["clientDataJSON"]).decode().replace(old, new)
    told["response"]["clientDataJSON"] = text(page.encode())
    return json.dumps(told)


@pytest.mark.parametrize(
    "knob", [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"verified": False}, {"cross_origin": True}]
)
def test_a_passkey_made_elsewhere_or_by_nobody_is_not_kept(knob):
    with pytest.raises(passkeys.Wrong):
        made(replace(Device(origin=HOUSE.origin), **knob))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 15_000,
        '{"id": 1}',
        "x" * 30_000,
        '{"id":"a","rawId":"%","type":"public-key","response":{}}',
    ],
)
def test_what_is_no_answer_is_refused_and_breaks_nothing(known, answer):
    device, kept = known
    with pytest.raises(passkeys.Wrong):
        passkeys.credential_of(answer)
    with pytest.raises(passkeys.Wrong):
        used(device, kept, answer=answer or "no")
    with pytest.raises(passkeys.Wrong):
        passkeys.made(house=HOUSE, asked=b"x" * 32, answer=answer)


def test_the_browser_is_told_to_verify_the_person_and_a_device_makes_no_second():
    options = passkeys.offer(house=HOUSE, asked=b"x" * 32, owner=OWNER, account="a", name="A", known=[b"one"])
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert len(options["excludeCredentials"]) == 1
    assert passkeys.question(house=HOUSE, asked=b"x" * 32, allowed=[])["userVerification"] == "required"


# On the web -------------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(shared_world):
    cache.clear()


def register(name: str, *, client: Client | None = None, device: Device | None = None) -> Device:
    client, device = client or signed_in(name), device or Device()
    options = client.post("/account/passkeys/offer/").json()
    answer = client.post("/account/passkeys/add/", {"name": "my key", "credential": device.make(options)})
    assert answer.status_code in {200, 302}, answer.content.decode()
    return device


def question(client: Client) -> dict:
    return client.post("/passkeys/question/").json()


def door(client: Client, device: Device, options: dict | None = None):
    shown = device.show(options or question(client))
    return client.post("/sign-in/passkey/", {"credential": shown, "next": "/periods/"}, REMOTE_ADDR="10.0.0.3")


def test_a_passkey_alone_opens_the_account_and_counts_as_a_fresh_code(fresh):
    device, client = register("staff"), Client()
    options = question(client)
    assert options["allowCredentials"] == [], "nobody learns whose passkeys there are"
    assert door(client, device, options).url == "/periods/"
    assert client.get("/account/passkeys/").status_code == 200
    assert client.session[CODE_AT]
    page = client.get("/account/passkeys/").content.decode()
    assert "my key" in page
    assert "not yet" not in page, "it says when it was used"


def test_an_answer_works_once_within_five_minutes_and_for_the_browser_that_was_asked(fresh):
    device, client = register("staff"), Client()
    options = question(client)
    shown = device.show(options)
    sent = {"credential": shown}
    assert client.post("/sign-in/passkey/", sent).status_code == 302
    assert client.post("/sign-in/passkey/", sent).status_code == 400, "replayed"
    other = Client()
    question(other)
    assert other.post("/sign-in/passkey/", {"credential": device.show(options)}).status_code == 400
    late = Client()
    options = question(late)
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert door(late, device, options).status_code == 400


def test_after_somebodys_password_only_their_own_passkey_counts(fresh):
    mine, theirs, client = register("staff"), register("analyst"), Client()
    client.post("/sign-in/", {"email": address("staff"), "password": PASSWORD}, REMOTE_ADDR="10.0.0.3")
    options = question(client)
    assert len(options["allowCredentials"]) >= 1
    assert door(client, theirs, options).status_code == 400
    assert client.get("/account/").status_code == 302
    assert door(client, mine).status_code == 302


def test_a_fresh_passkey_goes_before_what_weighs_most_and_nobody_elses_does(fresh):
    client, device, theirs = signed_in("lead"), register("lead"), register("staff")
    held = client.session
    held[CODE_AT] = (timezone.now() - timedelta(minutes=11)).isoformat()
    held.save()
    assert client.get("/account/passkeys/").url.startswith("/account/confirm/")
    for wrong in (theirs, replace(device, verified=False), replace(device, origin="http://evil.example")):
        answer = client.post("/account/confirm/passkey/", {"credential": wrong.show(question(client))})
        assert answer.status_code == 400
        assert client.get("/account/passkeys/").status_code == 302
    right = {"credential": device.show(question(client)), "next": "/account/passkeys/"}
    assert client.post("/account/confirm/passkey/", right).url == "/account/passkeys/"
    assert client.get("/account/passkeys/").status_code == 200


def test_a_member_with_a_passkey_is_no_longer_let_in_by_the_password_and_recovery_codes_help(fresh):
    client, device = signed_in("surgeon"), Device()
    options = client.post("/account/passkeys/offer/").json()
    page = client.post(
        "/account/passkeys/add/", {"name": "telephone", "credential": device.make(options)}
    ).content.decode()
    codes = [line.split("<code>")[1].split("<")[0] for line in page.split("<li>")[1:]]
    assert len(codes) == 10, "who has no recovery codes gets them with the first passkey"
    thief = Client()
    answer = thief.post("/sign-in/", {"email": address("surgeon"), "password": PASSWORD})
    assert answer.url == "/sign-in/code/"
    shown = thief.get("/sign-in/code/").content.decode()
    assert "Set up your authenticator" not in shown
    assert thief.get("/account/").status_code == 302
    assert thief.post("/sign-in/code/", {"code": codes[0]}).status_code == 302
    with own(person("surgeon").pk):
        number = Passkey.objects.get().pk
    assert signed_in("staff").post(f"/account/passkeys/{number}/remove/").status_code == 404, "only one's own"
    assert client.post(f"/account/passkeys/{number}/remove/").status_code == 302
    assert door(Client(), device).status_code == 400, "removed"
    assert Client().post("/sign-in/", {"email": address("surgeon"), "password": PASSWORD}).url == "/"


def test_signing_in_again_in_place_takes_the_page_owners_passkey_alone(fresh):
    mine, theirs, client = register("staff"), register("analyst"), Client()
    for device, status in ((theirs, 400), (mine, 200)):
        sent = {"expected": address("staff"), "credential": device.show(question(client))}
        answer = client.post("/session/", sent)
        assert answer.status_code == status
    assert answer.json()["person"] == address("staff")
    assert client.get("/account/").status_code == 200


def test_a_device_is_taken_once_and_a_closed_account_is_not_opened(fresh):
    device, client = register("sg-0504"), signed_in("sg-0504")
    options = client.post("/account/passkeys/offer/").json()
    assert len(options["excludeCredentials"]) == 1
    answer = client.post("/account/passkeys/add/", {"name": "again", "credential": device.make(options)})
    assert answer.status_code == 400
    assert "here already" in answer.content.decode()
    with as_role("superuser"):
        ask("UPDATE sites_person SET is_active = false WHERE email = %s RETURNING 1", address("sg-0504"))
    assert door(Client(), device).status_code == 400


def test_guessing_with_passkeys_is_braked_and_stands_in_the_trail(fresh):
    stranger, device = Device(), register("staff")
    for _ in range(sessions.MOST_PER_PAIR):
        assert door(Client(), stranger).status_code == 400
    assert "Too many attempts" in door(Client(), stranger).content.decode()
    assert door(Client(), device).status_code == 302, "strangers lock nobody out"
    with machine():
        assert AuditEvent.objects.filter(action="failed sign-in").count() >= sessions.MOST_PER_PAIR
        assert AuditEvent.objects.filter(action="add passkey", person=person("staff")).exists()


def test_a_place_that_asks_and_asks_is_stopped_and_signing_in_sweeps_old_sessions(fresh):
    client = Client(REMOTE_ADDR="10.0.0.9")
    for _ in range(sessions.MOST_QUESTIONS):
        sessions.too_many_questions(source="10.0.0.9")
    assert client.post("/passkeys/question/").status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.8").post("/passkeys/question/").status_code == 200
    before = timezone.now()
    with time_machine.travel(before + timedelta(days=2), tick=False):
        Client().post("/sign-in/", {"email": address("abstractor"), "password": PASSWORD})
        assert not Session.objects.filter(expire_date__lt=before + timedelta(days=1)).exists()


def test_no_scope_shows_no_passkeys_and_a_reset_forgets_them(fresh):
    register("staff2")
    assert Passkey.objects.count() == 0, "no scope, no rows"
    with own(person("staff2").pk):
        assert Passkey.objects.count() == 1
    with own(person("staff").pk):
        assert not Passkey.objects.filter(person=person("staff2")).exists(), "only one's own"
    second_factor.reset(person=person("staff2"), by="test", at=timezone.now())
    with own(person("staff2").pk):
        assert not Passkey.objects.exists()
