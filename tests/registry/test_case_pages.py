"""The pages of a case over HTTP: who reaches which, what a save answers, what each read leaves behind."""

import json
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.actions import amendments
from registry.models import Amendment, Case, CaseRevision
from sites.actions import second_factor
from sites.models import AuditEvent, Person
from tests.registry.little import NOW, PASSWORD, WHOLE, Little, everywhere


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Let every request happen at the little world's hour."""
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(name: str) -> Client:
    """Sign in as a person of the little world, who outlives a test: a code given before counts no more."""
    client = Client()
    second_factor.reset(person=Person.objects.get(email=f"{name}@example.org"), by="the tests", at=timezone.now())
    answer = client.post("/sign-in/", {"email": f"{name}@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    if answer.url == "/sign-in/code/":
        client.get(answer.url)  # the first time sets the app up
        code = second_factor.current_code(person=Person.objects.get(email=f"{name}@example.org"), at=timezone.now())
        assert client.post(answer.url, {"code": code}).status_code == 200
    return client


def send(client: Client, case: Case, changes: dict, *, seq: str = "t:1", base: int = 1, reasons: tuple = ()):
    """Send a save as the script does."""
    body = {"seq": seq, "base": base, "changes": changes, "reasons": list(reasons)}
    return client.post(f"/cases/{case.code}/save/", json.dumps(body), content_type="application/json", headers={"Accept": "application/json"})


def events(action: str, case: Case) -> int:
    """Count the events of an action on a case."""
    with everywhere(), transaction.atomic():
        return AuditEvent.objects.filter(action=action, object_id=case.code).count()


def test_a_new_case_opens_at_once_under_its_number(little: Little):
    client = signed_in("nora")
    where = f"{little.registry.code}:{little.north.pk}"
    answer = client.post("/cases/new/", {"where": where, "key": "P-1"})
    with everywhere(), transaction.atomic():
        case = Case.objects.get(registry=little.registry, key="P-1")
    assert answer.url == f"/cases/{case.code}/"
    again = client.post("/cases/new/", {"where": where, "key": "P-1"})
    assert again.status_code == 400
    assert f'href="/cases/{case.code}/"'.encode() in again.content
    elsewhere = client.post("/cases/new/", {"where": f"{little.registry.code}:{little.south.pk}", "key": "P-2"})
    assert elsewhere.status_code == 400


def test_a_case_opens_as_a_form_for_its_abstractor_and_the_read_is_on_the_trail(little: Little):
    case = little.open("P-1", WHOLE | {"albumin": "2.1"})
    page = signed_in("nora").get(f"/cases/{case.code}/")
    assert page.status_code == 200
    assert b'id="field-asa"' in page.content
    assert b"below the lowest usual value" in page.content
    assert events("read case", case) == 1


@pytest.mark.parametrize("path", ["", "save/", "submit/", "reopen/", "withdraw/", "history/", "history/asa/", "amend/"])
def test_a_foreign_case_and_a_missing_one_are_the_same(little: Little, path: str):
    case = little.open("P-1", by="sam")
    with everywhere(), transaction.atomic():
        assert Case.objects.filter(code=case.code).exists()
    client = signed_in("nora")
    for act in (client.get, client.post):
        foreign = act(f"/cases/{case.code}/{path}")
        missing = act(f"/cases/ZZZZ-ZZZZ/{path}")
        assert foreign.status_code == missing.status_code
        assert foreign.status_code in (404, 405)
        assert _unmarked(foreign.content) == _unmarked(missing.content)


def _unmarked(content: bytes) -> list[bytes]:
    return [line for line in content.splitlines() if b"csrf" not in line.lower()]


def test_a_save_answers_with_the_time_the_revision_and_the_findings(little: Little):
    case = little.open("P-1", WHOLE)
    said = send(signed_in("nora"), case, {"albumin": ["3.9", "2.1"], "height_cm": ["", "170"], "weight_kg": ["", "80"]}).json()
    assert said["saved_at"] == "10:02:11"
    assert said["revision"] == 2
    assert said["changed"] == {"albumin": "2.1", "bmi": "27.7", "height_cm": "170", "weight_kg": "80"}
    assert [(item["code"], item["column"], item["value"]) for item in said["findings"]] == [("range.below_usual", "albumin", "2.1")]
    assert said["head"]["dates"] == "20 Apr 2026 · day 30 was 20 May 2026"


def test_a_reason_sent_with_a_save_explains_the_finding(little: Little):
    case = little.open("P-1", WHOLE | {"albumin": "2.1"})
    reason = {"code": "range.below_usual", "column": "albumin", "value": "2.1", "words": "As in the chart"}
    client = signed_in("nora")
    assert send(client, case, {}, reasons=(reason,)).json()["findings"][0]["reason"] == "As in the chart"
    assert client.post(f"/cases/{case.code}/submit/").url == "/cases/"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"seq": "", "base": 1, "changes": {}}', b'{"seq": "a", "base": 1, "changes": {"asa": "1"}}',
             b'{"seq": "a", "base": 1, "changes": {"asa": ["", 3]}}', b'{"seq": "a", "base": "x", "changes": {}}']
)  # fmt: skip
def test_what_is_no_save_is_a_bad_request(little: Little, body: bytes):
    case = little.open("P-1")
    assert signed_in("nora").post(f"/cases/{case.code}/save/", body, content_type="application/json").status_code == 400


def test_whoever_is_signed_out_is_asked_to_sign_in_and_a_refusal_says_why(little: Little):
    case = little.submitted("P-1")
    assert send(Client(), case, {"asa": ["3", "4"]}).status_code == 401
    refused = send(signed_in("nora"), case, {"asa": ["3", "4"]})
    assert refused.status_code == 409
    assert "Say why" in refused.json()["reasons"][0]


