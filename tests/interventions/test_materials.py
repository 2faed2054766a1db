"""A practice's file is read exactly where its words are; a toolkit's where the library is; what it holds is what its name says."""

import hashlib
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from interventions.actions import materials
from interventions.models import Material, Practice
from sites.models import AuditEvent, Hospital
from sites.refusals import NotFound, Refusal
from tests.interventions.test_bright_spots import as_person
from tests.interventions.test_practices import NOW, SOON, TODAY, kept, share
from tests.sites.acting import machine, person, signed_in

PDF = b"%PDF-1.7\n% a card\n"


def packed(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


WORD = packed("[Content_Types].xml", "word/document.xml")
LISTED = WORD.index(b"PK\x01\x02")


def bent(offset, *given):
    """Return the document with other bytes in the first line of its table of contents."""
    held = bytearray(WORD)
    held[LISTED + offset : LISTED + offset + len(given)] = given
    return bytes(held)


STRANGE = {
    "of a version that nobody reads": bent(6, 200, 0),
    "with a name that is not what it says": bent(9, 8, *WORD[LISTED + 10 : LISTED + 46], 255),
    "with macros behind thousands of parts": packed(
        "[Content_Types].xml", "word/document.xml", *(f"x{n}" for n in range(2000)), "word/vbaProject.bin"
    ),
    "of more parts than are looked at": packed("[Content_Types].xml", "word/document.xml", *(f"x{n}" for n in range(2000))),
}


def send(name, path, *, file_name="card.pdf", content=PDF, title="The card"):
    return signed_in(name).post(path, {"title": title, "file": SimpleUploadedFile(file_name, content)})


def code_of(title="The card"):
    with machine():
        return Material.objects.get(title=title).code


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.pdf", PDF), ("a.PNG", b"\x89PNG\r\n\x1a\nx"), ("a.jpeg", b"\xff\xd8\xffx"), ("a.txt", "Größe".encode()), ("a.docx", WORD),
        ("a.xlsx", packed("[Content_Types].xml", "xl/workbook.xml")),
    ],
)  # fmt: skip
def test_what_holds_what_its_name_says_is_taken(file_name, content):
    assert materials.kind_of(file_name=file_name, content=content)


