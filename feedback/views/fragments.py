"""Rendered parts of pages that hang on immutable rows alone, kept in this process's memory: never shared, never on disk.

Row security is asked first, in every request, which standing the person has; only then its part is looked up here.
The key names the stored standing, so an own-hospital set can never get another set's part (rule B12).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

KEPT = 512
Part = TypeVar("Part")
_parts: OrderedDict[Hashable, object] = OrderedDict()
_lock = Lock()


def kept(key: Hashable, *, make: Callable[[], Part]) -> Part:
    """Return the part of this key, made once; the ones not asked for longest are forgotten."""
    with _lock:
        if key in _parts:
            _parts.move_to_end(key)
            return _parts[key]
    part = make()
    with _lock:
        _parts[key] = part
        while len(_parts) > KEPT:
            _parts.popitem(last=False)
    return part


def forget() -> None:
    """Forget every part."""
    with _lock:
        _parts.clear()
