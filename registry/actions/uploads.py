"""What is done with a file of cases: receive, choose columns, check, explain, commit, abandon. All or nothing, and once."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime

import numpy as np
from django.db import connection

from registry.actions import kept_examinations, reviews
from registry.actions.batch_findings import Collected, collect, missing_reasons
from registry.actions.batch_writing import Door, write
from registry.actions.batches import Batch, hospital_codes, hospitals_of, key_column
from registry.actions.examination import Examination, Outcome, Progress, examine, silent
from registry.calendar import local_day
from registry.dictionary.elements import DataDictionary, Role
from registry.intake import columns, files
from registry.intake.codes import random_codes
from registry.intake.mapping import matched
from registry.intake.sheet import DESK, WEB, FileRefusal, Limits, Sheet
from registry.lifecycle import UploadState, may_follow
from registry.models import ColumnMapping, Participation, Registry, ReportingPeriod, Upload
from registry.selectors import dictionaries
from sites import audit, outbox
from sites.models import Hospital, Person
from sites.refusals import Refusal

LONGEST_REASON = 1000
CHANGE = "@change"
LOCK_SPACE = 7_205


def receive(
    *,
    registry: Registry,
    hospital: Hospital | None,
    file_name: str,
    content: bytes,
    by: Person,
    at: datetime,
    period: ReportingPeriod | None = None,
    limits: Limits = WEB,
) -> Upload:
    """Take a file in and match its columns; without a hospital it spans hospitals. Nothing is checked yet."""
    version = dictionaries.latest(registry)
    if version is None:
        raise Refusal(f"{registry.title} has no published dictionary yet.")
    if period is None and not registry.has_dates:
        raise Refusal("This registry has no dates. Choose the period that these cases belong to.")
    if hospital is not None and not Participation.objects.filter(registry=registry, hospital=hospital).exists():
        raise Refusal(f"{hospital.name} does not take part in {registry.title}.")
    try:
        sheet = files.read(content, limits=limits, header_only=True)
    except FileRefusal as refusal:
        raise Refusal(*refusal.reasons) from refusal
    dictionary = dictionaries.load(version)
    upload = Upload(
        code=random_codes(1)[0],
        registry=registry,
        hospital=hospital,
        period=period,
        version=version,
        by=by,
        file_name=file_name[-200:],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        headers=list(sheet.headers),
        mapping=_suggested(registry, hospital, dictionary, sheet),
        counts={"notes": list(sheet.notes)},
        received_at=at,
    )
    upload.save(force_insert=True)
    _record(
        "receive upload",
        upload,
        by=by,
        at=at,
        detail={"file": upload.file_name, "sha256": upload.sha256, "bytes": len(content)},
    )
    return upload


def _suggested(registry: Registry, hospital: Hospital | None, dictionary: DataDictionary, sheet: Sheet) -> dict:
    remembered = dict(
        ColumnMapping.objects.filter(registry=registry, hospital=hospital).values_list("header", "column")
    )
    entered = [element for element in dictionary.elements if element.is_entered]
    matches = matched(
        sheet.headers,
        columns=tuple(column for element in entered for column in element.columns),
        labels={element.name: element.label for element in entered if len(element.columns) == 1 and element.label},
        remembered=remembered,
        system=dictionary.system_columns | set(dictionary.calculation_order),
    )
    found = {match.header: match.column for match in matches}
    return {
        "columns": found,
        "how": {match.header: match.how for match in matches},
        "hospital": _hospital_header(dictionary, found),
    }


def _hospital_header(dictionary: DataDictionary, found: Mapping[str, str]) -> str:
    element = dictionary.role(Role.HOSPITAL)
    return next((header for header, column in found.items() if element and column == element.name), "")


def choose_columns(
    *, upload: Upload, chosen: Mapping[str, str], hospital_header: str, by: Person, at: datetime
) -> None:
    """Say which column of the file answers what; remembered for the next file of this hospital."""
    dictionary = dictionaries.load(upload.version)
    wanted = {header: chosen.get(header, "") for header in upload.headers}
    problems = _mapping_problems(upload, dictionary, wanted, hospital_header)
    if problems:
        raise Refusal(*problems)
    how = upload.mapping.get("how", {})
    before = upload.mapping.get("columns", {})
    how = {
        header: how.get(header, "hand") if before.get(header, "") == column else "hand"
        for header, column in wanted.items()
    }
    upload.mapping = {"columns": wanted, "how": how, "hospital": hospital_header}
    _move(upload, UploadState.MAPPED)
    upload.reasons = {}
    upload.save(update_fields=["mapping", "status", "reasons"])
    kept_examinations.put_away(upload=upload)
    rows = [
        ColumnMapping(
            registry_id=upload.registry_id,
            hospital_id=upload.hospital_id,
            header=header[:200],
            column=column,
            changed_at=at,
        )
        for header, column in wanted.items()
    ]
    ColumnMapping.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["registry", "hospital", "header"],
        update_fields=["column", "changed_at"],
    )
    _record("map upload", upload, by=by, at=at)


def _mapping_problems(
    upload: Upload, dictionary: DataDictionary, wanted: Mapping[str, str], hospital_header: str
) -> list[str]:
    problems = []
    used: dict[str, str] = {}
    for header, column in wanted.items():
        if not column:
            continue
        if not dictionary.has_column(column) or not dictionary.element_of(column).is_entered:
            problems.append(f"“{column}” is no element that can be filled from a file.")
        if column in used:
            problems.append(f"“{used[column]}” and “{header}” both fill {column}. Keep one.")
        used[column] = header
    if key_column(dictionary) not in used:
        problems.append(f"No column holds the case number ({key_column(dictionary)}). Choose one.")
    if upload.hospital_id is None and hospital_header not in upload.headers:
        problems.append("Choose the column that names the hospital of each row.")
    return problems


def batch_of(upload: Upload, *, at: datetime) -> Batch:
    """Read the file of an upload into a batch, as its mapping says."""
    try:
        sheet = files.read(bytes(upload.content), limits=DESK)
    except FileRefusal as refusal:
        raise Refusal(*refusal.reasons) from refusal
    dictionary, found = dictionaries.governed(upload.version, registry=upload.registry), upload.mapping["columns"]
    header = upload.mapping.get("hospital", "")
    own = None if upload.hospital_id is None else (upload.hospital_id,)
    foreign: dict[int, str] = {}
    ids = np.full(len(sheet), upload.hospital_id or 0, dtype=np.int64)
    if header:
        codes = hospital_codes(upload.registry, hospital_ids=own)
        ids, foreign = hospitals_of(sheet.texts(sheet.headers.index(header)), codes)
    return Batch(
        registry=upload.registry,
        version=upload.version,
        dictionary=dictionary,
        period=upload.period,
        arrays=columns.mapped(sheet, found),
        numbers=sheet.rows,
        hospitals=ids,
        today=_today(upload, at=at),
        places={column: sheet.headers.index(header) for header, column in found.items() if column},
        hospital_place=sheet.headers.index(header) if header else None,
        foreign=foreign,
        uneven=sheet.uneven,
    )


def check(*, upload: Upload, at: datetime, progress: Progress = silent) -> Collected:
    """Examine a file without changing any case, and keep counts and findings for the page."""
    progress(0, 4, "Reading the file")
    fingerprint = kept_examinations.fingerprint(upload=upload, today=_today(upload, at=at))
    examined = examine(batch_of(upload, at=at), progress=progress)
    collected = collect(examined)
    upload.counts = {"notes": upload.counts.get("notes", [])} | _counts(examined, collected)
    upload.findings = [finding.as_json() for finding in collected.written]
    if upload.status != UploadState.CHECKED.value:
        _move(upload, UploadState.CHECKED)
    upload.save(update_fields=["counts", "findings", "status"])
    kept_examinations.keep(examined, upload=upload, fingerprint=fingerprint, is_sound=not collected.n_hard)
    return collected


def _today(upload: Upload, *, at: datetime) -> date:
    return local_day(at, zone=upload.hospital.time_zone if upload.hospital else "UTC")


def _counts(examined: Examination, collected: Collected) -> dict:
    changed = [change for group in examined.groups for change in group.changes.values()]
    return {
        "rows": len(examined.batch) + len(examined.batch.uneven),
        "new": examined.count(Outcome.NEW),
        "changed": examined.count(Outcome.CHANGED),
        "same": examined.count(Outcome.SAME),
        "cleared": sum(1 for change in changed for _, new in change.values() if new is None),
        "needs_reason": any(
            examined.known[int(group.rows[place])].status == "SUBMITTED"
            for group in examined.groups
            for place in group.changes
        ),
        "hospitals": len(set(examined.batch.hospitals.tolist()) - {0}),
        "hard": collected.n_hard,
        "soft": collected.n_soft,
        "faulty_rows": collected.n_rows,
        "sorts": [asdict(sort) | {"name": sort.name} for sort in collected.sorts],
        "kept": len(collected.written),
    }


def explain(*, upload: Upload, reasons: Mapping[str, str], by: Person, at: datetime) -> None:
    """Keep one reason per group of soft findings, and one for the cases that change."""
    known = {sort["name"] for sort in upload.counts.get("sorts", []) if sort["severity"] == "soft"} | {CHANGE}
    kept = {name: words.strip()[:LONGEST_REASON] for name, words in reasons.items() if name in known and words.strip()}
    upload.reasons = upload.reasons | kept
    upload.save(update_fields=["reasons"])
    _record("explain findings of upload", upload, by=by, at=at, detail={"groups": sorted(kept)})


def commit(*, upload: Upload, by: Person, at: datetime, progress: Progress = silent) -> dict[str, int]:
    """Write the cases of a checked file, all or none. What was promised must still hold.

    The file is examined again, unless the examination of its check was kept and nothing that it rests on has changed.
    """
    locked = Upload.objects.select_for_update(of=("self",)).only("status").get(pk=upload.pk)
    if locked.status not in (UploadState.CHECKED.value, UploadState.COMMITTING.value):
        raise Refusal("This file was committed or changed meanwhile. Reload the page.")
    if upload.hospital_id is not None:
        reviews.refuse_unreviewed(registry=upload.registry, hospital=upload.hospital, by=by, at=at)
    progress(0, 4, "Reading the file")
    examined = _kept(upload, at=at)
    if examined is None:
        batch = batch_of(upload, at=at)
        lock(registry_id=upload.registry_id, hospital_ids=batch.hospitals)
        examined = examine(batch, hold=True, progress=progress)
    collected = collect(examined, words=False)
    counts = _counts(examined, collected)
    problems = _commit_problems(upload, counts, collected)
    if problems:
        raise Refusal(*problems)
    progress(4, 4, f"Writing {counts['new'] + counts['changed']:,} cases")
    write(
        examined,
        door=Door(
            name="UPLOAD",
            by=by,
            at=at,
            reason=upload.reasons.get(CHANGE, ""),
            reasons=upload.reasons,
            upload_id=upload.pk,
        ),
    )
    upload.status, upload.committed_at = UploadState.COMMITTED.value, at
    upload.save(update_fields=["status", "committed_at"])
    kept_examinations.put_away(upload=upload)
    done = {name: counts[name] for name in ("rows", "new", "changed", "same")}
    _record(
        "commit upload",
        upload,
        by=by,
        at=at,
        detail=done | {"sha256": upload.sha256},
        reason=upload.reasons.get(CHANGE, ""),
    )
    return done


def _kept(upload: Upload, *, at: datetime) -> Examination | None:
    """Return the kept examination of the check if, with its hospitals locked, all that it rests on is as it was."""
    kept = kept_examinations.kept(upload=upload)
    if kept is None:
        return None
    lock(registry_id=upload.registry_id, hospital_ids=kept.hospitals)
    today = _today(upload, at=at)
    if kept.fingerprint != kept_examinations.fingerprint(upload=upload, today=today, hold=True):
        return None
    return kept.examination(today=today)


def _commit_problems(upload: Upload, counts: Mapping, collected: Collected) -> list[str]:
    if collected.n_hard:
        return [
            f"{collected.n_hard:,} values cannot be accepted. Mend the file and send it again; nothing was changed."
        ]
    promised = {name: upload.counts.get(name) for name in ("new", "changed", "same")}
    if promised != {name: counts[name] for name in promised}:
        return ["Cases changed since the file was checked. Check it again; nothing was changed."]
    problems = [
        f"Say why this is right: {sort.label}, {sort.n:,} times." for sort in missing_reasons(collected, upload.reasons)
    ]
    if counts["needs_reason"] and not upload.reasons.get(CHANGE):
        problems.append("Say why submitted cases change.")
    return problems


def lock(*, registry_id: int, hospital_ids: np.ndarray) -> None:
    """Let one batch at a time write into a hospital's registry, in order of hospital so that two never wait for each other."""
    with connection.cursor() as cursor:
        for hospital_id in sorted(set(hospital_ids.tolist()) - {0}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE + registry_id, hospital_id])


