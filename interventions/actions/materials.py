"""Files of practices and toolkits: looked at before they are kept, read where the words are, taken back by whoever may add."""

import hashlib
import io
import zipfile
from datetime import datetime
from pathlib import PurePosixPath

from interventions.actions.wording import refuse_name, refuse_persons
from interventions.models import Material, Practice, Toolkit
from interventions.models.material import MOST_BYTES
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

Kind = Material.Kind
MOST_FILES = 10
"""How many files one practice or toolkit holds."""
MOST_PARTS = 2000
ENDINGS = {".pdf": Kind.PDF, ".png": Kind.PNG, ".jpg": Kind.JPEG, ".jpeg": Kind.JPEG, ".txt": Kind.TEXT, ".docx": Kind.WORD, ".xlsx": Kind.SHEET}
STARTS = {Kind.PDF: b"%PDF-", Kind.PNG: b"\x89PNG\r\n\x1a\n", Kind.JPEG: b"\xff\xd8\xff"}
INSIDE = {Kind.WORD: "word/document.xml", Kind.SHEET: "xl/workbook.xml"}
TAKEN = "A PDF, a picture (PNG, JPEG), plain text, a Word document or an Excel sheet, at most 5 MB."


def add_to_practice(*, practice: Practice, title: str, file_name: str, content: bytes, by: Person, at: datetime, centre: bool) -> Material:
    """Keep a file with a practice. While others read the practice, only its hospital adds, and nothing may name it."""
    shared = practice.audience == Practice.Audience.COLLABORATIVE
    if shared and centre:
        raise Refusal("Other hospitals read this practice; only its own hospital adds to it.")
    if shared:
        refuse_name(practice.hospital, title, file_name)
    return _keep(title, file_name, content, by=by, at=at, practice=practice, hospital_id=practice.hospital_id)


def add_to_toolkit(*, toolkit: Toolkit, title: str, file_name: str, content: bytes, by: Person, at: datetime) -> Material:
    """Keep a file with a toolkit; whoever reads the library reads it."""
    return _keep(title, file_name, content, by=by, at=at, toolkit=toolkit, hospital_id=None)


def withdraw(*, material: Material, by: Person, at: datetime) -> None:
    """Take a file back: nobody reads it from now on."""
    changed = Material.objects.filter(pk=material.pk, withdrawn_at__isnull=True).update(withdrawn_at=at, withdrawn_by=by)
    if not changed:
        raise NotFound
    _record("take back material", material, by=by, at=at)


def kind_of(*, file_name: str, content: bytes) -> Kind:
    """Tell what a file is by its ending and by what it holds, which must agree; else refuse in words."""
    if not content:
        raise Refusal("The file is empty.")
    if len(content) > MOST_BYTES:
        raise Refusal("The file is larger than 5 MB.")
    kind = ENDINGS.get(PurePosixPath(file_name).suffix.lower())
    if kind is None:
        raise Refusal(f"This kind of file is not taken. {TAKEN}")
    holds = _text(content) if kind is Kind.TEXT else _office(content, kind) if kind in INSIDE else content.startswith(STARTS[kind])
    if not holds:
        raise Refusal(f"The file does not hold what its name says. {TAKEN}")
    return kind


def _text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _office(content: bytes, kind: Kind) -> bool:
    """Look at the list of what is inside, never unpack it; a document with macros is none, nor is one of more parts than are looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return False
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    return {"[Content_Types].xml", INSIDE[kind]} <= set(names) and len(names) <= MOST_PARTS and not macros


def _keep(
    title: str, file_name: str, content: bytes, *, by: Person, at: datetime, hospital_id: int | None,
    practice: Practice | None = None, toolkit: Toolkit | None = None,
) -> Material:  # fmt: skip
    name = PurePosixPath(file_name.replace("\\", "/")).name[-120:]
    kind = kind_of(file_name=name, content=content)
    refuse_persons(title, PurePosixPath(name).stem)
    beside = Material.objects.filter(practice=practice, toolkit=toolkit, withdrawn_at__isnull=True)
    digest = hashlib.sha256(content).hexdigest()
    if beside.filter(sha256=digest).exists():
        raise Refusal("This very file is here already.")
    if beside.count() >= MOST_FILES:
        raise Refusal(f"There are {MOST_FILES} files already. Take one back first.")
    made = Material.objects.create(
        code=random_code(), practice=practice, toolkit=toolkit, hospital_id=hospital_id, title=title, file_name=name, kind=kind.value,
        content=content, n_bytes=len(content), sha256=digest, at=at, by=by,
    )  # fmt: skip
    _record("add material", made, by=by, at=at)
    return made


def _record(action: str, row: Material, *, by: Person, at: datetime) -> None:
    audit.record(action=action, at=at, by=by, hospital_id=row.hospital_id, kind="material", object_id=row.code, detail={"sha256": row.sha256})
