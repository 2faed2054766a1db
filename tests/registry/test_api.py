"""The API takes what the form and the file take, says every fault at once, and keeps nothing of what it refuses."""

import json

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from registry import api_limits
from registry.models import Case, CaseRevision, Registry
from sites.actions import tokens
from tests.registry.little import NOW, WHOLE, everywhere

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def clock():
    """Let requests happen in the summer of the little world, and forget how many there were."""
    cache.clear()
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def call(little):
    """Give a function that calls the API as a hospital's computer."""
    with little.acting("nora") as person:
        secrets = {"nora": tokens.create(person=person, hospital=little.north, name="lab computer", at=NOW)}
    with little.acting("sam") as person:
        secrets["sam"] = tokens.create(person=person, hospital=little.south, name="lab computer", at=NOW)

    def send(method: str, path: str, body: object = None, *, by: str | None = "nora", raw: bytes | None = None):
        headers = {"Authorization": f"Bearer {secrets.get(by, by)}"} if by else {}
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        response = Client().generic(
            method, f"/api/registries/{little.registry.code}{path}", content, "application/json", headers=headers
        )
        return response.status_code, json.loads(response.content or b"null")

    return send


def one(key: str = "A-1", **changes: str) -> dict:
    """Write one case as the API takes it."""
    return {"key": key, "answers": WHOLE | changes}


def n_cases(little) -> int:
    """Count the cases of the registry."""
    with everywhere(), transaction.atomic():
        return Case.objects.filter(registry=little.registry).count()


def test_a_case_before_day_30_is_refused_in_the_forms_words_and_nothing_is_kept(little, call):
    status, refused = call("POST", "/cases/", one(operated_on="2026-05-20"))
    (finding,) = refused["findings"]
    assert (status, finding["code"], finding["column"]) == (422, "follow_up_runs", "operated_on")
    assert "The follow-up of this case runs to 19 Jun 2026" in finding["message"]
    assert n_cases(little) == 0
    assert call("POST", "/cases/", one(operated_on="2026-05-16"))[0] == 201


def test_a_case_is_taken_found_changed_and_left(little, call):
    status, done = call("POST", "/cases/", one())
    assert (status, done["new"]) == (201, 1)
    status, seen = call("GET", "/cases/?key=A-1")
    assert (status, seen["code"], seen["status"], seen["period"]) == (200, done["codes"]["A-1"], "SUBMITTED", "Q2 2026")
    assert call("POST", "/cases/", one())[1]["same"] == 1
    status, refused = call("POST", "/cases/", one(asa="4"))
    assert (status, refused["reasons"]) == (422, ["Submitted cases change. Send change_reason; nothing was changed."])
    assert call("POST", "/cases/", one(asa="4") | {"change_reason": "The chart says so"})[1]["changed"] == 1
    with everywhere(), transaction.atomic():
        doors = list(
            CaseRevision.objects.filter(case__registry=little.registry).order_by("number").values_list("door", "reason")
        )
    assert doors == [("API", ""), ("API", "The chart says so")]


def test_every_fault_comes_back_at_once_and_nothing_is_kept(little, call):
    cases = [one("A-1"), one("A-2", asa="9", age_years="sixty"), one("A-3", operated_on="2019-01-01")]
    status, refused = call("POST", "/cases/batch/", {"cases": cases})
    assert status == 422
    assert {(found["row"], found["column"], found["code"]) for found in refused["findings"] if found["severity"] == "hard"} == {
        (2, "asa", "choice"), (2, "age_years", "type"), (3, "operated_on", "period_none"),
    }  # fmt: skip
    assert n_cases(little) == 0


def test_soft_findings_are_asked_and_explained(little, call):
    status, refused = call("POST", "/cases/", one(surgeon="S9"))
    assert (status, [found["code"] for found in refused["findings"]]) == (422, ["surgeon"])
    assert call("POST", "/cases/", one(surgeon="S9") | {"reasons": {"surgeon|surgeon": "A locum"}})[0] == 201


def test_a_batch_is_taken_whole(little, call):
    status, done = call("POST", "/cases/batch/", {"cases": [one(f"A-{n}") for n in range(20)]})
    assert (status, done["new"], len(done["codes"])) == (201, 20, 20)
    assert n_cases(little) == 20


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"key": "A-1", "answers": WHOLE | {"nonsense": "1"}}, "is no column"),
        ({"key": "A-1", "answers": WHOLE | {"bmi": "20"}}, "is calculated"),
    ],
)
def test_a_column_that_cannot_be_filled_is_named(little, call, body, words):
    status, refused = call("POST", "/cases/", body)
    assert status == 422
    assert words in refused["findings"][0]["message"]


def test_cases_of_a_batch_send_the_same_columns(little, call):
    status, refused = call("POST", "/cases/batch/", {"cases": [one("A-1"), {"key": "A-2", "answers": {"asa": "3"}}]})
    assert status == 409
    assert "Case 2" in refused["reasons"][0]


def test_the_token_decides_whose_case_it_is(little, call):
    call("POST", "/cases/", one())
    missing, foreign = call("GET", "/cases/?key=Z-1"), call("GET", "/cases/?key=A-1", by="sam")
    assert missing == foreign
    assert missing[0] == 404
    assert call("POST", "/cases/", one(surgeon="M9"), by="sam")[0] == 201
    assert n_cases(little) == 2


def test_without_a_working_token_nothing_is_said(call):
    assert call("POST", "/cases/", one(), by=None)[0] == 401
    assert call("GET", "/cases/?key=A-1", by="wrong")[0] == 401


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff",
        b'{"key": NaN}',
        b"[1]",
        b'{"key": "A-1"}',
        b'{"key": "A-1", "answers": {"asa": {"x": 1}}}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_makes_no_sense_is_refused(call, raw):
    assert call("POST", "/cases/", raw=raw)[0] == 400


def test_a_message_has_a_size_and_a_minute_has_a_number(call, monkeypatch):
    monkeypatch.setattr(api_limits, "MOST_BYTES", 100)
    assert call("POST", "/cases/", one())[0] == 413
    monkeypatch.undo()
    monkeypatch.setattr(api_limits.PerToken, "rate", "3/min")
    cache.clear()
    assert [call("GET", "/cases/?key=Z")[0] for _ in range(4)] == [404, 404, 404, 429]
    assert call("GET", "/cases/?key=Z", by="sam")[0] == 404


def test_the_registry_is_missing_where_the_hospital_takes_no_part(little, call):
    with everywhere(), transaction.atomic():
        Registry.objects.create(code=f"{little.registry.code}-other", title="Elsewhere")
    assert call("POST", "-other/cases/", one()) == call("POST", "-nowhere/cases/", one())
    assert call("POST", "-other/cases/", one())[0] == 404
