"""The frame around every page: rail, hospital, role, banners; put into each template's context once."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from sites.access import policy
from sites.access.permissions import Permission as P
from sites.selectors import hospitals


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of the rail."""

    label: str
    url: str
    icon: str
    current: bool
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Banner:
    """One sentence across the page, with its kind: info, caution or identified."""

    kind: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What ``base.html`` draws around the page."""

    items: tuple[Item, ...]
    hospital: str
    role: str
    person: str
    banners: tuple[Banner, ...]
    demo: bool
    signed_in: bool
    watermark: str = ""


# label, url name, icon, permissions of which one suffices, url prefix
RAIL = (
    ("Home", "home", "home", (), "/"),
    ("Cases", "registry:worklist", "cases", (P.ENTER_CASES, P.READ_CASES, P.READ_OWN_CASES), "/cases/"),
    ("Upload", "registry:uploads", "upload", (P.IMPORT_CASES, P.IMPORT_ACROSS), "/uploads/"),
    ("Standing", "feedback:standing", "standing", (P.READ_STANDING, P.READ_BLINDED), "/standing/"),
    ("My results", "feedback:surgeon", "surgeon", (P.READ_OWN_STANDING,), "/my-results/"),
    ("Periods", "registry:periods", "periods", (P.CLOSE_PERIODS,), "/periods/"),
    ("Comparisons", "feedback:comparisons", "comparisons", (P.RUN_COMPARISONS, P.PUBLISH_COMPARISONS, P.READ_BLINDED), "/comparisons/"),
    ("Releases", "feedback:releases", "releases", (P.PREPARE_RELEASES, P.CHECK_RELEASES), "/releases/"),
    ("Measures", "feedback:measures", "measures", (P.READ_CATALOGUE,), "/measures/"),
    ("Dictionary", "registry:dictionaries", "dictionary", (P.READ_CATALOGUE,), "/dictionaries/"),
    ("People", "sites:people", "people", (P.MANAGE_PEOPLE,), "/people/"),
    ("Trail", "sites:trail", "trail", (P.READ_TRAIL,), "/trail/"),
)


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Build the frame for this person and page."""
    held = getattr(request, "authority", policy.NOBODY)
    if not held.active:
        return {"frame": Frame(items=(), hospital="", role="", person="", banners=(), demo=settings.DEMO, signed_in=False)}
    items = tuple(
        Item(label=label, url=reverse(name), icon=icon, current=_current(request.path, prefix))
        for label, name, icon, needed, prefix in RAIL
        if not needed or any(policy.can(held, permission) for permission in needed)
    )
    names = hospitals.names(hospital_ids=held.own_hospitals)
    roles = sorted({role.words for role, _ in held.roles})
    banners = (
        (Banner(kind="identified", words="Identified mode: every case you open is logged and shown to its hospital."),)
        if held.identified
        else ()
    )
    return {
        "frame": Frame(
            items=items,
            hospital=", ".join(names.values()) if names else "Coordinating centre" if held.is_centre else "",
            role=", ".join(roles),
            person=request.user.name,
            banners=banners,
            demo=settings.DEMO,
            signed_in=True,
            watermark=f"{request.user.name}, {request.now:%-d %B %Y, %H:%M} UTC" if held.identified else "",
        )
    }


def _current(path: str, prefix: str) -> bool:
    return path == "/" if prefix == "/" else path.startswith(prefix)
