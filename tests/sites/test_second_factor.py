"""The second factor: codes as the standard has them, none works twice, recovery codes, fresh codes, sessions one can end."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sites import one_time
from sites.access.gates import CODE_AT
from sites.actions import second_factor
from sites.models import AuditEvent, Authenticator, RecoveryCode
from sites.selectors import sessions
from tests.collaborative import PASSWORD, address
from tests.databases import as_role
from tests.house.catalog import ask
from tests.house.universe import addresses
from tests.sites.acting import machine, pass_code, person, signed_in

RFC = b"12345678901234567890"


@pytest.mark.parametrize(("seconds", "digits"), [(59, "94287082"), (1111111109, "07081804"), (2000000000, "69279037")])
def test_codes_are_those_of_the_standard(seconds, digits):
    """RFC 6238, appendix B, SHA-1; ours are the last six of its eight digits."""
    at = datetime.fromtimestamp(seconds, tz=UTC)
    assert one_time.code(RFC, one_time.step(at)) == digits[-6:]


def test_a_code_works_once_and_half_a_minute_around_its_time():
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    now = one_time.step(at)
    for number, right in ((now - 2, False), (now - 1, True), (now, True), (now + 1, True), (now + 2, False)):
        assert (one_time.match(RFC, one_time.code(RFC, number), at=at, after=0) == number) is right
    assert one_time.match(RFC, one_time.code(RFC, now), at=at, after=now) is None
    assert one_time.match(RFC, "äöü", at=at, after=0) is None


@pytest.fixture
def fresh(shared_world):
    cache.clear()


def password(client: Client, name: str, words: str = PASSWORD):
    return client.post("/sign-in/", {"email": address(name), "password": words}, REMOTE_ADDR="10.0.0.1")


def test_the_centre_is_not_in_before_the_code_and_a_code_does_not_work_twice(fresh):
    client = Client()
    answer = password(client, "staff")
    assert (answer.status_code, answer.url) == (302, "/sign-in/code/")
    assert client.get("/account/").status_code == 302, "the password alone opens nothing"
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 400
    right = second_factor.current_code(person=person("staff"), at=timezone.now())
    assert client.post("/sign-in/code/", {"code": right}).status_code == 302
    assert client.get("/account/").status_code == 200
    thief = Client()
    password(thief, "staff")
    assert thief.post("/sign-in/code/", {"code": right}).status_code == 400, "seen over the shoulder"
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert thief.get("/sign-in/code/").status_code == 302, "half a sign-in lasts five minutes"
    assert pass_code(Client(), password(Client(), "abstractor"), "abstractor").url == "/"
    assert "does not show" not in client.get("/sign-in/code/", follow=True).content.decode()


def test_guessing_codes_is_braked_like_guessing_passwords(fresh):
    client = Client()
    password(client, "analyst")
    for _ in range(5):
        assert client.post("/sign-in/code/", {"code": "123123"}, REMOTE_ADDR="10.0.0.1").status_code == 400
    right = second_factor.current_code(person=person("analyst"), at=timezone.now())
    answer = client.post("/sign-in/code/", {"code": right}, REMOTE_ADDR="10.0.0.1")
    assert "Too many attempts" in answer.content.decode()


def test_the_first_time_an_app_is_set_up_and_its_recovery_codes_work_once_each(fresh):
    lead = person("lead")
    second_factor.reset(person=lead, by="test", at=timezone.now())
    client = Client()
    password(client, "lead")
    page = client.get("/sign-in/code/").content.decode()
    secret = second_factor.secret_of(person=lead)
    assert one_time.base32(secret) in page
    assert "The code now is" not in page, "only the demo shows it"
    answer = client.post("/sign-in/code/", {"code": one_time.code(secret, one_time.step(timezone.now()))})
    codes = [line.split("<code>")[1].split("<")[0] for line in answer.content.decode().split("<li>")[1:]]
    assert len(codes) == 10
    for expected in (302, 400):
        again = Client()
        password(again, "lead")
        assert again.post("/sign-in/code/", {"code": codes[0]}).status_code == expected
    with machine():
        actions = set(AuditEvent.objects.filter(person=lead).values_list("action", flat=True))
    assert {"set up second factor", "make recovery codes", "use recovery code"} <= actions


def test_no_secret_lies_in_the_database_and_nobody_elses_app_is_reached(fresh):
    secret = second_factor.secret_of(person=person("staff2"))
    with as_role("superuser"):
        rows = ask("SELECT nonce FROM sites_authenticator WHERE person_id = %s", person("staff2").pk)
        assert secret not in [bytes(row[0]) for row in rows]
    assert Authenticator.objects.count() == RecoveryCode.objects.count() == 0, "no scope, no rows"
    client = signed_in("analyst")
    assert client.get("/account/").status_code == 200


# Written by hand: what weighs most, by what it does. A route of this list that does not ask again fails below.
STEP_UP = {
    "export of cases": [
        ("abstractor", "GET", "registry:upload-marked", {"code": "ZZZZZZZZZZ", "kind": "xlsx"}, {}),
        ("abstractor", "GET", "registry:upload-marked", {"code": "ZZZZZZZZZZ", "kind": "csv"}, {}),
        ("abstractor", "POST", "sites:tokens", {}, {"name": "theatre system", "hospital": "1"}),
    ],
    "identified mode": [("staff", "POST", "sites:identified", {}, {"reason": "A hospital asks about a case."})],
    "release": [
        ("lead", "POST", "feedback:check-release", {"code": "ZZZZZZZZZZ"}, {"decision": "release", "reason": "Right."}),
        ("lead", "POST", "feedback:finish-release", {"code": "ZZZZZZZZZZ"}, {}),
        (
            "lead",
            "POST",
            "feedback:recall-release",
            {"code": "ZZZZZZZZZZ"},
            {"reason": "A figure of the release was wrong."},
        ),
    ],
    "unblinding": [
        ("sitelead", "POST", "feedback:give-consent", {}, {}),
        ("staff", "POST", "interventions:meeting-open", {"code": "ZZZZZZZZZZ"}, {}),
        ("sitelead", "POST", "interventions:answer", {"code": "ZZZZZZZZZZ"}, {}),
        ("sitelead", "POST", "interventions:show-recognition", {"code": "ZZZZZZZZZZ"}, {}),
    ],
    "what opens the account": [
        ("staff2", "POST", "sites:recovery-codes", {}, {}),
        ("staff2", "GET", "sites:passkeys", {}, {}),
        ("staff2", "POST", "sites:passkey-offer", {}, {}),
        ("staff2", "POST", "sites:add-passkey", {}, {}),
        ("staff2", "POST", "sites:remove-passkey", {"passkey_id": 1}, {}),
    ],
}
ROUTES = [route for routes in STEP_UP.values() for route in routes]


def asks_again(name: str, method: str, url: str, where: dict, data: dict) -> bool:
    """Tell whether a route sends somebody whose code is eleven minutes old to the page that asks who it is."""
    client = signed_in(name)
    grow_old(client)
    path = reverse(url, kwargs=where)
    shown = {"headers": {"Accept": "application/json"}}
    status = client.generic(method, path, urlencode(data), "application/x-www-form-urlencoded", **shown).status_code
    answer = client.generic(method, path, urlencode(data), "application/x-www-form-urlencoded")
    return (answer.status_code, status) == (302, 409) and answer.url.startswith("/account/confirm/")


def grow_old(client: Client) -> None:
    """Let the code have been shown eleven minutes ago."""
    held = client.session
    held[CODE_AT] = (timezone.now() - timedelta(minutes=11)).isoformat()
    held.save()


@pytest.mark.parametrize("route", ROUTES, ids=[f"{route[2]}-{number}" for number, route in enumerate(ROUTES)])
def test_what_weighs_most_asks_again_after_ten_minutes(fresh, route):
    assert asks_again(*route)


def test_a_route_that_asks_nobody_again_would_be_noticed(fresh):
    assert not asks_again("abstractor", "GET", "registry:uploads", {}, {})


def test_whatever_asks_again_stands_in_the_list():
    marked = {one.name for one in addresses() if getattr(one.callback, "asks_again", False)}
    assert marked <= {url for _, _, url, _, _ in ROUTES}


@pytest.mark.parametrize(
    ("name", "path", "data"),
    [
        ("staff", "/account/identified/", {"reason": "A hospital asks about a case."}),
        ("lead", "/releases/ZZZZZZZZZZ/finish/", {}),
        ("sitelead", "/agreements/consents/", {}),
        ("staff2", "/account/recovery-codes/", {}),
    ],
)
def test_whoever_is_asked_again_goes_on_where_they_were(fresh, name, path, data):
    client = signed_in(name)
    grow_old(client)
    back = {"HTTP_REFERER": "https://testserver/account/"}
    answer = client.post(path, data, **back)
    assert (answer.status_code, answer.url) == (302, "/account/confirm/?next=%2Faccount%2F")
    assert client.post(path, data, headers={"Accept": "application/json"}).status_code == 409
    who = person(name)
    has_app = second_factor.confirmed(person=who)
    shown = {"code": second_factor.current_code(person=who, at=timezone.now())} if has_app else {"password": PASSWORD}
    wrong = {"code": "000000"} if has_app else {"password": "wrong"}
    assert client.post("/account/confirm/", wrong | {"next": "/account/"}).status_code == 400
    answer = client.post("/account/confirm/", shown | {"next": "https://elsewhere.example/"})
    assert (answer.status_code, answer.url) == (302, "/"), "never to another house"
    assert "/account/confirm/" not in client.post(path, data, **back).headers.get("Location", "")


def test_a_file_of_cases_leads_back_to_the_page_its_link_stands_on(fresh):
    client = signed_in("abstractor")
    grow_old(client)
    path = reverse("registry:upload-marked", kwargs={"code": "ZZZZZZZZZZ", "kind": "csv"})
    answer = client.get(path, headers={"Referer": "https://testserver/uploads/ZZZZZZZZZZ/"})
    assert answer.url == "/account/confirm/?next=%2Fuploads%2FZZZZZZZZZZ%2F"


def test_the_password_of_who_has_no_app_was_shown_at_the_door(fresh):
    client = Client()
    password(client, "abstractor")
    assert client.get("/tokens/").status_code == 200
    grow_old(client)
    assert client.get("/tokens/").status_code == 302


def test_a_person_sees_where_they_are_signed_in_and_ends_it_there(fresh):
    here, there = Client(), Client()
    for client, agent in ((here, "Here/1"), (there, "There/2")):
        client.post("/sign-in/", {"email": address("abstractor"), "password": PASSWORD}, headers={"User-Agent": agent})
    page = here.get("/account/").content.decode()
    assert "this browser" in page
    assert "There/2" in page
    keys = [client.cookies["cairn_session"].value for client in (here, there)]
    assert not [key for key in keys if key in page], "a page never shows a session's key"
    code = page.split("There/2")[1].split("/account/sessions/")[1].split("/")[0]
    assert signed_in("abstractor2").post(f"/account/sessions/{code}/end/").status_code == 404
    assert here.post(f"/account/sessions/{code}/end/").status_code == 302
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36 Edg/149.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "unknown"),
    ],
)  # fmt: skip
def test_a_browser_is_named_as_its_owner_would(agent, words):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    seen = sessions.Seen(code="", since=None, source="", agent=agent, until=at, current=True)
    assert seen.browser == words


def test_it_can_be_off_only_where_nothing_is_real(fresh, settings):
    settings.SECOND_FACTOR = False
    assert password(Client(), "lead").url == "/"
