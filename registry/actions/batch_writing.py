"""Writing an examined batch: COPY into temporary tables, then one INSERT … SELECT each, under row security, all or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from django.db import connection

from registry.actions import query_settling
from registry.actions.batch_findings import group_name, softs
from registry.actions.batch_rows import COLUMNS, CaseRows, Stretch
from registry.actions.examination import Examination, Group, Outcome
from registry.ahead import ahead
from registry.intake.binary import HEADER, TRAILER
from registry.intake.codes import random_codes
from registry.intake.literals import copy_escaped, copy_lines
from sites.models import Person
from sites.refusals import Refusal

STAGE = f"""
CREATE TEMP TABLE cairn_stage ({COLUMNS}) ON COMMIT DROP;
CREATE TEMP TABLE cairn_reasons (case_id bigint, hospital_id bigint, surgeon_id bigint, code text, col text, value text, reason text) ON COMMIT DROP
"""
INSERT_CASES = """
INSERT INTO registry_case (id, code, registry_id, hospital_id, version_id, period_id, surgeon_id, key, status, occurred_on, follow_up_due_on,
  answers, revision, n_answered, n_hard, n_soft, opened_at, changed_at, submitted_at)
SELECT case_id, code, %(registry)s, hospital_id, version_id, period_id, surgeon_id, key, 'SUBMITTED', occurred_on, follow_up_due_on,
  answers, 1, n_answered, 0, 0, %(at)s, %(at)s, %(at)s FROM cairn_stage WHERE revision = 1
"""
UPDATE_CASES = """
UPDATE registry_case c SET period_id = s.period_id, surgeon_id = s.surgeon_id, status = 'SUBMITTED', occurred_on = s.occurred_on,
  follow_up_due_on = s.follow_up_due_on, answers = s.answers, revision = s.revision, n_answered = s.n_answered, n_hard = 0, n_soft = 0,
  changed_at = %(at)s, submitted_at = coalesce(c.submitted_at, %(at)s)
FROM cairn_stage s WHERE c.id = s.case_id AND s.revision > 1 AND c.revision = s.revision - 1
"""
INSERT_REVISIONS = """
INSERT INTO registry_caserevision (case_id, hospital_id, surgeon_id, number, at, by_id, door, upload_id, changes, status, reason)
SELECT case_id, hospital_id, surgeon_id, revision, %(at)s, %(by)s, %(door)s, %(upload)s, coalesce(changes, '{}'::jsonb), 'SUBMITTED',
  CASE WHEN revision > 1 THEN %(reason)s ELSE '' END FROM cairn_stage
