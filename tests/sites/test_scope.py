"""The scope reaches PostgreSQL at the start of every transaction, changes inside one, and is gone with it."""

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path

from sites.access.gates import signed_in as anybody
from sites.access.scope import NOTHING, Scope, bound, current_scope
from tests.sites.acting import person, signed_in

ONE, TWO = Scope(person=1, hospitals=(1, 2)), Scope(person=2, case_hospitals=(3,), centre=True, token="abc")


def told(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cairn_scope_part(%s)", [name])
        return cursor.fetchone()[0]


def test_a_transaction_inside_a_scope_knows_it(shared_world):
    with bound(ONE), transaction.atomic():
        assert (told("person"), told("hospitals"), told("case_hospitals"), told("centre")) == ("1", "{1,2}", "{}", "0")
    with bound(TWO), transaction.atomic():
        assert (told("person"), told("hospitals"), told("case_hospitals"), told("centre"), told("token")) == (
            "2",
            "{}",
            "{3}",
            "1",
            "abc",
        )


def test_after_commit_and_outside_transactions_nothing_is_bound(shared_world):
    with bound(ONE):
        with transaction.atomic():
            assert told("person") == "1"
        assert told("person") == ""
    with transaction.atomic():
        assert told("person") == ""


def test_an_open_transaction_is_told_at_once_and_told_back(shared_world):
    with bound(ONE), transaction.atomic():
        with bound(TWO):
            assert told("person") == "2"
            assert current_scope() == TWO
        assert told("person") == "1"
    assert current_scope() == NOTHING


def test_an_exception_unbinds(shared_world):
    with pytest.raises(ZeroDivisionError), bound(ONE), transaction.atomic():
        raise ZeroDivisionError
    assert current_scope() == NOTHING
    with transaction.atomic():
        assert told("person") == ""


def test_a_savepoint_rolled_back_keeps_the_scope_of_its_transaction(shared_world):
    with bound(ONE), transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic(), bound(TWO):
            raise ZeroDivisionError
        assert told("person") == "1"


def test_a_broken_transaction_is_left_alone(shared_world):
    from django.db import Error

    with pytest.raises(Error), bound(ONE), transaction.atomic(), bound(TWO), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    with transaction.atomic():
        assert told("person") == ""


@anybody
def fails(request):
    assert told("person") == str(request.user.pk)
    raise ZeroDivisionError


@anybody
def reads(request):
    return HttpResponse(told("person"))


urlpatterns = [path("", include("config.urls")), path("fails/", fails), path("reads/", reads)]


@override_settings(ROOT_URLCONF="tests.sites.test_scope")
def test_a_request_that_fails_leaves_nothing_to_the_next(shared_world):
    first, second = signed_in("abstractor"), signed_in("sitelead2")
    first.raise_request_exception = False
    assert first.get("/fails/").status_code == 500
    assert current_scope() == NOTHING
    assert second.get("/reads/").content.decode() == str(person("sitelead2").pk)
    assert first.get("/reads/").content.decode() == str(person("abstractor").pk)
    with transaction.atomic():
        assert told("person") == ""
