"""Read what did not fit when drafts were carried, and how many drafts of earlier versions there are."""

from django.db import connection

from registry.models import Case, DictionaryVersion, Registry, UnfitValue
from sites.refusals import NotFound


def unfit(*, case: Case) -> list[UnfitValue]:
    """Return the values of a case that did not fit and that nobody has dealt with, in the order they were found."""
    return list(UnfitValue.objects.filter(case=case, settled_at__isnull=True).order_by("id"))


def one_unfit(*, unfit_id: int, case: Case) -> UnfitValue:
    """Return one value of a case that did not fit."""
    row = UnfitValue.objects.filter(pk=unfit_id, case=case).first()
    if row is None:
        raise NotFound
    return row


def drafts_by_version(registry: Registry) -> dict[int, int]:
    """Count the drafts of a registry by version id; counts only, for the centre."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version_id, n FROM cairn_draft_counts(%s)", [registry.pk])
        return dict(cursor.fetchall())


def unfit_counts(version: DictionaryVersion) -> list[tuple[str, str, int, int]]:
    """Count what did not fit a version: (column, hospital, values, of them nobody has dealt with yet); for the centre."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT col, hospital, n, n_open FROM cairn_unfit_counts(%s, %s::smallint)", [version.registry_id, version.number]
        )
        return cursor.fetchall()
