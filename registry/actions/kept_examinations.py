"""The examination of a check, kept for the commit of the same file, and used there only where nothing it rests on has changed.

It is kept when every row is a new case and nothing hard was found: else there is nothing to commit, or cases to be compared
and held. What depends on periods, surgeons and keys is worked out anew at the commit in any case; reading the file, its types,
calculations and edit checks are what is saved.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
from django.db import connection
from django.utils.crypto import salted_hmac
from psycopg import Cursor

from registry.actions import row_faults
from registry.actions.batches import Batch, hospital_codes
from registry.actions.examination import Examination, Group, KeptFindings, Outcome, placed, surgeons_of
from registry.dictionary.checks import Hit
from registry.dictionary.elements import DataDictionary
from registry.dictionary.rules import rules_of
from registry.intake import columns
from registry.intake.sheet import TEXT
from registry.models import DictionaryVersion, KeptExamination, Registry, Upload
from registry.selectors import dictionaries, periods
from sites.selectors import people

SALT = "registry.kept_examination"
CODE = ("*.py", "actions/*.py", "dictionary/**/*.py", "intake/*.py", "selectors/*.py")
OF_REGISTRY = ("has_dates", "has_surgeons", "follow_up_days", "rules_number")
ROWS, HOSPITALS, ANSWERED, COLUMN = "@row", "@hospital", "@answered", "="
OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def fingerprint(*, upload: Upload, today: date, hold: bool = False) -> str:
    """Name everything that an examination of a file rests on by its content. With ``hold`` no period changes until we are done.

    Registry and version count twice: as they are now, and as the rows at hand say, by which the file is examined.
    Cases are never deleted and each change counts their revisions up, so that equal counts and sums mean the same cases.
    """
    mapping = upload.mapping
    codes = hospital_codes(upload.registry, hospital_ids=None if upload.hospital_id is None else (upload.hospital_id,))
    hospitals = tuple(sorted({*codes.values()} if upload.hospital_id is None else {upload.hospital_id}))
    grounds = {
        "code": code_digest(),
        "file": hashlib.sha256(upload.content).hexdigest(),
        "mapping": [mapping["columns"], mapping.get("hospital", "")],
        "belongs": [upload.registry_id, upload.hospital_id, upload.period_id],
        "registry": list(Registry.objects.values_list(*OF_REGISTRY).get(pk=upload.registry_id)),
        "held": [getattr(upload.registry, name) for name in OF_REGISTRY],
        "dictionary": list(DictionaryVersion.objects.values_list("id", "digest").get(pk=upload.version_id)),
        "asked": [upload.version.pk, upload.version.digest],
        "rules": [repr(rule) for rule in dictionaries.written(dictionaries.published_rules(upload.registry))],
        "today": today,
        "hospitals": sorted(codes.items()),
        "periods": [repr(span) for span in periods.spans(registry_id=upload.registry_id, hold=hold)],
        "surgeons": sorted([*who, person] for who, person in people.surgeons(hospital_ids=hospitals).items()),
        "cases": _cases(upload.registry_id, hospitals),
    }
    return hashlib.sha256(orjson.dumps(grounds, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def _cases(registry_id: int, hospitals: Iterable[int]) -> list:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hospital_id, count(*), max(id), sum(revision), max(changed_at) FROM registry_case"
            " WHERE registry_id = %s AND hospital_id = ANY (%s) GROUP BY hospital_id ORDER BY hospital_id",
            [registry_id, list(hospitals)],
        )
        return [list(map(str, row)) for row in cursor.fetchall()]


@cache
def code_digest() -> str:
    """Name the code that examines, and the libraries it counts with, by their content; read once per process."""
    room = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(repr([pa.__version__, pd.__version__, np.__version__]).encode())
    for path in sorted({path for pattern in CODE for path in room.glob(pattern)}):
        digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def put_away(*, upload: Upload) -> None:
    """Delete what is kept of a file."""
    KeptExamination.objects.filter(upload_id=upload.pk).delete()


def keep(examined: Examination, *, upload: Upload, fingerprint: str, is_sound: bool) -> bool:
    """Keep an examination, made after its fingerprint was taken, in the place of an earlier one; tell whether it was one to be kept."""
    put_away(upload=upload)
    if not is_sound or len(examined.groups) != 1 or examined.known or not len(examined.batch):
        return False
    content = _packed(examined)
    with Cursor(connection.connection) as cursor:
        cursor.execute(
            "INSERT INTO registry_keptexamination (upload_id, hospital_id, by_id, fingerprint, seal, content)"
            " VALUES (%s, %s, %s, %s, %s, %b)",
            [upload.pk, upload.hospital_id, upload.by_id, fingerprint, _seal(upload, fingerprint, content), content],
        )
    return True


def _seal(upload: Upload, fingerprint: str, content: bytes) -> str:
    """Seal what is kept with the secret of the installation: whoever can only write to the database cannot make one."""
    words = f"{upload.pk}:{upload.code}:{fingerprint}:{hashlib.sha256(content).hexdigest()}"
    return salted_hmac(SALT, words, algorithm="sha256").hexdigest()


def _packed(examined: Examination) -> bytes:
    group, batch = examined.groups[0], examined.batch
    places = {id(rule): place for place, rule in enumerate(rules_of(group.dictionary))}
    about = {
        b"hits": orjson.dumps([(places[id(hit.rule)], len(hit.rows)) for hit in group.findings.hits]),
        b"rows": np.concatenate([np.zeros(0), *(hit.rows for hit in group.findings.hits)]).astype("<i8").tobytes(),
        b"places": orjson.dumps([batch.places, batch.hospital_place]),
        b"given": orjson.dumps(list(batch.arrays)),
    }
    arrays = [pa.array(batch.numbers), pa.array(batch.hospitals), pa.array(group.n_answered)]
    names = [ROWS, HOSPITALS, ANSWERED]
    for name, array in group.arrays.items():
        arrays.append(_narrow(array))
        names.append(COLUMN + name)
    record = pa.RecordBatch.from_arrays(arrays, names=names).replace_schema_metadata(about)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, record.schema, options=OPTIONS) as writer:
        writer.write_batch(record)
    return sink.getvalue().to_pybytes()


def _narrow(array: pa.DictionaryArray) -> pa.DictionaryArray:
    """Count the distinct texts in as few bytes as they need."""
    n = len(array.dictionary)
    kind = pa.int8() if n < 127 else pa.int16() if n < 32_767 else pa.int32()
    return pa.DictionaryArray.from_arrays(array.indices.cast(kind), array.dictionary)


def kept(*, upload: Upload) -> "Kept | None":
    """Return what is kept of a file, where its seal is ours and unbroken."""
    with Cursor(connection.connection) as cursor:
        cursor.execute(
            "SELECT fingerprint, seal, content FROM registry_keptexamination WHERE upload_id = %s",
            [upload.pk],
            binary=True,
        )
        row = cursor.fetchone()
    if row is None:
        return None
    content = bytes(row[2])
    if not hmac.compare_digest(row[1], _seal(upload, row[0], content)):
        return None
    return Kept(upload=upload, fingerprint=row[0], content=content)


class Kept:
    """A kept examination, unpacked. hospitals: id of each row, shape (n,)."""

    def __init__(self, *, upload: Upload, fingerprint: str, content: bytes) -> None:
        with pa.ipc.open_stream(content) as reader:
            self._record = reader.read_next_batch()
        self._upload = upload
        self._about = self._record.schema.metadata
        self.fingerprint = fingerprint
        self.hospitals = self._record.column(HOSPITALS).to_numpy()

    def examination(self, *, today: date) -> Examination:
        """Give the examination as it would be made now: placed in today's periods, with today's surgeons and faults of rows."""
        upload, n = self._upload, len(self._record)
        dictionary = dictionaries.governed(upload.version, registry=upload.registry)
        arrays = {
            name.removeprefix(COLUMN): self._record.column(name).cast(TEXT)
            for name in self._record.schema.names
            if name.startswith(COLUMN)
        }
        places, hospital_place = orjson.loads(self._about[b"places"])
        batch = Batch(
            registry=upload.registry,
            version=upload.version,
            dictionary=dictionary,
            period=upload.period,
            arrays={name: arrays[name] for name in orjson.loads(self._about[b"given"])},
            numbers=self._record.column(ROWS).to_numpy(),
            hospitals=self.hospitals,
            today=today,
            places=places,
            hospital_place=hospital_place,
        )
        keys, rows = columns.texts(batch.arrays[batch.key_column]), np.arange(n)
        spans = periods.spans(registry_id=upload.registry_id, hold=True)
        occurred_on, held = placed(batch, dictionary, arrays, spans, n=n)
        group = Group(
            version=upload.version,
            dictionary=dictionary,
            rows=rows,
            arrays=arrays,
            findings=KeptFindings(hits=self._hits(dictionary), dictionary=dictionary, arrays=arrays, n=n),
            outcome=np.full(n, Outcome.NEW, dtype=np.int8),
            changes={},
            occurred_on=occurred_on,
            periods=held,
            surgeons=surgeons_of(batch, dictionary, arrays, rows),
            n_answered=self._record.column(ANSWERED).to_numpy(),
        )
        faults = row_faults.of_batch(batch, keys) + row_faults.of_group(batch, group, {}, spans)
        return Examination(batch=batch, keys=keys, known={}, groups=(group,), faults=tuple(faults))

    def _hits(self, dictionary: DataDictionary) -> tuple[Hit, ...]:
        rules, rows, start, hits = rules_of(dictionary), np.frombuffer(self._about[b"rows"], dtype="<i8"), 0, []
        for place, n in orjson.loads(self._about[b"hits"]):
            hits.append(Hit(rules[place], rows[start : start + n]))
            start += n
        return tuple(hits)
