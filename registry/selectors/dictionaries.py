"""Published dictionary versions, and the dictionary each holds, read once per process."""

from collections import OrderedDict
from threading import Lock

from registry.dictionary import redcap
from registry.dictionary.elements import DataDictionary
from registry.dictionary.layout import Layout
from registry.lifecycle import VersionState
from registry.models import DictionaryVersion, Registry

KEPT = 64
HEAVY = ("source", "companion")
_read: OrderedDict[str, DataDictionary] = OrderedDict()
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


def layout(version: DictionaryVersion) -> Layout:
    """Return where each column of a version stands in a case's answers."""
    return Layout(tuple(version.columns))


def latest(registry: Registry) -> DictionaryVersion | None:
    """Return the newest published version of a registry, without its files; None before the first."""
    published = DictionaryVersion.objects.filter(registry=registry, status=VersionState.PUBLISHED.value)
    return published.defer(*HEAVY).order_by("-number").first()
