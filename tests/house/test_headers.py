"""The strict headers stand on every answer: pages, refusals, files, redirects, defects, and what is not there."""

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from config.middleware import POLICY
from sites.access.gates import public
from tests.house.test_access_table import ask, objects
from tests.house.universe import Universe, addresses

EXPECTED = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


@public
def defect(request):
    raise ZeroDivisionError


@public
def lax(request):
    return HttpResponse("x", headers={"Cache-Control": "public, max-age=60", "X-Frame-Options": "SAMEORIGIN"})


urlpatterns = [path("", include("config.urls")), path("defect/", defect), path("lax/", lax)]
handler500 = "config.home.broken"


@pytest.fixture(scope="module")
def universe(shared_world):
    return Universe()


def faults(answer):
    return [name for name, value in EXPECTED.items() if answer.headers.get(name) != value] + ["X-Request-Id"] * (
        "X-Request-Id" not in answer
    )


@pytest.mark.parametrize("column", ["anonymous", "site_lead_a", "lead"])
def test_every_answer_carries_the_headers(universe, column):
    letters, wrong = objects(), []
    for address in addresses():
        for letter in sorted(letters[address.name]):
            for method in ("GET", "POST"):
                answer = ask(universe.clients[column], method, universe.path(address, letter))
                wrong += [f"{method} {address.name} {answer.status_code}: {name}" for name in faults(answer)]
    assert not wrong, wrong


@override_settings(ROOT_URLCONF="tests.house.test_headers")
@pytest.mark.parametrize(
    "where", ["/defect/", "/lax/", "/nowhere/", "/cases", "/cases/../people/", "/%2e%2e/people/", "/%00"]
)
def test_defects_and_what_is_not_there_carry_them_too(shared_world, where):
    client = Client(raise_request_exception=False)
    assert faults(client.get(where)) == []


def test_the_policy_allows_no_inline_script_and_no_other_host():
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "script-src" not in POLICY  # default-src 'self' rules scripts
    assert "default-src 'self'" in POLICY


def test_cookies_are_kept_from_scripts_and_other_sites(universe, settings):
    client = Client()
    answer = client.get("/sign-in/")
    assert answer.cookies["cairn_csrf"]["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
