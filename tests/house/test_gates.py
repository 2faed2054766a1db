"""Every view has a gate; one without is shut by the middleware; and the open doors are known by name."""

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from sites.access.gates import requires
from sites.access.permissions import Permission as P
from tests.house.universe import addresses
from tests.sites.acting import signed_in

# Written by hand: the doors that open without signing in, and those that ask for a token instead of a session.
PUBLIC = {
    "health", "sites:sign-in", "sites:sign-in-code", "sites:sign-in-passkey", "sites:passkey-question", "sites:session",
    "sites:set-password", "sites:trail-heads",
}  # fmt: skip
TOKEN = {"registry:api-cases", "registry:api-batch"}
ANYBODY = {
    "home", "api", "api-schema", "sites:sign-out", "sites:account", "sites:job",
    "sites:confirm", "sites:confirm-passkey", "sites:recovery-codes", "sites:passkeys", "sites:passkey-offer", "sites:add-passkey",
    "sites:remove-passkey", "sites:end-session", "sites:end-other-sessions",
}  # fmt: skip


def gate(view):
    """Return the gate of a view the way the middleware finds it."""
    return getattr(view, "gate", None) or getattr(getattr(view, "cls", None), "gate", None)


def ungated():
    return [address.name for address in addresses() if gate(address.callback) is None]


def bare(request):
    return HttpResponse("in")


@requires(P.DEFINE)
def gated(request):
    return HttpResponse("in")


urlpatterns = [
    path("", include("config.urls")),
    path("planted/", bare, name="planted"),
    path("defined/", gated, name="defined"),
]


def test_every_view_has_a_gate():
    assert ungated() == []


def test_the_open_doors_are_the_known_ones():
    by_gate = {"public": set(), "api": set(), "signed_in": set()}
    for address in addresses():
        found = gate(address.callback)
        if isinstance(found, str):
            by_gate[found].add(address.name)
        else:
            assert found, address.name
            assert all(isinstance(permission, P) for permission in found), address.name
    assert by_gate == {"public": PUBLIC, "api": TOKEN, "signed_in": ANYBODY}


@override_settings(ROOT_URLCONF="tests.house.test_gates")
def test_a_planted_view_without_a_gate_is_noticed_and_stays_shut(shared_world):
    assert ungated() == ["planted"]
    for client in (Client(), signed_in("lead"), signed_in("abstractor")):
        answer = client.get("/planted/")
        assert answer.status_code == 403
        assert b"no gate" in answer.content
        assert answer.content != b"in"


@override_settings(ROOT_URLCONF="tests.house.test_gates")
@pytest.mark.parametrize(("name", "status"), [("lead", 200), ("staff", 200), ("analyst", 403), ("sitelead", 403)])
def test_a_planted_gate_opens_for_whoever_holds_the_permission(shared_world, name, status):
    answer = signed_in(name).get("/defined/")
    assert answer.status_code == status
    if status == 403:
        assert P.DEFINE.words in answer.content.decode()


def test_the_api_refuses_by_default():
    from rest_framework.settings import api_settings

    from sites.access.gates import Nobody

    assert [Nobody] == api_settings.DEFAULT_PERMISSION_CLASSES
    assert Nobody().has_permission(None, None) is False
