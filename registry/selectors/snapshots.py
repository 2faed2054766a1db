"""Read snapshots: their rows as one frame for a comparison, and what each hospital contributed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from django.conf import settings

from registry import frozen
from registry.intake import columns
from registry.models import Registry, Snapshot, SnapshotRevision, SnapshotSite
from sites.refusals import NotFound, Refusal

MOST_REVISED = 500
HEAD = ("hospital_id", "case_code", "case_key", "surgeon_id", "occurred_on", "period", "version_id")


def one(*, snapshot_id: int) -> Snapshot:
    """Return one snapshot with its period and registry."""
    snapshot = Snapshot.objects.filter(pk=snapshot_id).select_related("period", "registry").first()
    if snapshot is None:
        raise NotFound
    return snapshot


def newest(*, registry: Registry, n: int = 4) -> list[Snapshot]:
    """Return the newest snapshot of each of the latest n frozen periods, in order of time."""
    rows = Snapshot.objects.filter(registry=registry).select_related("period").order_by("-period__ordinal", "-number")
    by_period: dict[int, Snapshot] = {}
    for row in rows:
        by_period.setdefault(row.period_id, row)
    return list(by_period.values())[:n][::-1]


def revisions(*, snapshot_ids: Sequence[int]) -> list[SnapshotRevision]:
    """Return the cases that changed after the lock, as each snapshot keeps them, the newest snapshot first."""
    rows = SnapshotRevision.objects.filter(snapshot_id__in=snapshot_ids).select_related("snapshot", "hospital", "by", "second")
    return list(rows.order_by("-snapshot__number", "hospital__name", "at", "id")[:MOST_REVISED])


def contributions(*, snapshot_ids: Sequence[int]) -> list[SnapshotSite]:
    """Return what hospitals within reach contributed to these snapshots."""
    return list(
        SnapshotSite.objects.filter(snapshot_id__in=snapshot_ids)
        .select_related("hospital", "snapshot")
        .order_by("snapshot_id", "hospital_id")
    )


def frame(snapshot_ids: Sequence[int]) -> pd.DataFrame:
    """Return the cases of snapshots in the order given, within one by hospital code and case key.

    Columns: hospital_id, period (its ordinal) and version_id (int), case_code and case_key (text), surgeon_id (float, NaN where
    unknown), occurred_on (datetime64, NaT where unknown), then one categorical per answer column, blank = missing.
    Raises Refusal where a file is missing or does not hold what its hash says.
    """
    rows = Snapshot.objects.select_related("period").in_bulk(list(snapshot_ids))
    if len(rows) != len(set(snapshot_ids)):
        raise NotFound
    tables = []
    for snapshot_id in snapshot_ids:
        try:
            tables.append(frozen.read(folder=settings.SNAPSHOT_DIR, named=rows[snapshot_id].digest))
        except frozen.Unproved as error:
            raise Refusal(
                f"{error} Freeze {rows[snapshot_id].period.label} again, or restore the file from the backup."
            ) from error
    whole = pa.concat_tables([_encoded(table) for table in tables], promote_options="default")
    ordinals = np.repeat([rows[number].period.ordinal for number in snapshot_ids], [table.num_rows for table in tables])
    return _framed(whole.unify_dictionaries().combine_chunks(), ordinals)


def _encoded(table: pa.Table) -> pa.Table:
    arrays = [column if pa.types.is_dictionary(column.type) else column.dictionary_encode() for column in table.columns]
    return pa.table([array.cast(frozen.TEXT) for array in arrays], names=table.column_names)


def _framed(table: pa.Table, ordinals: np.ndarray) -> pd.DataFrame:
    n = table.num_rows
    arrays = {
        name: table.column(name).chunk(0) if table.column(name).num_chunks else columns.blank(n)
        for name in table.column_names
    }
    head = {
        "hospital_id": columns.texts(arrays["hospital_id"]).astype(np.int64),
        "case_code": columns.texts(arrays["case_code"]),
        "case_key": columns.texts(arrays["case_key"]),
        "surgeon_id": columns.texts(arrays["surgeon_id"]).astype(float),
        "occurred_on": pd.to_datetime(pd.Series(columns.texts(arrays["occurred_on"]), dtype=object)),
        "period": ordinals.astype(np.int64),
        "version_id": columns.texts(arrays["version_id"]).astype(np.int64),
    }
    answers = {name: array for name, array in arrays.items() if name not in frozen.KEYS}
    return pd.concat([pd.DataFrame(head), columns.to_frame(answers, n=n)], axis=1)
