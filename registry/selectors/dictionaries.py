"""Published dictionary versions, and the dictionary each holds, read once per process; with the published rules added."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from django.db.models import Q, QuerySet

from registry.dictionary import governing, redcap
from registry.dictionary.elements import DataDictionary
from registry.dictionary.layout import Layout
from registry.dictionary.rules import CheckRule, rules_of
from registry.lifecycle import RuleState, VersionState
from registry.models import DictionaryVersion, EditRule, Registry

KEPT = 64
HEAVY = ("source", "companion")
_read: OrderedDict[str, DataDictionary] = OrderedDict()
_governed: OrderedDict[tuple[str, int], DataDictionary] = OrderedDict()
_lock = Lock()


def load(version: DictionaryVersion) -> DataDictionary:
    """Return the dictionary of a version; equal digests are read once, so a version may come with its files deferred."""
    with _lock:
        known = _read.get(version.digest)
        if known is not None:
            _read.move_to_end(version.digest)
            return known
    dictionary = redcap.read(bytes(version.source), companion=bytes(version.companion) or None)
    with _lock:
        _read[version.digest] = dictionary
        while len(_read) > KEPT:
            _read.popitem(last=False)
    return dictionary


def governed(version: DictionaryVersion, *, registry: Registry) -> DataDictionary:
    """Return the dictionary of a version with the registry's published rules among its checks, as all three doors ask it.

    ``rules_number`` names the set of published rules by its content, so that one row that every page reads anyway tells
    whether the rules are the ones this process knows.
    """
    if not registry.rules_number:
        return load(version)
    key = (version.digest, registry.rules_number)
    with _lock:
        known = _governed.get(key)
        if known is not None:
            _governed.move_to_end(key)
            return known
    rules = written(published_rules(registry))
    dictionary = governing.with_checks(load(version), rules)
    if governing.number_of(rules) != registry.rules_number:
        return dictionary
    with _lock:
        _governed[key] = dictionary
        while len(_governed) > KEPT:
            _governed.popitem(last=False)
    return dictionary


def governed_at(version: DictionaryVersion, *, registry: Registry, at: datetime | None) -> DataDictionary:
    """Return the dictionary with the rules that were published at a moment: a closed period keeps the rules it was closed under."""
    if at is None:
        return governed(version, registry=registry)
    rules = EditRule.objects.filter(registry=registry, published_at__lte=at).filter(Q(retired_at__isnull=True) | Q(retired_at__gt=at))
    return governing.with_checks(load(version), written(rules.order_by("code", "version")))


def compiled(version: DictionaryVersion, *, rule: EditRule) -> tuple[DataDictionary, CheckRule] | None:
    """Return one rule as a check of a version's dictionary, with that dictionary; None where the version lacks an element of it."""
    plain = load(version)
    dictionary = governing.with_checks(plain, written([rule]))
    if dictionary is plain:
        return None
    return dictionary, next(each for each in rules_of(dictionary) if isinstance(each, CheckRule) and each.code == rule.code)


def published_rules(registry: Registry) -> QuerySet[EditRule]:
    """Return the rules of a registry that are in force, by code."""
    return EditRule.objects.filter(registry=registry, status=RuleState.PUBLISHED.value).order_by("code")


def written(rules: Iterable[EditRule]) -> list[governing.Written]:
    """Hand rules to the dictionary's room."""
    return [
        governing.Written(
            code=rule.code,
            severity=rule.severity,
            expression=rule.expression,
            message=rule.message,
            remedy=rule.remedy,
            elements=tuple(rule.elements),
            starts_on=rule.starts_on,
            ends_before=rule.ends_before,
        )
        for rule in rules
    ]


def layout(version: DictionaryVersion) -> Layout:
    """Return where each column of a version stands in a case's answers."""
    return Layout(tuple(version.columns))


def newest(*, registry_ids: Iterable[int]) -> list[DictionaryVersion]:
    """Return the newest published version of each of these registries, without its files, in one statement."""
    published = DictionaryVersion.objects.filter(registry_id__in=list(registry_ids), status=VersionState.PUBLISHED.value)
    return list(published.order_by("registry_id", "-number").distinct("registry_id").defer(*HEAVY))


def latest(registry: Registry) -> DictionaryVersion | None:
    """Return the newest published version of a registry, without its files; None before the first."""
    published = DictionaryVersion.objects.filter(registry=registry, status=VersionState.PUBLISHED.value)
    return published.defer(*HEAVY).order_by("-number").first()
