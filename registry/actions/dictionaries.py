"""Dictionary versions: draft from the two files, replaced while it is a draft, published once and for ever."""

from datetime import date, datetime

from registry.dictionary import adding, redcap
from registry.dictionary.elements import DataDictionary, Role
from registry.dictionary.faults import DictionaryFaults, Fault
from registry.lifecycle import VersionState
from registry.models import DictionaryVersion, Registry
from registry.selectors import dictionaries
from sites import audit
from sites.models import Person
from sites.refusals import Refusal

LARGEST = 16 * 1024 * 1024


def read(*, registry: Registry, source: bytes, companion: bytes) -> DataDictionary:
    """Read the two files for a registry. Raises DictionaryFaults with every fault at once."""
    if len(source) + len(companion) > LARGEST:
        raise Refusal(f"The two files together may have {LARGEST // (1024 * 1024)} MB.")
    dictionary = redcap.read(source, companion=companion or None)
    faults = _role_faults(registry, dictionary)
    if faults:
        raise DictionaryFaults(faults)
    return dictionary


def _role_faults(registry: Registry, dictionary: DataDictionary) -> list[Fault]:
    wanted = [
        (Role.OCCURRED_ON, registry.has_dates, "the day of the case"),
        (Role.SURGEON, registry.has_surgeons, "the surgeon"),
    ]
    return [
        Fault(
            None,
            "",
            role.value,
            f"No element holds {words}, but the registry needs it.",
            f'Write {role.value} = "…" under [roles] of checks.toml.',
        )
        for role, needed, words in wanted
        if needed and dictionary.role(role) is None
    ]


def draft(
    *, registry: Registry, source: bytes, companion: bytes, by: Person | None, at: datetime, actor: str = ""
) -> DictionaryVersion:
    """Keep the two files as the registry's draft version, in place of the draft there was. Raises DictionaryFaults."""
    dictionary = read(registry=registry, source=source, companion=companion)
    newest = (
        DictionaryVersion.objects.filter(registry=registry).order_by("-number").defer("source", "companion").first()
    )
    replaces = newest is not None and newest.status == VersionState.DRAFT.value
    number = 1 if newest is None else newest.number if replaces else newest.number + 1
    if replaces:
        newest.delete()
    version = DictionaryVersion.objects.create(
        registry=registry,
        number=number,
        source=source,
        companion=companion,
        digest=dictionary.digest,
        columns=list(dictionary.columns),
        created_at=at,
        created_by=by,
    )
    _record("draft dictionary", version, by=by or actor, at=at)
    return version


def draft_added(*, registry: Registry, name: str, label: str, until: date, by: Person, at: datetime) -> DictionaryVersion:
    """Draft the next version with one yes-or-no element more, asked until a day; a draft that waits is never overwritten."""
    if DictionaryVersion.objects.filter(registry=registry, status=VersionState.DRAFT.value).exists():
        raise Refusal("A draft of the dictionary waits. Publish it or throw it away first; then the element can be added.")
    newest = dictionaries.latest(registry)
    if newest is None:
        raise Refusal("This registry has no published dictionary to add an element to.")
    source = adding.with_element(dictionaries.load(newest), name=name, label=label, until=until)
    try:
        return draft(registry=registry, source=source, companion=bytes(newest.companion), by=by, at=at)
    except DictionaryFaults as faulty:
        raise Refusal(*(f"The element cannot be added: {fault.message}" for fault in faulty.faults)) from faulty


def publish(*, version: DictionaryVersion, by: Person | None, at: datetime, actor: str = "") -> DictionaryVersion:
    """Publish a draft: from now on new cases use it, and it never changes."""
    locked = (
        DictionaryVersion.objects.select_for_update(of=("self",))
        .defer("source", "companion")
        .filter(pk=version.pk)
        .first()
    )
    if locked is None or locked.status != VersionState.DRAFT.value:
        raise Refusal("This version is published already, or was replaced. Reload the page.")
    same = DictionaryVersion.objects.filter(
        registry_id=locked.registry_id, digest=locked.digest, status=VersionState.PUBLISHED.value
    ).first()
    if same is not None:
        raise Refusal(f"This is the same dictionary as version {same.number}, which is published.")
    locked.status, locked.published_at, locked.published_by = VersionState.PUBLISHED.value, at, by
    locked.save(update_fields=["status", "published_at", "published_by"])
    _record("publish dictionary", locked, by=by or actor, at=at)
    return locked


def discard(*, version: DictionaryVersion, by: Person, at: datetime) -> None:
    """Throw a draft away."""
    if version.status != VersionState.DRAFT.value:
        raise Refusal("A published version stays.")
    _record("discard dictionary", version, by=by, at=at)
    version.delete()


def _record(action: str, version: DictionaryVersion, *, by: Person | str, at: datetime) -> None:
    audit.record(
        action=action,
        at=at,
        by=by,
        kind="dictionary",
        object_id=f"{version.registry.code}/{version.number}",
        detail={"digest": version.digest, "columns": len(version.columns)},
    )
