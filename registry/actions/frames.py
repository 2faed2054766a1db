"""What is done with an operating list: receive, choose columns, check, commit, put away. All or nothing, and the same list once."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import numpy as np
import orjson
import pyarrow as pa
from django.db import connection

from registry.actions.examination import Progress, silent
from registry.actions.frame_rows import HOSPITAL, Examined, Frame, examine, needed
from registry.actions.uploads import lock
from registry.calendar import local_day
from registry.dictionary.wording import plain_label
from registry.intake import columns, files
from registry.intake.codes import random_codes
from registry.intake.literals import copy_escaped, copy_lines
from registry.intake.mapping import matched
from registry.intake.sheet import DESK, WEB, FileRefusal, Limits
from registry.lifecycle import UploadState, may_follow
from registry.models import FrameColumn, FrameUpload, Participation, Registry
from registry.selectors import dictionaries, sampling
from sites import audit, outbox
from sites.models import Hospital, Person
from sites.refusals import Refusal

KEPT = 2_000
SLICE = 20_000
STAGE = """
CREATE TEMP TABLE cairn_frame_stage (key text, operated_on date, procedure text, surgeon_code text, "values" jsonb, digest text)
ON COMMIT DROP
"""
INSERT = """
INSERT INTO registry_framerow (registry_id, hospital_id, upload_id, key, operated_on, procedure, surgeon_code, "values", digest, outcome)
SELECT %(registry)s, %(hospital)s, %(upload)s, key, operated_on, procedure, surgeon_code, "values", digest, 'WAITING' FROM cairn_frame_stage
"""


def receive(
    *, registry: Registry, hospital: Hospital, file_name: str, content: bytes, by: Person, at: datetime, limits: Limits = WEB
) -> FrameUpload:
    """Take an operating list in and match its columns. Nothing is checked yet."""
    version = dictionaries.latest(registry)
    lists = sampling.procedure_lists(registry)
    if version is None or not lists:
        raise Refusal(f"{registry.title} has no list of eligible procedures yet. Ask the coordinating centre.")
    if not Participation.objects.filter(registry=registry, hospital=hospital).exists():
        raise Refusal(f"{hospital.name} does not take part in {registry.title}.")
    try:
        sheet = files.read(content, limits=limits, header_only=True)
    except FileRefusal as refusal:
        raise Refusal(*refusal.reasons) from refusal
    dictionary = dictionaries.load(version)
    entered = [element for element in dictionary.elements if element.is_entered]
    matches = matched(
        sheet.headers,
        columns=(*(column for element in entered for column in element.columns), HOSPITAL),
        labels={element.name: element.label for element in entered if len(element.columns) == 1 and element.label} | {HOSPITAL: "Hospital"},
        remembered=dict(FrameColumn.objects.filter(registry=registry, hospital=hospital).values_list("header", "column")),
    )
    upload = FrameUpload(
        code=random_codes(1)[0], registry=registry, hospital=hospital, version=version, by=by, file_name=file_name[-200:],
        content=content, sha256=hashlib.sha256(content).hexdigest(), headers=list(sheet.headers), received_at=at,
        mapping={"columns": {match.header: match.column for match in matches}, "how": {match.header: match.how for match in matches}},
        counts={"notes": list(sheet.notes)},
    )  # fmt: skip
    upload.save(force_insert=True)
    _record("receive operating list", upload, by=by, at=at, detail={"file": upload.file_name, "sha256": upload.sha256})
    return upload


def missing_columns(upload: FrameUpload) -> list[str]:
    """Name, in words, the columns that must be filled and are not."""
    dictionary = dictionaries.load(upload.version)
    filled = set(upload.mapping["columns"].values())
    element = sampling.procedure_lists(upload.registry)[-1].element
    return [plain_label(dictionary.element(name)) for name in needed(dictionary, element) if name not in filled]


def choose_columns(*, upload: FrameUpload, chosen: Mapping[str, str], by: Person, at: datetime) -> None:
    """Say which column of the list fills what; remembered for the next list of this hospital."""
    dictionary = dictionaries.load(upload.version)
    wanted = {header: chosen.get(header, "") for header in upload.headers}
    problems, used = [], {}
    for header, column in wanted.items():
        if column and column != HOSPITAL and (not dictionary.has_column(column) or not dictionary.element_of(column).is_entered):
            problems.append(f"“{column}” is no element that can be filled from a list.")
        if column and column in used:
            problems.append(f"“{used[column]}” and “{header}” both fill {column}. Keep one.")
        used[column] = header
    before = upload.mapping.get("columns", {})
    how = {h: upload.mapping.get("how", {}).get(h, "hand") if before.get(h, "") == column else "hand" for h, column in wanted.items()}
    upload.mapping = {"columns": wanted, "how": how}
    problems += [f"No column holds: {words}. Choose one." for words in missing_columns(upload)]
    if problems:
        raise Refusal(*problems)
    _move(upload, UploadState.MAPPED)
    upload.save(update_fields=["mapping", "status"])
    rows = [
        FrameColumn(registry_id=upload.registry_id, hospital_id=upload.hospital_id, header=header[:200], column=column, changed_at=at)
        for header, column in wanted.items()
    ]
    FrameColumn.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["registry", "hospital", "header"], update_fields=["column", "changed_at"]
    )
    _record("map operating list", upload, by=by, at=at)


def start_check(*, upload: FrameUpload, by: Person, at: datetime) -> None:
    """Queue the check of a list whose columns are chosen."""
    if upload.status != UploadState.MAPPED.value:
        _move(upload, UploadState.MAPPED)
    upload.job = outbox.after_commit("registry.check_frame", at=at, by=by, upload=upload.pk)
    upload.save(update_fields=["status", "job"])


def start_commit(*, upload: FrameUpload, by: Person, at: datetime) -> None:
    """Queue the commit of a checked list without faults."""
    locked = FrameUpload.objects.select_for_update(of=("self",)).only("status").get(pk=upload.pk)
    if locked.status != UploadState.CHECKED.value:
        raise Refusal("This list is being committed already, or was.")
    if upload.counts.get("faults"):
        raise Refusal("Mend the rows that cannot be taken first, and send the list again.")
    _move(upload, UploadState.COMMITTING)
    upload.job = outbox.after_commit("registry.commit_frame", at=at, by=by, upload=upload.pk)
    upload.save(update_fields=["status", "job"])


def abandon(*, upload: FrameUpload, by: Person, at: datetime) -> None:
    """Put a list away; nothing was changed by it."""
    _move(upload, UploadState.ABANDONED)
    upload.save(update_fields=["status"])
    _record("abandon operating list", upload, by=by, at=at)


def record_read(*, upload: FrameUpload, by: Person, at: datetime) -> None:
    """Write down that somebody saw values of a list."""
    _record("read operating list", upload, by=by, at=at)


def frame_of(upload: FrameUpload, *, at: datetime) -> Frame:
    """Read the file of an upload as its mapping says."""
    try:
        sheet = files.read(bytes(upload.content), limits=DESK)
    except FileRefusal as refusal:
        raise Refusal(*refusal.reasons) from refusal
    dictionary, lists = dictionaries.load(upload.version), sampling.procedure_lists(upload.registry)
    found, element = upload.mapping["columns"], lists[-1].element
    known = {record["code"] for listed in lists for record in listed.procedures}
    codes = Participation.objects.filter(registry_id=upload.registry_id, hospital_id=upload.hospital_id).values_list("code", flat=True)
    return Frame(
        sheet=sheet,
        dictionary=dictionary,
        arrays=columns.mapped(sheet, found),
        places={column: sheet.headers.index(header) for header, column in found.items() if column},
        procedure=element,
        codes=frozenset(known | set(dictionary.element(element).codes)),
        hospital_codes=frozenset({*codes, upload.hospital.code}),
        today=local_day(at, zone=upload.hospital.time_zone),
    )


def check(*, upload: FrameUpload, at: datetime, progress: Progress = silent) -> Examined:
    """Examine a list without writing an operation, and keep counts and faults for the page."""
    progress(0, 2, "Reading the list")
    frame = frame_of(upload, at=at)
    progress(1, 2, f"Checking {len(frame.sheet):,} operations")
    examined = examine(frame, registry_id=upload.registry_id, hospital_id=upload.hospital_id)
    upload.counts = {"notes": upload.counts.get("notes", [])} | _counts(frame, examined)
    upload.findings = [fault.as_json() for fault in examined.faults[:KEPT]]
    if upload.status != UploadState.CHECKED.value:
        _move(upload, UploadState.CHECKED)
    upload.save(update_fields=["counts", "findings", "status"])
    return examined


def _counts(frame: Frame, examined: Examined) -> dict:
    days = [day for day in examined.read.days.tolist() if day is not None]
    sorts = Counter((fault.code, fault.letter, fault.header) for fault in examined.faults)
    n_new = int(examined.is_new.sum())
    return {
        "rows": len(frame.sheet) + len(frame.sheet.uneven),
        "new": n_new,
        "same": len(frame.sheet) - n_new,
        "faults": len(examined.faults),
        "faulty_rows": len({fault.row for fault in examined.faults}),
        "sorts": [{"code": code, "letter": place, "header": header, "n": n} for (code, place, header), n in sorts.most_common()],
        "from": min(days).isoformat() if days else "",
        "to": max(days).isoformat() if days else "",
    }


def commit(*, upload: FrameUpload, by: Person, at: datetime, progress: Progress = silent) -> dict[str, int]:
    """Write the operations of a checked list, all or none. It is examined again: what was promised must still hold."""
    progress(0, 2, "Reading the list")
    lock(registry_id=upload.registry_id, hospital_ids=np.array([upload.hospital_id]))
    frame = frame_of(upload, at=at)
    examined = examine(frame, registry_id=upload.registry_id, hospital_id=upload.hospital_id)
    counts = _counts(frame, examined)
    if counts["faults"]:
        raise Refusal(f"{counts['faults']:,} values cannot be taken. Mend the list and send it again; nothing was changed.")
    if counts["new"] != upload.counts.get("new"):
        raise Refusal("Operations came in since the list was checked. Check it again; nothing was changed.")
    progress(1, 2, f"Writing {counts['new']:,} operations")
    _write(upload, examined)
    upload.status, upload.committed_at = UploadState.COMMITTED.value, at
    upload.save(update_fields=["status", "committed_at"])
    done = {name: counts[name] for name in ("rows", "new", "same")}
    _record("commit operating list", upload, by=by, at=at, detail=done | {"sha256": upload.sha256})
    return done


def _write(upload: FrameUpload, examined: Examined) -> None:
    """Write the new rows: COPY into a temporary table, then one INSERT … SELECT under row security."""
    read, new = examined.read, np.flatnonzero(examined.is_new)
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY cairn_frame_stage FROM STDIN") as copy:
            for start in range(0, len(new), SLICE):
                part = new[start : start + SLICE]
                fields = [
                    copy_escaped(pa.array(read.keys[part].tolist(), type=pa.string())),
                    pa.array(read.days[part].tolist(), type=pa.date32()),
                    copy_escaped(pa.array(read.procedures[part].tolist(), type=pa.string())),
                    copy_escaped(pa.array([(text or "")[:40] for text in read.surgeons[part].tolist()], type=pa.string())),
                    copy_escaped(pa.array([orjson.dumps(read.values[row]).decode() for row in part.tolist()], type=pa.string())),
                    pa.array([read.digests[row] for row in part.tolist()], type=pa.string()),
                ]
                for lines in copy_lines(fields):
                    copy.write(lines)
        cursor.execute(INSERT, {"registry": upload.registry_id, "hospital": upload.hospital_id, "upload": upload.pk})
        cursor.execute("DROP TABLE cairn_frame_stage")


def _move(upload: FrameUpload, to: UploadState) -> None:
    if upload.status == to.value == UploadState.MAPPED.value:
        return
    if not may_follow(UploadState(upload.status), to):
        raise Refusal("This list has moved on meanwhile. Reload the page.")
    upload.status = to.value


def _record(action: str, upload: FrameUpload, *, by: Person, at: datetime, detail: dict | None = None) -> None:
    audit.record(action=action, at=at, by=by, hospital_id=upload.hospital_id, kind="operating list", object_id=upload.code, detail=detail)
