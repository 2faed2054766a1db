"""Freeze the cases of a period into an immutable file and the counts of who contributed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection

from registry import frozen
from registry.actions import revised
from registry.actions.completeness import Quality, quality_of
from registry.intake import columns
from registry.lifecycle import PeriodState
from registry.models import DictionaryVersion, ReportingPeriod, Snapshot, SnapshotSite
from registry.selectors import dictionaries, periods
from sites import audit
from sites.models import Person
from sites.refusals import Refusal

ROWS = """
SELECT h.code, c.hospital_id::text, c.code, c.key, c.surgeon_id::text, c.occurred_on::text, c.version_id::text, c.answers
FROM registry_case c JOIN sites_hospital h ON h.id = c.hospital_id
WHERE c.period_id = %s AND c.status = 'SUBMITTED' ORDER BY h.code COLLATE "C", c.key COLLATE "C"
"""


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """The cases of a period as a table of text columns, in canonical order, with their versions by id."""

    table: pa.Table
    versions: Mapping[int, DictionaryVersion]

    def __len__(self) -> int:
        return self.table.num_rows


def freeze(*, period: ReportingPeriod, by: Person | str, at: datetime) -> Snapshot:
    """Freeze a period that is shut or closed. Equal cases give the equal digest, and the same file."""
    if period.status == PeriodState.OPEN.value:
        raise Refusal(f"{period.label} is still open; its cases can change.")
    found = submitted(period)
    digest = frozen.digest(found.table)
    newest = Snapshot.objects.filter(period=period).order_by("-number").first()
    frozen.write(found.table, folder=settings.SNAPSHOT_DIR, named=digest)
    if newest is not None and newest.digest == digest:
        return newest
    contributed = periods.contributions(period)
    counted = [row for row in contributed if row.n_submitted or row.n_drafts or row.n_eligible]
    snapshot = Snapshot.objects.create(
        registry_id=period.registry_id,
        period=period,
        number=1 if newest is None else newest.number + 1,
        digest=digest,
        versions={str(version.number): version.digest for _, version in sorted(found.versions.items())},
        n_cases=len(found),
        n_drafts=sum(row.n_drafts for row in contributed),
        n_hospitals=len(set(found.table.column("hospital").to_pylist())),
        final_from=_final_from(period, found),
        frozen_at=at,
    )
    if newest is not None:
        revised.keep(snapshot=snapshot, before=newest)
    quality = _quality(period, found, today=at.date())
    SnapshotSite.objects.bulk_create(
        SnapshotSite(
            snapshot=snapshot,
            hospital_id=row.hospital_id,
            n_cases=row.n_submitted,
            n_drafts=row.n_drafts,
            n_eligible=row.n_eligible,
            n_followed=quality[row.hospital_id].n_followed if row.hospital_id in quality else None,
            n_follow_up_due=quality[row.hospital_id].n_due if row.hospital_id in quality else None,
            completeness=quality[row.hospital_id].completeness if row.hospital_id in quality else None,
        )
        for row in counted
    )
    audit.record(
        action="freeze snapshot",
        at=at,
        by=by,
        kind="snapshot",
        object_id=digest,
        detail={
            "period": period.label,
            "registry": period.registry.code,
            "number": snapshot.number,
            "n_cases": len(found),
        },
    )
    return snapshot


def refreeze_key(period: ReportingPeriod) -> str:
    """Name the job that freezes the next snapshot of a period; the same one is never queued twice."""
    n = Snapshot.objects.filter(period=period).count()
    return f"refreeze:{period.pk}:{n + 1}"


def submitted(period: ReportingPeriod) -> Frozen:
    """Read the submitted cases of a period as they stand now, in the order in which they are frozen."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [period.pk])
        rows = cursor.fetchall()
    heads = list(zip(*(row[:7] for row in rows), strict=True)) or [()] * 7
    version_ids = {int(text) for text in heads[6]}
    versions = DictionaryVersion.objects.defer(*dictionaries.HEAVY).in_bulk(sorted(version_ids))
    answers = _answers(rows, versions)
    arrays = {name: columns.encoded(list(texts)) for name, texts in zip(frozen.KEYS, heads, strict=True)} | answers
    return Frozen(table=pa.table(arrays), versions=versions)


def _answers(rows: list[tuple], versions: Mapping[int, DictionaryVersion]) -> dict[str, pa.DictionaryArray]:
    """Spread the answers over the columns of all versions that occur; blank where a version lacks the column."""
    names = sorted({name for version in versions.values() for name in version.columns})
    clash = set(names) & set(frozen.KEYS)
    if clash:
        raise Refusal(f"The dictionary uses a name that snapshots need for themselves: {', '.join(sorted(clash))}.")
    found = {name: np.full(len(rows), None, dtype=object) for name in names}
    ids = np.array([int(row[6]) for row in rows], dtype=np.int64)
    for number, version in versions.items():
        places = np.flatnonzero(ids == number)
        for name, texts in zip(version.columns, zip(*(rows[place][7] for place in places), strict=True), strict=True):
            found[name][places] = texts
    return {name: columns.encoded(texts.tolist()) for name, texts in found.items()}


def _final_from(period: ReportingPeriod, found: Frozen) -> date | None:
    """Say from which day the period's results are final: the day after its latest case's follow-up is due."""
    days = [text for text in found.table.column("occurred_on").unique().to_pylist() if text]
    if not days:
        return None
    return date.fromisoformat(max(days)) + timedelta(days=period.registry.follow_up_days + 1)


def _quality(period: ReportingPeriod, found: Frozen, *, today: date) -> dict[int, Quality]:
    """Work out follow-up and completeness by hospital id."""
    parts: dict[int, Quality] = {}
    ids = np.array([int(text) for text in found.table.column("version_id").to_pylist()], dtype=np.int64)
    for number, version in found.versions.items():
        part = found.table.filter(pa.array(ids == number))
        dictionary = dictionaries.load(version)
        for hospital_id, quality in quality_of(
            dictionary, part, follow_up_days=period.registry.follow_up_days, today=today
        ).items():
            parts[hospital_id] = parts[hospital_id].plus(quality) if hospital_id in parts else quality
    return parts