@pytest.mark.parametrize(
    ("file_name", "content", "words"),
    [
        ("a.pdf", b"", "empty"), ("a.pdf", b"%PDF-" + b"x" * materials.MOST_BYTES, "larger than 5 MB"), ("a.html", b"<script>", "not taken"),
        ("a.svg", b"<svg/>", "not taken"), ("a", PDF, "not taken"), ("a.exe.pdf", b"MZ", "does not hold"), ("a.png", PDF, "does not hold"),
        ("a.txt", b"a\x00b", "does not hold"), ("a.txt", b"\xff\xfe", "does not hold"), ("a.docx", b"PK\x03\x04", "does not hold"),
        ("a.docx", packed("word/document.xml"), "does not hold"), ("a.xlsx", WORD, "does not hold"),
        ("a.docx", packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "does not hold"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_in_words(file_name, content, words):
    with pytest.raises(Refusal, match=words):
        materials.kind_of(file_name=file_name, content=content)


@pytest.mark.parametrize("what", STRANGE)
def test_a_document_that_is_strange_inside_is_refused_in_words_too(what):
    with pytest.raises(Refusal, match="does not hold"):
        materials.kind_of(file_name="a.docx", content=STRANGE[what])


def test_a_practices_file_is_read_exactly_where_its_words_are(world):
    code = kept()
    assert send("sitelead", f"/learn/practices/{code}/material/", file_name="C:\\cards\\card.pdf").status_code == 302
    file = f"/learn/material/{code_of()}/"
    own = signed_in("sitelead").get(file)
    assert own.content == PDF
    assert own["Content-Disposition"] == 'attachment; filename="card.pdf"'
    assert (own["X-Content-Type-Options"], own["Content-Type"], own["Cache-Control"]) == ("nosniff", "application/pdf", "private, no-store")
    assert hashlib.sha256(PDF).hexdigest()[:12] in signed_in("sitelead").get(f"/learn/practices/{code}/").content.decode()

    def seen(name):
        client = signed_in(name)
        return client.get(f"/learn/practices/{code}/").status_code, client.get(file).status_code

    readers = ("sitelead", "sitelead2", "abstractor", "abstractor2", "surgeon", "staff", "analyst", "lead")
    assert {name: seen(name) for name in readers} == {
        name: (200, 200) if name in {"sitelead", "staff", "lead"} else (404, 404) for name in readers
    }
    share(code)
    assert {seen(name) for name in readers} == {(200, 200)}
    page = signed_in("sitelead2").get(f"/learn/practices/{code}/").content.decode()
    assert "The card" in page
    with machine():
        assert Hospital.objects.get(code="H04").name not in page
        assert person("sitelead").name not in page
    assert "Take back" not in page
    share(code, audience="CENTRE", until=None, contact="")
    assert seen("sitelead2") == (404, 404)
    with machine():
        assert AuditEvent.objects.filter(action="read material").count() >= len(readers)


def test_row_security_holds_the_file_back_without_any_filter(world):
    code = kept()
    send("sitelead", f"/learn/practices/{code}/material/")
    with as_person("sitelead2"), transaction.atomic():
        assert Material.objects.filter(practice__isnull=False).count() == 0
        assert materials_told() == []
    with machine():
        practice, other = Practice.objects.get(code=code).pk, Hospital.objects.get(code="H07").pk
    with as_person("sitelead2"), transaction.atomic(), pytest.raises(IntegrityError, match="its own hospital's"):
        Material.objects.create(
            code="Y", practice_id=practice, hospital_id=other, title="y", file_name="y.txt", kind="text/plain", content=b"y", n_bytes=1,
            sha256="y", at=NOW, by=person("sitelead2"),
        )  # fmt: skip
    share(code)
    with as_person("sitelead2"), transaction.atomic():
        assert Material.objects.filter(practice__isnull=False).count() == 0, "others read through the consent alone"
        assert [title for _, _, title, *_ in materials_told()] == ["The card"]


def materials_told():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_told_materials(%s)", [TODAY])
        return cursor.fetchall()


def test_while_others_read_it_only_its_hospital_adds_and_nothing_names_it(world):
    code = kept()
    assert send("staff", f"/learn/practices/{code}/material/").status_code == 302, "before it is shared the centre may add what it learnt"
    share(code)
    answer = send("staff", f"/learn/practices/{code}/material/", content=PDF + b"2", title="Another")
    assert answer.status_code == 400
    assert "only its own hospital adds" in answer.content.decode()
    with machine():
        row = Practice.objects.select_related("hospital").get(code=code)
        word = row.hospital.name.split()[0]
    with as_person("staff"), transaction.atomic(), pytest.raises(IntegrityError, match="only its hospital adds"):
        Material.objects.create(
            code="X", practice=row, hospital_id=row.hospital_id, title="x", file_name="x.txt", kind="text/plain", content=b"x", n_bytes=1,
            sha256="x", at=NOW, by=person("staff"),
        )  # fmt: skip
    named = send("sitelead", f"/learn/practices/{code}/material/", content=PDF + b"3", title=f"Card of {word}")
    assert "name the hospital" in named.content.decode()
    share(code, audience="CENTRE", until=None, contact="")
    assert send("sitelead", f"/learn/practices/{code}/material/", content=PDF + b"4", file_name=f"{word}.pdf", title="Ours").status_code == 302
    with pytest.raises(Refusal, match="name the hospital"):
        share(code, until=SOON)


def test_a_file_taken_back_is_read_by_nobody_and_never_changes(world):
    code = kept()
    send("sitelead", f"/learn/practices/{code}/material/")
    file = f"/learn/material/{code_of()}/"
    assert signed_in("sitelead2").post(f"{file}withdraw/").status_code == 404
    assert signed_in("abstractor").post(f"{file}withdraw/").status_code == 403
    with machine(), pytest.raises(IntegrityError, match="never changes"):
        Material.objects.update(content=b"y")
    assert signed_in("sitelead").post(f"{file}withdraw/").status_code == 302
    for name in ("sitelead", "staff"):
        assert signed_in(name).get(file).status_code == 404
    with as_person("sitelead"), pytest.raises(NotFound), transaction.atomic():
        materials.withdraw(material=Material.objects.get(title="The card"), by=person("sitelead"), at=NOW)


def test_a_toolkits_file_is_the_centres_to_add_and_everybodys_to_read(world):
    assert send("sitelead", "/learn/toolkits/bundle/material/").status_code == 403
    assert send("staff", "/learn/toolkits/bundle/material/", file_name="plan.docx", content=WORD).status_code == 302
    for name in ("sitelead", "abstractor2", "surgeon", "analyst"):
        client = signed_in(name)
        assert client.get(f"/learn/material/{code_of()}/").content == WORD
        assert "The card" in client.get("/learn/toolkits/bundle/").content.decode()
    again = send("lead", "/learn/toolkits/bundle/material/", file_name="plan.docx", content=WORD)
    assert "here already" in again.content.decode()
    refused = send("staff", "/learn/toolkits/bundle/material/", file_name="plan.exe", content=b"MZ", title="A title to keep")
    assert refused.status_code == 400
    assert 'value="A title to keep"' in refused.content.decode(), "what was typed stays"
    assert signed_in("sitelead").post(f"/learn/material/{code_of()}/withdraw/").status_code == 404
