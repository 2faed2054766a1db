"""Helpers of these tests: a signed-in client, and reading as a machine that sees every row."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from sites.access import policy
from sites.access.gates import CODE_AT
from sites.access.scope import bound
from sites.actions import second_factor
from sites.models import Person
from tests.collaborative import address

BACKEND = "django.contrib.auth.backends.ModelBackend"


def person(name: str) -> Person:
    """Return somebody of the universe."""
    return Person.objects.get(email=address(name))


def signed_in(name: str) -> Client:
    """Return a client with a session of this person, who has just shown a code, without going through the sign-in page."""
    client = Client()
    client.force_login(person(name), backend=BACKEND)
    show_code(client)
    return client


def show_code(client: Client) -> None:
    """Let somebody signed in have shown a code this moment: a long walk may take longer than a code counts."""
    held = client.session
    held[CODE_AT] = timezone.now().isoformat()
    held.save()


def pass_code(client: Client, answer: HttpResponse, name: str) -> HttpResponse:
    """Go on from a right password: type the code of the app where one is asked for."""
    if answer.status_code != 302 or answer.url != "/sign-in/code/":
        return answer
    code = second_factor.current_code(person=person(name), at=timezone.now())
    return client.post("/sign-in/code/", {"code": code}, REMOTE_ADDR="10.0.0.1")


@contextmanager
def machine() -> Iterator[None]:
    """Read and write as a named machine that reaches every hospital."""
    with transaction.atomic():
        actor = policy.system(name="test")
    with bound(actor.scope()), transaction.atomic():
        yield
