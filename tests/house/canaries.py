"""Tokens planted in whatever is a hospital's own, and a scanner that finds them however an answer is wrapped."""

import base64
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote

from tests.databases import as_role
from tests.house.catalog import ask

HOSPITALS = tuple(f"H{number:02d}" for number in range(1, 10))
# What a hospital owns, as "what it is of: table, text column, how the row finds its hospital".
SINGLE = (
    "SELECT m.person_id FROM sites_membership m JOIN sites_hospital h ON h.id = m.hospital_id"
    " GROUP BY m.person_id HAVING count(DISTINCT h.id) = 1 AND min(h.code) = %s"
)


def token(hospital: str, kind: str) -> str:
    """Return the token of one hospital for one kind of thing; it occurs nowhere else."""
    return f"zq{kind}{hospital.lower()}qz"


KINDS = ("name", "note", "person", "mail", "file", "key", "answer", "reason")


def plant() -> None:
    """Write the tokens into the rows as the superuser, with the locks held open for it."""
    with as_role("superuser"):
        ask("SELECT set_config('session_replication_role', 'replica', false)")
        for hospital in HOSPITALS:
            _plant(hospital)


def _plant(hospital: str) -> None:
    of = "hospital_id = (SELECT id FROM sites_hospital WHERE code = %s)"
    for sql in (
        f"UPDATE registry_case SET key = key || '{token(hospital, 'key')}' WHERE {of}",
        f"UPDATE registry_case SET answers[array_position(v.columns, 'evidence_note')] = '{token(hospital, 'answer')}'"
        f" FROM registry_dictionaryversion v WHERE v.id = registry_case.version_id AND {of}",
        f"UPDATE registry_caserevision SET reason = '{token(hospital, 'reason')}' WHERE {of}",
        f"UPDATE registry_upload SET file_name = '{token(hospital, 'file')}.csv' WHERE {of}",
        f"UPDATE sites_auditevent SET reason = '{token(hospital, 'reason')}' WHERE {of}",
        f"UPDATE sites_person SET name = '{token(hospital, 'person')}', email = '{token(hospital, 'mail')}' || id || '@x.example'"
        f" WHERE id IN ({SINGLE})",
        f"UPDATE sites_hospital SET name = '{token(hospital, 'name')}', notes = '{token(hospital, 'note')}' WHERE code = %s",
    ):
        ask(f"{sql} RETURNING 1", hospital)


def foreign(own: tuple[str, ...]) -> tuple[str, ...]:
    """Return every token of the hospitals that are not one's own."""
    return tuple(token(hospital, kind) for hospital in HOSPITALS if hospital not in own for kind in KINDS)


def found(tokens: tuple[str, ...], headers: str, body: bytes) -> set[str]:
    """Return the tokens that an answer carries, plain or wrapped."""
    pattern = re.compile("|".join(map(re.escape, tokens)), re.IGNORECASE)
    return {hit.lower() for text in _texts(headers.encode() + b"\n" + body, depth=0) for hit in pattern.findall(text)}


def _texts(data: bytes, *, depth: int) -> Iterator[str]:
    """Yield the readings of some bytes: as they are, HTML and URL decoded, JSON escapes, unpacked, and base64 inside."""
    start = data.find(b"PK\x03\x04")
    if start >= 0 and zipfile.is_zipfile(io.BytesIO(data[start:])):
        with zipfile.ZipFile(io.BytesIO(data[start:])) as archive:
            for name in archive.namelist():
                yield name
                yield from _texts(archive.read(name), depth=depth + 1)
    start = data.find(b"\x1f\x8b\x08")
    if start >= 0:
        with suppress(zlib.error):
            yield from _texts(zlib.decompressobj(wbits=31).decompress(data[start:]), depth=depth + 1)
    text = data.decode("utf-8", errors="replace")
    yield text
    yield html.unescape(unquote(text))
    if "\\u" in text:
        yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    if depth < 2:
        for chunk in re.findall(r"[A-Za-z0-9+/_-]{24,}={0,2}", text):
            padded = chunk.replace("-", "+").replace("_", "/").rstrip("=")
            try:
                yield base64.b64decode(padded + "=" * (-len(padded) % 4)).decode("latin-1")
            except ValueError:
                continue
