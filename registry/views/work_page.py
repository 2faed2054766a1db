"""What the pages around the worklist share: their tabs, and the registry and hospital they speak of."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from registry.selectors import frames
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.refusals import NotFound

TABS = (
    ("Worklist", "registry:worklist", (P.ENTER_CASES,)),
    ("Follow-up", "registry:follow-up", (P.ENTER_CASES,)),
    ("Sampling", "registry:sampling", (P.IMPORT_CASES,)),
    ("Locks", "registry:locks", (P.ENTER_CASES,)),
)


def tabs(request: HttpRequest, here: str) -> list[tuple[str, str, bool]]:
    """Return the tabs of the abstractor's day that this person may open; none for who enters nothing."""
    held = request.authority
    shown = [(words, name) for words, name, needed in TABS if any(policy.can(held, permission) for permission in needed)]
    return [(words, reverse(name), name == here) for words, name in shown] if len(shown) > 1 else []


def places(request: HttpRequest, permission: P) -> list[tuple[str, str, Any, Any]]:
    """Return the registries and hospitals this person works for: (value, words, registry, hospital)."""
    return frames.offers(hospital_ids=request.authority.hospitals(permission))


def place(request: HttpRequest, permission: P) -> tuple[str, str, Any, Any] | None:
    """Return the place that the address names, the first where it names none; None where there is none at all."""
    found = places(request, permission)
    wanted = request.POST.get("where") or request.GET.get("where")
    if not wanted:
        return found[0] if found else None
    chosen = next((one for one in found if one[0] == wanted), None)
    if chosen is None:
        raise NotFound
    return chosen


def chips(request: HttpRequest, permission: P, *, chosen: str) -> list[tuple[str, str, None, bool]]:
    """Offer the other places where there are several."""
    found = places(request, permission)
    return [(words, f"{request.path}?where={value}", None, value == chosen) for value, words, _, _ in found] if len(found) > 1 else []