"""
INSERT_REASONS = """
INSERT INTO registry_findingreason (case_id, hospital_id, surgeon_id, code, "column", value, reason, by_id, at)
SELECT case_id, hospital_id, surgeon_id, code, col, value, reason, %(by)s, %(at)s FROM cairn_reasons ON CONFLICT DO NOTHING
"""
# A case that waited for a colleague's release counts by this batch instead: its review is over, and was none.
CLOSE_REVIEWS = """
UPDATE registry_casereview r SET decision = 'RETURNED', decided_by_id = %(by)s, decided_at = %(at)s, words = %(words)s
FROM cairn_stage s WHERE r.case_id = s.case_id AND s.revision > 1 AND r.decision = ''
"""
TAKEN_OVER = {"UPLOAD": "a certified colleague's file took its place", "API": "a certified colleague's delivery took its place"}


@dataclass(frozen=True, kw_only=True)
class Door:
    """How a batch came in and what was said with it: by whom, why cases change, why soft findings are right (by check and column)."""

    name: str
    by: Person
    at: datetime
    reason: str
    reasons: Mapping[str, str]
    upload_id: int | None = None


def write(examined: Examination, *, door: Door) -> None:
    """Write new and changed cases, one revision each, and the reasons of soft findings, in the transaction at hand."""
    given = {
        "registry": examined.batch.registry.pk,
        "at": door.at,
        "by": door.by.pk,
        "door": door.name,
        "upload": door.upload_id,
        "reason": door.reason,
        "words": TAKEN_OVER[door.name],
    }
    n_changed = examined.count(Outcome.CHANGED)
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        for group in examined.groups:
            active = np.flatnonzero(group.outcome != Outcome.SAME)
            if len(active):
                ids, codes = _names(cursor, examined, group, active)
                rows = CaseRows(examined=examined, group=group, active=active, ids=ids, codes=codes)
                for stretch in ahead(rows.stretches()):
                    _write_stretch(cursor, stretch, given)
                reasons = _reason_fields(examined, group, active, ids, door)
                if reasons is not None:
                    _copy(cursor, "cairn_reasons", copy_lines(reasons))
        cursor.execute(INSERT_REASONS, given)
        cursor.execute("DROP TABLE cairn_stage, cairn_reasons")
    if n_changed:
        query_settling.settle_many(changes=_changed_columns(examined), by=door.by, at=door.at)


def _changed_columns(examined: Examination) -> dict[int, frozenset[str]]:
    """Return the columns that each changed case got anew, by case id."""
    return {
        examined.known[int(group.rows[place])].id: frozenset(changed)
        for group in examined.groups
        for place, changed in group.changes.items()
    }


def _write_stretch(cursor, stretch: Stretch, given: Mapping[str, object]) -> None:
    """Write one stretch of cases and their revisions. While PostgreSQL works, the next stretch is being written out."""
    with cursor.copy("COPY cairn_stage FROM STDIN (FORMAT binary)") as copy:
        copy.write(HEADER)
        copy.write(stretch.lines)
        copy.write(TRAILER)
    cursor.execute(INSERT_CASES, given)
    if stretch.n_changed:
        cursor.execute(UPDATE_CASES, given)
        if cursor.rowcount != stretch.n_changed:
            raise Refusal("Somebody changed one of these cases meanwhile. Check the file again.")
        cursor.execute(CLOSE_REVIEWS, given)
    cursor.execute(INSERT_REVISIONS, given)
    cursor.execute("TRUNCATE cairn_stage")


def _copy(cursor, table: str, lines: Iterable[pa.Buffer | bytes]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for part in lines:
            copy.write(part)


def _names(cursor, examined: Examination, group: Group, active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each row its case's id and, where the case is new, a code: fresh ids from the sequence, codes in order of theirs.

    Random codes written in order touch each page of their index once.
    """
    new = group.outcome[active] == Outcome.NEW
    n = int(new.sum())
    ids = np.zeros(len(active), dtype=np.int64)
    codes = np.full(len(active), None, dtype=object)
    cursor.execute(
        "SELECT array_agg(nextval((SELECT pg_get_serial_sequence('registry_case', 'id')::regclass)))"
        " FROM generate_series(1, %s)",
        [n],
    )
    ids[new] = cursor.fetchone()[0] or []
    codes[new] = sorted(random_codes(n))
    for place in np.flatnonzero(~new).tolist():
        ids[place] = examined.known[int(group.rows[active[place]])].id
    return ids, codes


def _reason_fields(
    examined: Examination, group: Group, active: np.ndarray, ids: np.ndarray, door: Door
) -> list[pa.Array] | None:
    found = softs(examined, group)
    if not found:
        return None
    by_place = np.zeros(len(group), dtype=np.int64)
    by_place[active] = ids
    places = np.concatenate([soft.places for soft in found])
    lengths = [len(soft.places) for soft in found]
    reasons = [door.reasons.get(group_name(soft.code, soft.column), "").strip() for soft in found]
    return [
        pa.array(by_place[places]),
        pa.array(examined.batch.hospitals[group.rows[places]]),
        pa.array(group.surgeons[places].tolist(), type=pa.int64()),
        _repeated([soft.code[:80] for soft in found], lengths),
        _repeated([soft.column[:110] for soft in found], lengths),
        copy_escaped(pa.array([value for soft in found for value in soft.values], type=pa.string())),
        _repeated(reasons, lengths),
    ]


def _repeated(texts: Iterable[str], lengths: list[int]) -> pa.Array:
    escaped = copy_escaped(pa.array(list(texts), type=pa.string()))
    return escaped.take(pa.array(np.repeat(np.arange(len(lengths)), lengths)))
