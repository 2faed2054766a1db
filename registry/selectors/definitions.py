"""Read registries with their dictionary versions, and what publishing a draft would touch."""

from dataclasses import dataclass

from django.db import connection

from registry.dictionary.diff import DictionaryDiff, diff
from registry.lifecycle import VersionState
from registry.models import DictionaryVersion, Registry
from registry.selectors import dictionaries
from sites.refusals import NotFound


@dataclass(frozen=True, kw_only=True)
class Impact:
    """How many cases within reach hold a value that the draft cannot hold as it is."""

    column: str
    code: str | None
    n: int


def registries() -> list[Registry]:
    """Return every registry by title."""
    return list(Registry.objects.order_by("title"))


def registry(*, code: str) -> Registry:
    """Return one registry."""
    found = Registry.objects.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def versions(*, with_drafts: bool) -> dict[int, list[DictionaryVersion]]:
    """Return the versions of each registry by its id, the newest first; drafts only for who defines."""
    rows = (
        DictionaryVersion.objects.defer(*dictionaries.HEAVY)
        .select_related("published_by", "registry")
        .order_by("registry_id", "-number")
    )
    if not with_drafts:
        rows = rows.filter(status=VersionState.PUBLISHED.value)
    found: dict[int, list[DictionaryVersion]] = {}
    for row in rows:
        found.setdefault(row.registry_id, []).append(row)
    return found


def version(*, registry_code: str, number: int, with_drafts: bool) -> DictionaryVersion:
    """Return one version with its files; a draft only to who defines."""
    rows = DictionaryVersion.objects.filter(registry__code=registry_code, number=number).select_related(
        "registry", "published_by", "created_by"
    )
    if not with_drafts:
        rows = rows.filter(status=VersionState.PUBLISHED.value)
    found = rows.first()
    if found is None:
        raise NotFound
    return found


def version_by_id(*, version_id: int) -> DictionaryVersion:
    """Return one published version without its files."""
    rows = DictionaryVersion.objects.filter(pk=version_id, status=VersionState.PUBLISHED.value).select_related("registry")
    found = rows.defer(*dictionaries.HEAVY).first()
    if found is None:
        raise NotFound
    return found


def differences(draft: DictionaryVersion) -> tuple[DictionaryVersion, DictionaryDiff] | None:
    """Compare a version with the newest published one before it; None where there is none."""
    rows = DictionaryVersion.objects.filter(
        registry_id=draft.registry_id, status=VersionState.PUBLISHED.value, number__lt=draft.number
    )
    before = rows.order_by("-number").first()
    return None if before is None else (before, diff(dictionaries.load(before), dictionaries.load(draft)))


def impact(before: DictionaryVersion, found: DictionaryDiff) -> list[Impact]:
    """Count the stored values that a draft touches, in cases of the version before it; counts only, of hospitals within reach."""
    place = {column: number for number, column in enumerate(before.columns, start=1)}
    counted = []
    with connection.cursor() as cursor:
        for column, code in found.touched:
            if column not in place:
                continue
            cursor.execute("SELECT cairn_value_counts(%s, %s, %s)", [before.pk, place[column], code])
            counted.append(Impact(column=column, code=code, n=cursor.fetchone()[0]))
    return counted
