"""The pages of uploads, dictionaries and periods: who may open them, what they say, how many questions they ask."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry import tasks
from registry.actions import dictionaries
from registry.models import DictionaryVersion, ReportingPeriod, Upload
from sites import outbox
from sites.access.gates import CODE_AT
from sites.models import Job
from tests.databases import as_role
from tests.registry.little import COMPANION, HEADER, NOW, ROWS, everywhere
from tests.registry.test_uploads import check, file_of, receive, send, three

WORK = {
    "registry.check_upload": tasks.check_upload,
    "registry.commit_upload": tasks.commit_upload,
    "registry.close_period": tasks.close_period,
    "registry.refreeze_period": tasks.refreeze_period,
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Keep snapshot files in a folder of the test's own."""
    settings.SNAPSHOT_DIR = tmp_path


def signed_in(little, name: str) -> Client:
    """Sign a person in."""
    client = Client()
    client.force_login(little.people[name], backend="django.contrib.auth.backends.ModelBackend")
    held = client.session
    held[CODE_AT] = timezone.now().isoformat()
    held.save()
    return client


def work() -> list[str]:
    """Run every waiting job as the worker, and say how each ended."""
    ended = []
    with as_role("cairn_worker"):
        for job in list(Job.objects.filter(status="QUEUED").order_by("id")):
            outbox.run_once(job.pk, work=WORK[job.task].work)
            job.refresh_from_db()
            ended.append(job.status)
    return ended


def post_file(client: Client, little, data: bytes, *, where: str | None = None, name: str = "cases.csv"):
    """Send a file through the page."""
    where = where or f"{little.registry.pk}:{little.north.pk}"
    return client.post(reverse("registry:uploads"), {"where": where, "file": SimpleUploadedFile(name, data)})


def html(response) -> str:
    """Give the page as text."""
    return response.content.decode()


def test_a_file_goes_from_sending_to_committed(little):
    client = signed_in(little, "nora")
    answer = post_file(client, little, file_of({"case_id": "A-1", "surgeon": "S9"}, {"case_id": "A-2"}))
    assert answer.status_code == 302
    page = html(client.get(answer.url))
    assert "progress" in page
    assert work() == ["DONE"]
    progress = client.get(f"{answer.url}progress/", headers={"HX-Request": "true"})
    assert progress.headers["HX-Refresh"] == "true"
    page = html(client.get(answer.url))
    assert "Add 2 cases" in page
    assert "No surgeon of this hospital has this code." in page
    refused = client.post(f"{answer.url}commit/", {})
    assert refused.status_code == 400
    assert "Say why this is right: Surgeon." in html(refused)
    assert client.post(f"{answer.url}commit/", {"reason-0": "A locum"}).status_code == 302
    assert work() == ["DONE"]
    assert "2 cases added, 0 changed, 0 left" in html(client.get(answer.url))


def test_columns_that_no_one_knows_are_asked_for(little):
    client = signed_in(little, "nora")
    answer = post_file(client, little, three().replace(b"asa,", b"class,"))
    page = html(client.get(answer.url))
    assert "1 column that would be left out" in page
    assert "ASA class" in page
    headers = ["case_id", *(line for line in three().decode().splitlines()[0].replace("asa", "class").split(",")[1:])]
    chosen = {f"column-{place}": "asa" if header == "class" else header for place, header in enumerate(headers)}
    twice = client.post(f"{answer.url}columns/", chosen | {"column-1": "asa"})
    assert twice.status_code == 400
    assert "both fill asa" in html(twice)
    assert client.post(f"{answer.url}columns/", chosen).status_code == 302
    assert work() == ["DONE"]
    assert "Add 3 cases" in html(client.get(answer.url))


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"a,a\n1,2\n", "its own header"), (b"\xd0\xcf\x11\xe0", "old Excel"), (None, "Choose a file")],
)
def test_a_file_that_cannot_be_taken_says_why(little, data, words):
    client = signed_in(little, "nora")
    where = {"where": f"{little.registry.pk}:{little.north.pk}"}
    file = {} if data is None else {"file": SimpleUploadedFile("x.csv", data or b" ")}
    answer = client.post(reverse("registry:uploads"), where | file)
    assert answer.status_code == 400
    assert words in html(answer)


