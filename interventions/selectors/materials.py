"""Read files of practices and toolkits: those within reach, and those that a practice's consent lets others read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from interventions.models import Material
from sites.refusals import NotFound

KINDS = dict(Material.Kind.choices)


@dataclass(frozen=True)
class File:
    """A file as it is listed; ``by`` is blank for who reads it by consent alone."""

    code: str
    title: str
    file_name: str
    kind: str
    n_bytes: int
    sha256: str
    on: date
    by: str = ""

    @property
    def about(self) -> str:
        """Say what it is, how big, from when."""
        size = f"{self.n_bytes / 1024 / 1024:.1f} MB" if self.n_bytes >= 1024 * 1024 else f"{max(1, round(self.n_bytes / 1024))} kB"
        who = f", by {self.by}" if self.by else ""
        return f"{KINDS[self.kind]}, {size}, added on {self.on:%-d %B %Y}{who}"


def of_toolkit(toolkit_id: int) -> list[File]:
    """Return the files of a toolkit, the oldest first."""
    return _listed(toolkit_id=toolkit_id)


def of_practice(*, practice_id: int | None, code: str, on: date) -> list[File]:
    """Return a practice's files: all for who reaches it (``practice_id``), else those that its consent lets be read."""
    if practice_id is not None:
        return _listed(practice_id=practice_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, title, file_name, kind, n_bytes, sha256, on_date FROM cairn_told_materials(%s) WHERE practice_code = %s", [on, code]
        )
        return [File(*row) for row in cursor.fetchall()]


def _listed(**of: int) -> list[File]:
    rows = Material.objects.filter(withdrawn_at__isnull=True, **of).select_related("by").defer("content").order_by("pk")
    return [
        File(
            code=row.code, title=row.title, file_name=row.file_name, kind=row.kind, n_bytes=row.n_bytes, sha256=row.sha256, on=row.at.date(),
            by=row.by.name,
        )
        for row in rows
    ]  # fmt: skip


def content(*, code: str, hospital_ids: Sequence[int], on: date) -> tuple[str, str, bytes]:
    """Return (file name, media type, bytes) of a file one may read: a toolkit's, an own one, or one told by consent."""
    row = Material.objects.filter(code=code, withdrawn_at__isnull=True).first()
    if row is not None and (row.hospital_id is None or row.hospital_id in set(hospital_ids)):
        return row.file_name, row.kind, bytes(row.content)
    with connection.cursor() as cursor:
        cursor.execute("SELECT file_name, kind, content FROM cairn_told_material(%s, %s)", [on, code])
        found = cursor.fetchone()
    if found is None:
        raise NotFound
    return found[0], found[1], bytes(found[2])


def one(*, code: str, hospital_ids: Sequence[int], toolkits: bool) -> Material:
    """Return a file that one may take back: of a practice of these hospitals, or of a toolkit."""
    row = Material.objects.filter(code=code, withdrawn_at__isnull=True).defer("content").select_related("toolkit", "practice").first()
    if row is None or not (row.hospital_id in set(hospital_ids) if row.hospital_id else toolkits):
        raise NotFound
    return row
