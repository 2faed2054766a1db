"""The frame around every page: rail, hospital, role, banners; put into each template's context once."""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from sites.access.permissions import Permission as P


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of the rail."""

    label: str
    url: str
    icon: str
    current: bool
    count: int = 0
    main: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Entries of the rail that belong together; ``heading`` is empty where a short rail needs none."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Banner:
    """One sentence across the page, with its kind: info, caution or identified."""

    kind: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What ``base.html`` draws around the page."""

    groups: tuple[Group, ...]
    hospital: str
    role: str
    person: str
    banners: tuple[Banner, ...]
    demo: bool
    signed_in: bool
    watermark: str = ""
    idle_seconds: int = int(settings.IDLE.total_seconds())


NOBODYS = Frame(groups=(), hospital="", role="", person="", banners=(), demo=settings.DEMO, signed_in=False)

# label, url name, icon, permissions of which one suffices, url prefix
RAIL = (
    ("Home", "home", "home", (), "/"),
    ("Cases", "registry:worklist", "cases", (P.ENTER_CASES, P.READ_CASES, P.READ_OWN_CASES), "/cases/"),
    ("Queries", "registry:data-queries", "queries", (P.ENTER_CASES, P.RAISE_QUERIES), "/queries/"),
    (
        "Audits",
        "registry:audits",
        "audits",
        (P.RUN_AUDITS, P.ENTER_CASES, P.REABSTRACT, P.READ_OWN_STANDING),
        "/audits/",
    ),
    ("Training", "registry:training", "training", (P.TRAIN, P.MANAGE_PEOPLE, P.RUN_AUDITS), "/training/"),
    ("Upload", "registry:uploads", "upload", (P.IMPORT_CASES, P.IMPORT_ACROSS), "/uploads/"),
    ("Data quality", "registry:quality", "quality", (P.READ_QUALITY,), "/quality/"),
    ("Standing", "feedback:standing", "standing", (P.READ_STANDING, P.READ_BLINDED), "/standing/"),
    ("Learn", "interventions:learn", "learn", (P.READ_STANDING, P.READ_BLINDED), "/learn/"),
    ("Meetings", "interventions:meetings", "meetings", (P.READ_STANDING, P.READ_BLINDED), "/meetings/"),
    ("Community", "interventions:community", "community", (P.READ_STANDING, P.READ_BLINDED), "/community/"),
    ("Scorecard", "interventions:scorecard", "scorecard", (P.READ_STANDING, P.CURATE, P.CHECK_RELEASES), "/scorecard/"),
    ("Site desk", "interventions:desk", "desk", (P.CURATE, P.ADOPT), "/desk/"),
    ("My results", "feedback:surgeon", "surgeon", (P.READ_OWN_STANDING,), "/my-results/"),
    ("Periods", "registry:periods", "periods", (P.CLOSE_PERIODS,), "/periods/"),
    (
        "Comparisons",
        "feedback:comparisons",
        "comparisons",
        (P.RUN_COMPARISONS, P.PUBLISH_COMPARISONS, P.READ_BLINDED),
        "/comparisons/",
    ),
    ("Releases", "feedback:releases", "releases", (P.PREPARE_RELEASES, P.CHECK_RELEASES), "/releases/"),
    ("Payer", "feedback:payer", "releases", (P.READ_CATALOGUE,), "/payer/"),
    ("Measures", "feedback:measures", "measures", (P.READ_CATALOGUE,), "/measures/"),
    ("Dictionary", "registry:dictionaries", "dictionary", (P.READ_CATALOGUE,), "/dictionaries/"),
    ("People", "sites:people", "people", (P.MANAGE_PEOPLE,), "/people/"),
    ("Agreements", "feedback:agreements", "agreements", (P.READ_AGREEMENTS,), "/agreements/"),
    ("Trail", "sites:trail", "trail", (P.READ_TRAIL,), "/trail/"),
)

GROUPS = {
    "": ("Home",),
    "Cases": ("Cases", "Queries", "Audits", "Training", "Upload", "Data quality"),
    "Results": ("My results", "Standing", "Learn", "Scorecard"),
    "Together": ("Meetings", "Community", "Site desk"),
    "Centre": ("Periods", "Comparisons", "Releases"),
    "Rules and records": ("Measures", "Dictionary", "People", "Agreements", "Payer", "Trail"),
}
# A telephone's bar holds the first three of these that somebody has, where they are, and a button for the rest.
MAIN = ("Home", "Cases", "My results", "Standing", "Learn", "Data quality", "Comparisons", "Audits")
N_MAIN, N_WITHOUT_HEADINGS = 3, 9


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Give every template the frame; before the middleware has run there is nobody to draw it for."""
    return {"frame": getattr(request, "frame", NOBODYS)}


def of(request: HttpRequest) -> Frame:
    """Build the frame for this person and page."""
    held = request.authority
    if not held.active:
        return NOBODYS
    names = request.own_names
    roles = sorted({role.words for role, _ in held.roles})
    banners = (
        (Banner(kind="identified", words="Identified mode: every case you open is logged and shown to its hospital."),)
        if held.identified
        else ()
    )
    return Frame(
        groups=_groups(request.path, held.permissions()),
        hospital=", ".join(names.values()) if names else "Coordinating centre" if held.is_centre else "",
        role=", ".join(roles),
        person=request.user.name,
        banners=banners,
        demo=settings.DEMO,
        signed_in=True,
        watermark=f"{request.user.name}, {request.now:%-d %B %Y, %H:%M} UTC" if held.identified else "",
    )


def _groups(path: str, permissions: frozenset[P]) -> tuple[Group, ...]:
    rail = {label: (url, icon, prefix) for label, url, icon, prefix in _rail(permissions)}
    main = [label for label in MAIN if label in rail][:N_MAIN]
    groups = []
    for heading, labels in GROUPS.items():
        items = tuple(
            Item(label=label, url=url, icon=icon, current=_current(path, prefix), main=label in main)
            for label in labels
            if label in rail
            for url, icon, prefix in [rail[label]]
        )
        if items:
            groups.append(Group(heading=heading if len(rail) > N_WITHOUT_HEADINGS else "", items=items))
    return tuple(groups)


@lru_cache(maxsize=64)
def _rail(permissions: frozenset[P]) -> tuple[tuple[str, str, str, str], ...]:
    """Return label, address, icon and prefix of each entry for somebody with these permissions."""
    return tuple(
        (label, reverse(name), icon, prefix)
        for label, name, icon, needed, prefix in RAIL
        if not needed or permissions.intersection(needed)
    )


def _current(path: str, prefix: str) -> bool:
    return path == "/" if prefix == "/" else path.startswith(prefix)