def test_foreign_is_missing_and_a_role_is_needed(little):
    upload = receive(little, three())
    for name in ("sam", "cleo"):
        foreign = signed_in(little, name).get(reverse("registry:upload", args=[upload.code]))
        missing = signed_in(little, name).get(reverse("registry:upload", args=["NOSUCHCODE"]))
        assert (foreign.status_code, missing.status_code) == (404, 404)
    assert signed_in(little, "suri").get(reverse("registry:uploads")).status_code == 403
    assert signed_in(little, "nora").get(reverse("registry:periods")).status_code == 403
    assert post_file(signed_in(little, "sam"), little, three()).status_code == 400


def test_a_job_asks_for_the_rights_again(little):
    from sites.access.roles import Role
    from sites.actions import memberships

    with as_role("cairn_migrator"), transaction.atomic():
        person = memberships.add_person(
            email=f"gone-{little.registry.code}@example.org", name="Gone", password=None, by="test", at=NOW
        )
        membership = memberships.grant(
            person=person,
            role=Role.ABSTRACTOR,
            hospital=little.north,
            starts_on=NOW.date().replace(year=2025),
            by="test",
            at=NOW,
        )
    little.people["gone"] = person
    post_file(signed_in(little, "gone"), little, three())
    with as_role("cairn_migrator"), transaction.atomic():
        memberships.end(membership=membership, ends_on=NOW.date(), by="test", at=NOW, reason="Left")
    assert work() == ["FAILED"]
    with everywhere(), transaction.atomic():
        upload = Upload.objects.get(registry=little.registry)
    assert upload.status == "MAPPED"
    assert not upload.findings