def test_a_case_that_is_not_ready_comes_back_with_links_to_its_fields(little: Little):
    case = little.open("P-1", WHOLE | {"asa": "", "fu_on": "2026-03-01"})
    answer = signed_in("nora").post(f"/cases/{case.code}/submit/")
    assert answer.status_code == 400
    assert b'<a href="#field-asa">ASA class is blank.</a>' in answer.content
    assert b'href="#field-fu_on"' in answer.content


def test_a_surgeon_reads_own_cases_only_and_changes_none(little: Little):
    own, other = little.open("P-1", WHOLE), little.open("P-2", WHOLE | {"surgeon": "S7"})
    client = signed_in("suri")
    listed = client.get("/cases/?show=all&q=P-").content.decode()
    assert f"/cases/{own.code}/" in listed
    assert f"/cases/{other.code}/" not in listed
    page = client.get(f"/cases/{own.code}/")
    assert page.status_code == 200
    assert b'id="entry-data"' not in page.content
    assert client.get(f"/cases/{other.code}/").status_code == 404
    assert send(client, own, {"asa": ["3", "4"]}).status_code == 403
    assert client.get(f"/cases/{own.code}/history/asa/").status_code == 200


def test_staff_of_the_centre_see_a_case_only_in_identified_mode(little: Little):
    case = little.open("P-1", WHOLE)
    client = signed_in("cleo")
    assert client.get(f"/cases/{case.code}/").status_code == 404
    client.post("/account/identified/", {"reason": "data question from the hospital"})
    page = client.get(f"/cases/{case.code}/")
    assert page.status_code == 200
    assert b'id="entry-data"' not in page.content
    with everywhere(), transaction.atomic():
        assert AuditEvent.objects.filter(action="read case", object_id=case.code, person__name="Cleo Marsh").count() == 1


def test_reopening_needs_a_reason_and_turns_the_page_into_a_form(little: Little):
    case = little.submitted("P-1")
    client = signed_in("nora")
    assert b"reopen it with a reason" in client.get(f"/cases/{case.code}/").content
    assert client.post(f"/cases/{case.code}/reopen/", {"reason": ""}).status_code == 400
    assert client.post(f"/cases/{case.code}/reopen/", {"reason": "wrong class"}).status_code == 302
    assert b'id="entry-data"' in client.get(f"/cases/{case.code}/").content
    history = client.get(f"/cases/{case.code}/history/").content.decode()
    assert "wrong class" in history


def test_the_history_of_a_field_names_old_and_new_and_who(little: Little):
    case = little.open("P-1")
    little.save(case, {"asa": ("", "3")}, seq="a:1")
    little.save(case, {"asa": ("3", "4")}, seq="a:2", by="nick")
    told = signed_in("nora").get(f"/cases/{case.code}/history/asa/").content.decode()
    assert "III → <strong>IV</strong>" in told
    assert told.index("Nick Okafor") < told.index("Nora Lindqvist")


def test_a_closed_case_is_amended_by_two_people(little: Little):
    case = little.submitted("P-1")
    little.close("Q2 2026")
    nora, lena = signed_in("nora"), signed_in("lena")
    assert b"Propose an amendment" in nora.get(f"/cases/{case.code}/").content
    assert nora.get(f"/cases/{case.code}/amend/?element=asa").status_code == 200
    answer = nora.post(f"/cases/{case.code}/amend/", {"element": "asa", "value": "4", "reason": "second record found"})
    assert answer.status_code == 302
    with everywhere(), transaction.atomic():
        amendment = Amendment.objects.get(case=case)
    assert nora.post(f"/amendments/{amendment.pk}/approve/").status_code == 403
    assert b"second record found" in lena.get("/amendments/").content
    assert lena.post(f"/amendments/{amendment.pk}/approve/").status_code == 302
    assert lena.post(f"/amendments/{amendment.pk}/approve/").status_code == 400
    with everywhere(), transaction.atomic():
        newest = CaseRevision.objects.filter(case=case).select_related("by", "second").latest("number")
    assert (newest.changes, newest.by.name, newest.second.name) == ({"asa": ["3", "4"]}, "Nora Lindqvist", "Lena Brandt")


def test_nobody_decides_on_an_own_proposal_or_on_one_of_another_hospital(little: Little):
    case = little.submitted("P-1")
    little.close("Q2 2026")
    lena = signed_in("lena")
    lena.post(f"/cases/{case.code}/amend/", {"element": "smoker", "value": "1", "reason": "seen in clinic letter"})
    with everywhere(), transaction.atomic():
        amendment = Amendment.objects.get(case=case)
    refused = lena.post(f"/amendments/{amendment.pk}/approve/")
    assert refused.status_code == 400
    assert b"a second person decides" in refused.content
    assert signed_in("sam").post(f"/amendments/{amendment.pk}/refuse/", {"reason": "no"}).status_code == 403
    with little.acting("nick") as person:
        amendments.refuse(amendment_id=amendment.pk, reason="the letter is of another patient", by=person, at=NOW)
    with everywhere(), transaction.atomic():
        assert Amendment.objects.get(case=case).status == "REFUSED"
        assert Case.objects.get(pk=case.pk).revision == 2


@pytest.mark.parametrize("path", ["/cases/", "/cases/?show=all", "/panels/registry/", "/amendments/"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_cases(little: Little, path: str):
    client = signed_in("nora")
    little.open("Q-0", WHOLE)
    client.get(path)
    few = _queries(client, path)
    for number in range(8):
        little.open(f"Q-{number + 1}", WHOLE | {"surgeon": f"S{number}"})
    assert _queries(client, path) == few


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