def start_check(*, upload: Upload, by: Person, at: datetime) -> None:
    """Queue the check of a file whose columns are chosen."""
    if upload.status in (UploadState.CHECKED.value, UploadState.COMMITTING.value):
        upload.status = UploadState.CHECKED.value
        _move(upload, UploadState.MAPPED)
    if upload.status != UploadState.MAPPED.value:
        raise Refusal("Choose the columns first.")
    upload.job = outbox.after_commit("registry.check_upload", at=at, by=by, upload=upload.pk)
    upload.save(update_fields=["status", "job"])


def start_commit(*, upload: Upload, by: Person, at: datetime) -> None:
    """Queue the commit of a checked file whose soft findings are explained."""
    if upload.hospital_id is not None:
        reviews.refuse_unreviewed(registry=upload.registry, hospital=upload.hospital, by=by, at=at)
    locked = Upload.objects.select_for_update(of=("self",)).only("status").get(pk=upload.pk)
    if locked.status != UploadState.CHECKED.value:
        raise Refusal("This file is being committed already, or was.")
    if upload.counts.get("hard"):
        raise Refusal("Mend the values that cannot be accepted first, and send the file again.")
    missing = [
        sort["label"]
        for sort in upload.counts.get("sorts", [])
        if sort["severity"] == "soft" and not upload.reasons.get(sort["name"])
    ]
    problems = [f"Say why this is right: {label}." for label in missing]
    if upload.counts.get("needs_reason") and not upload.reasons.get(CHANGE):
        problems.append("Say why submitted cases change.")
    if problems:
        raise Refusal(*problems)
    _move(upload, UploadState.COMMITTING)
    upload.job = outbox.after_commit("registry.commit_upload", at=at, by=by, upload=upload.pk)
    upload.save(update_fields=["status", "job"])


def abandon(*, upload: Upload, by: Person, at: datetime) -> None:
    """Put a file away without changing any case."""
    _move(upload, UploadState.ABANDONED)
    upload.save(update_fields=["status"])
    kept_examinations.put_away(upload=upload)
    _record("abandon upload", upload, by=by, at=at)


def record_read(*, upload: Upload, by: Person, at: datetime, action: str = "read upload") -> None:
    """Write down that somebody saw values of an upload's cases."""
    _record(action, upload, by=by, at=at)


def _move(upload: Upload, state: UploadState) -> None:
    now = UploadState(upload.status)
    again = now is state is UploadState.MAPPED
    if not again and not may_follow(now, state):
        raise Refusal(f"This file is {now.value.lower()}; that cannot be done with it any more.")
    upload.status = state.value


def _record(
    action: str, upload: Upload, *, by: Person, at: datetime, detail: dict | None = None, reason: str = ""
) -> None:
    audit.record(
        action=action,
        at=at,
        by=by,
        hospital_id=upload.hospital_id,
        kind="upload",
        object_id=upload.code,
        detail={"registry": upload.registry.code} | (detail or {}),
        reason=reason,
    )