def test_the_marked_file_is_an_attachment_without_formulas(little):
    from openpyxl import load_workbook

    upload = receive(little, file_of({"case_id": "=1+1", "asa": "9"}))
    check(little, upload)
    client = signed_in(little, "nora")
    answer = client.get(reverse("registry:upload-marked", args=[upload.code, "xlsx"]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    cells = [cell for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.comment for cell in cells)
    text = client.get(reverse("registry:upload-marked", args=[upload.code, "csv"])).content.decode("utf-8-sig")
    assert "\n'=1+1," in text
    assert "asa: " in text


def test_a_file_can_be_put_away(little):
    upload = receive(little, three())
    client = signed_in(little, "nora")
    assert client.post(reverse("registry:upload-abandon", args=[upload.code])).status_code == 302
    assert client.post(reverse("registry:upload-abandon", args=[upload.code])).status_code == 409
    assert "put away" in html(client.get(reverse("registry:uploads")))


def test_staff_close_a_period_and_see_it_frozen(little):
    with everywhere(), transaction.atomic():
        period = ReportingPeriod.objects.get(registry=little.registry, label="Q1 2026")
    send(little, file_of({"case_id": "A-1", "operated_on": "2026-02-03", "fu_on": "2026-03-10"}))
    client, page = signed_in(little, "cleo"), reverse("registry:period", args=[period.pk])
    assert "Close Q1 2026 with 1 case" in html(client.get(page))
    assert client.post(f"{page}close/").status_code == 302
    assert "progress" in html(client.get(page))
    assert work() == ["DONE"]
    said = html(client.get(page))
    assert "closed" in said
    assert "Freeze again after amendments" in said
    assert client.post(f"{page}close/").status_code == 400
    assert client.post(f"{page}refreeze/").status_code == 302
    assert work() == ["DONE"]
    assert "can be closed" in html(client.get(reverse("registry:periods"))) or "open" in html(
        client.get(reverse("registry:periods"))
    )


def test_a_dictionary_is_drafted_compared_and_published(little):
    send(little, three())
    client, page = signed_in(little, "cleo"), reverse("registry:draft-dictionary", args=[little.registry.code])
    rows = [row for row in ROWS if not row.startswith("albumin")] + [
        "sodium,risk,,text,Sodium,,,number,100,200,,,,,,,,"
    ]
    rows.insert(7, rows.pop())
    companion = (
        COMPANION.replace("[element.albumin]", "[element.sodium]")
        .replace("soft_min = 2.5", "")
        .replace("soft_max = 5.5", "")
    )
    files = {
        "source": SimpleUploadedFile("d.csv", (HEADER + "\n".join(rows) + "\n").encode()),
        "companion": SimpleUploadedFile("c.toml", companion.encode()),
    }
    answer = client.post(page, files)
    assert answer.status_code == 302
    said = html(client.get(answer.url))
    assert "Added <a" in said
    assert "Removed <code>albumin</code>" in said
    assert "<code>albumin</code>: 3 cases" in said
    assert signed_in(little, "nora").get(answer.url).status_code == 404
    assert client.post(f"{answer.url}publish/").status_code == 302
    assert client.post(f"{answer.url}publish/").status_code == 409
    assert signed_in(little, "nora").get(answer.url).status_code == 200
    assert client.get(f"{answer.url}file.csv").content == (HEADER + "\n".join(rows) + "\n").encode()
    assert client.get(f"{answer.url}file.toml").content == companion.encode()
    with pytest.raises(Exception, match="never changes"), as_role("cairn_migrator"), transaction.atomic():
        DictionaryVersion.objects.filter(registry=little.registry, number=2).update(digest="x")


def test_every_fault_of_a_dictionary_is_shown_by_row_and_column(little):
    client, page = signed_in(little, "cleo"), reverse("registry:draft-dictionary", args=[little.registry.code])
    broken = (
        HEADER
        + "\n".join(ROWS)
        .replace("fu_status,follow_up,,radio", "fu_status,follow_up,,wireless")
        .replace("[approach] = '3'", "[nowhere] = '3'")
        + "\n"
    )
    said = html(client.post(page, {"source": SimpleUploadedFile("d.csv", broken.encode())}))
    assert "Row 16" in said
    assert "nowhere" in said
    assert "wireless" in said
    assert client.post(page, {}).status_code == 400


def test_a_draft_is_replaced_and_thrown_away(little):
    with little.acting("cleo") as person:
        source = (HEADER + "\n".join(ROWS) + "\n").encode()
        first = dictionaries.draft(
            registry=little.registry,
            source=source,
            companion=COMPANION.encode() + b"\n# 2\n[element.sex]\nwhy='x'\n",
            by=person,
            at=NOW,
        )
        second = dictionaries.draft(
            registry=little.registry, source=source, companion=COMPANION.encode(), by=person, at=NOW
        )
        assert (first.number, second.number) == (2, 2)
    client = signed_in(little, "cleo")
    page = reverse("registry:dictionary", args=[little.registry.code, 2])
    assert client.post(f"{page}publish/").status_code == 409
    assert client.post(f"{page}discard/").status_code == 302
    assert client.get(page).status_code == 404


def test_pages_ask_a_constant_number_of_questions(little):
    client = signed_in(little, "nora")

    def asked(address: str, who: Client = client) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert who.get(address).status_code == 200
        return len(captured)

    few_upload = receive(little, three(asa="9"))
    check(little, few_upload)
    one = reverse("registry:upload", args=[few_upload.code])
    asked(one)
    few = asked(reverse("registry:uploads")), asked(one), asked(reverse("registry:dictionaries"))
    many = receive(little, file_of(*({"case_id": f"B-{n}", "asa": "9"} for n in range(200))))
    check(little, many)
    for _ in range(5):
        receive(little, three())
    assert (
        asked(reverse("registry:uploads")),
        asked(reverse("registry:upload", args=[many.code])),
        asked(reverse("registry:dictionaries")),
    ) == few
    assert max(few) <= 16
