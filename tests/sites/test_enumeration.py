"""Nobody learns at the door who has an account: same words, same status, same headers, the same work."""

import re

import pytest
from django.contrib.auth import hashers
from django.core.cache import cache
from django.test import Client

from tests.collaborative import PASSWORD, address
from tests.databases import as_role
from tests.house.catalog import ask

CHANGING = re.compile(rb'csrfmiddlewaretoken" value="[^"]*"|value="[^"]*@[^"]*"')
WHO = {
    "an unknown address": ("nobody-at-all@collaborative.example", PASSWORD),
    "a known address": (address("abstractor"), "not the password"),
    "somebody of the centre": (address("staff"), "not the password"),
    "somebody whose account was closed": (address("abstractor2"), PASSWORD),
}


@pytest.fixture
def closed(world):
    cache.clear()
    with as_role("superuser"):
        ask("UPDATE sites_person SET is_active = false WHERE email = %s RETURNING 1", address("abstractor2"))


def try_door(path: str, *, email: str, password: str, monkeypatch) -> tuple:
    """Return what the door says and how many passwords it hashed to say so."""
    hashed = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(
        hasher, "encode", lambda self, *given, **named: hashed.append(1) or encode(self, *given, **named)
    )
    answer = Client(REMOTE_ADDR="10.7.7.7").post(path, {"email": email, "password": password, "expected": email})
    monkeypatch.undo()
    headers = sorted(name for name in answer.headers if name != "X-Request-Id")
    return answer.status_code, CHANGING.sub(b"", answer.content), tuple(headers), len(hashed)


@pytest.mark.parametrize("path", ["/sign-in/", "/session/"])
def test_every_failure_looks_and_works_alike(closed, monkeypatch, path):
    said = {
        who: try_door(path, email=email, password=password, monkeypatch=monkeypatch)
        for who, (email, password) in WHO.items()
    }
    assert len(set(said.values())) == 1, said
    assert said["a known address"][0] == 400
    assert said["a known address"][3] == 1


def test_a_door_that_skips_the_work_for_strangers_would_be_noticed(closed, monkeypatch):
    """The comparison has power: without the hash that Django makes for nobody, strangers are told apart."""
    from django.contrib.auth.backends import ModelBackend

    def hasty(self, request, username=None, password=None, **_):
        person = ask_person(username)
        return person if person is not None and person.check_password(password) else None

    def ask_person(username):
        from sites.models import Person

        return Person.objects.filter(email__iexact=username).first()

    with monkeypatch.context() as planted:
        planted.setattr(ModelBackend, "authenticate", hasty)
        said = [
            try_door("/sign-in/", email=email, password="wrong", monkeypatch=pytest.MonkeyPatch())
            for email, _ in list(WHO.values())[:2]
        ]
    assert said[0][3] != said[1][3]
