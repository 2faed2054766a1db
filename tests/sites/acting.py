"""Helpers of these tests: a signed-in client, and reading as a machine that sees every row."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.test import Client

from sites.access import policy
from sites.access.scope import bound
from sites.models import Person
from tests.collaborative import address

BACKEND = "django.contrib.auth.backends.ModelBackend"


def person(name: str) -> Person:
    """Return somebody of the universe."""
    return Person.objects.get(email=address(name))


def signed_in(name: str) -> Client:
    """Return a client with a session of this person, without going through the sign-in page."""
    client = Client()
    client.force_login(person(name), backend=BACKEND)
    return client


@contextmanager
def machine() -> Iterator[None]:
    """Read and write as a named machine that reaches every hospital."""
    with transaction.atomic():
        actor = policy.system(name="test")
    with bound(actor.scope()), transaction.atomic():
        yield
