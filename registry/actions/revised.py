"""Revised cases: what changed in a closed period between two snapshots, kept with the later one. Counts and reasons, no values."""

from registry.models import CaseRevision, Snapshot, SnapshotRevision
from registry.selectors import cases, dictionaries


def keep(*, snapshot: Snapshot, before: Snapshot) -> int:
    """Keep which cases were changed by a second person's leave since the snapshot before; return how many changes."""
    heavy = [f"case__version__{name}" for name in dictionaries.HEAVY]
    rows = CaseRevision.objects.filter(
        case__period_id=snapshot.period_id, second__isnull=False, at__gt=before.frozen_at, at__lte=snapshot.frozen_at
    )
    found = []
    for row in rows.select_related("case__version").defer(*heavy).order_by("at", "id"):
        dictionary = dictionaries.load(row.case.version)
        columns = sorted(row.changes)
        found.append(
            SnapshotRevision(
                snapshot=snapshot,
                hospital_id=row.hospital_id,
                case_code=row.case.code,
                revision=row.number,
                columns=columns,
                labels=[cases.label(dictionary, column) for column in columns],
                reason=row.reason,
                by_id=row.by_id,
                second_id=row.second_id,
                at=row.at,
            )
        )
    SnapshotRevision.objects.bulk_create(found)
    return len(found)
