"""Read the site desk: one hospital's people, data, audits, promises and visits in one place; all hospitals by what needs somebody."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from interventions.models import OnboardingTick, SiteContact, SitePromise, SiteVisit, Toolkit
from interventions.selectors import spread
from registry.models import Certification, Participation, QualityReport
from registry.selectors import audit_lists, certifications
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.roles import Role
from sites.models import Hospital, Membership
from sites.refusals import NotFound
from sites.selectors import people as people_selectors

# What joining takes, in order: code, words. Each is done when both sides say so.
STEPS = (
    ("agreement", "The data-use agreement is signed"),
    ("people", "Surgeon champion, site lead and abstractor are named"),
    ("accounts", "Everybody has signed in once"),
    ("training", "The abstractor has practised on invented cases"),
    ("list", "The operating list arrives as a file that passes"),
    ("cases", "The first ten cases were read together"),
    ("audit", "The audit was explained to surgeon and abstractor"),
    ("meeting", "The hospital was introduced at a meeting"),
)
SIDES = ("CENTRE", "HOSPITAL")
QUIET = timedelta(days=90)
LIGHTS = {
    "GREEN": ("done", "green"),
    "YELLOW": ("warning", "yellow"),
    "RED": ("error", "red"),
    "GREY": ("none", "too few"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One hospital of the centre's list, with what needs somebody."""

    hospital: Hospital
    n_steps: int
    light: tuple[str, str] | None
    n_open: int
    n_late: int
    contact_on: date | None
    visit_on: date | None
    is_quiet: bool


def hospital(*, code: str, hospital_ids: tuple[int, ...]) -> Hospital:
    """Return one hospital within reach by its code."""
    row = Hospital.objects.filter(code=code, pk__in=hospital_ids).first()
    if row is None:
        raise NotFound
    return row


def rows(*, hospital_ids: tuple[int, ...], today: date) -> list[Row]:
    """Return every hospital with people: late promises first, then those not spoken with for 90 days, then by name."""
    ticks, promises, late = _ticks(hospital_ids), defaultdict(int), defaultdict(int)
    for hospital_id, due_on in SitePromise.objects.filter(hospital_id__in=hospital_ids, state="OPEN").values_list(
        "hospital_id", "due_on"
    ):
        promises[hospital_id] += 1
        late[hospital_id] += due_on < today
    contacts = _newest(SiteContact.objects.filter(hospital_id__in=hospital_ids), "-on_day")
    visits = _newest(SiteVisit.objects.filter(hospital_id__in=hospital_ids, state="PREPARED"), "on_day")
    reports = QualityReport.objects.filter(hospital_id__in=hospital_ids, period__status="CLOSED").order_by(
        "hospital_id", "-period__ordinal"
    )
    lights = {row.hospital_id: row.light for row in reports.distinct("hospital_id").only("hospital_id", "light")}
    found = []
    peopled = set(Membership.objects.filter(hospital_id__in=hospital_ids).values_list("hospital_id", flat=True))
    for one in Hospital.objects.filter(pk__in=peopled, left_on__isnull=True).order_by("name"):
        spoken = contacts.get(one.pk)
        found.append(Row(
            hospital=one, n_steps=_done(ticks.get(one.pk, {})), light=LIGHTS.get(lights.get(one.pk, "")), n_open=promises[one.pk],
            n_late=late[one.pk], contact_on=spoken, visit_on=visits.get(one.pk), is_quiet=spoken is None or today - spoken > QUIET,
        ))  # fmt: skip
    return sorted(found, key=lambda row: (-row.n_late, not row.is_quiet, row.hospital.name))


def _newest(found: Any, order: str) -> dict[int, date]:
    return dict(found.order_by("hospital_id", order).distinct("hospital_id").values_list("hospital_id", "on_day"))


def _ticks(hospital_ids: tuple[int, ...]) -> dict[int, dict[tuple[str, str], OnboardingTick]]:
    rows_ = OnboardingTick.objects.filter(hospital_id__in=hospital_ids).select_related("by")
    found: dict[int, dict[tuple[str, str], OnboardingTick]] = {}
    for row in rows_.order_by("hospital_id", "step", "side", "-id").distinct("hospital_id", "step", "side"):
        found.setdefault(row.hospital_id, {})[row.step, row.side] = row
    return found


def _done(ticks: dict[tuple[str, str], OnboardingTick]) -> int:
    return sum(1 for code, _ in STEPS if all((code, side) in ticks and ticks[code, side].ticked for side in SIDES))


def onboarding(*, hospital_id: int) -> tuple[int, list[dict[str, Any]]]:
    """Return how many steps are done, and each step with the newest tick of either side."""
    ticks = _ticks((hospital_id,)).get(hospital_id, {})
    found = []
    for code, words in STEPS:
        sides = {side: ticks.get((code, side)) for side in SIDES}
        ticked = {side: bool(row and row.ticked) for side, row in sides.items()}
        found.append({"code": code, "words": words, "sides": sides, "ticked": ticked, "done": all(ticked.values())})
    return _done(ticks), found


def people(*, hospital_id: int, on: date) -> list[dict[str, Any]]:
    """Return who holds which role, with certification where the registry asks for one."""
    held = people_selectors.memberships(hospital_ids=(hospital_id,), with_centre=False, on=on)
    registries = list(Participation.objects.filter(hospital_id=hospital_id).values_list("registry_id", flat=True))
    newest: dict[int, Certification] = {}
    for registry_id in registries:
        for (_, person_id), row in certifications.newest(hospital_ids=(hospital_id,), registry_id=registry_id).items():
            newest[person_id] = row
    return [
        {
            "row": row, "role": Role(row.role).words,
            "standing": certifications.standing_of(newest[row.person_id], on) if row.person_id in newest else None,
        }
        for row in held
    ]  # fmt: skip


def missing_roles(found: list[dict[str, Any]]) -> list[str]:
    """Name the roles that every hospital needs and that nobody holds."""
    held = {one["row"].role for one in found}
    return [Role(role).words for role in ("SITE_LEAD", "SURGEON", "ABSTRACTOR") if role not in held]


def quality(*, hospital_id: int) -> list[QualityReport]:
    """Return the reports of the latest four closed periods, newest first."""
    rows_ = QualityReport.objects.filter(hospital_id=hospital_id, period__status="CLOSED").select_related(
        "period", "registry"
    )
    return list(rows_.order_by("registry__title", "-period__ordinal")[:4])


def audits(*, hospital_id: int) -> list[audit_lists.AuditLine]:
    """Return the newest audits."""
    return audit_lists.listed(hospital_ids=(hospital_id,))[:4]


def owners(*, hospital_id: int, side: str, on: date) -> list[tuple[int, str]]:
    """Return who may see to a task of one side: the people of the hospital, or those of the centre who keep its desk."""
    centre = side == "CENTRE"
    held = people_selectors.memberships(hospital_ids=() if centre else (hospital_id,), with_centre=centre, on=on)
    roles = {role.value for role in policy.roles_with(P.CURATE)} if centre else {"SITE_LEAD", "ABSTRACTOR", "SURGEON"}
    return list({row.person_id: row.person.name for row in held if row.role in roles and row.starts_on <= on}.items())


def lead_of(*, hospital_id: int, on: date) -> int | None:
    """Return the hospital's first site lead."""
    held = people_selectors.memberships(hospital_ids=(hospital_id,), with_centre=False, on=on)
    return next((row.person_id for row in held if row.role == "SITE_LEAD" and row.starts_on <= on), None)


def due(*, person_id: int, hospital_ids: tuple[int, ...], today: date) -> list[SitePromise]:
    """Return the open tasks of one person that are due, late, or reminded of by today."""
    rows_ = SitePromise.objects.filter(
        owner=person_id, hospital_id__in=hospital_ids, state="OPEN", remind_on__lte=today
    )
    return list(rows_.select_related("hospital").order_by("due_on", "pk"))


def adoptions(*, hospital_id: int, on: date) -> list[tuple[str, int, int, bool]]:
    """Return of each toolkit that the hospital has begun: title, components running, components begun, whether one stopped."""
    cells = [cell for cell in spread.cells() if cell.hospital_id == hospital_id]
    titles = dict(Toolkit.objects.filter(pk__in={cell.toolkit_id for cell in cells}).values_list("pk", "title"))
    found = []
    for pk, title in sorted(titles.items(), key=lambda pair: pair[1]):
        states = [cell.state(on) for cell in cells if cell.toolkit_id == pk]
        begun = sum(state in {"running", "stopped"} for state in states)
        if begun:
            found.append((title, states.count("running"), begun, "stopped" in states))
    return found


def contacts(*, hospital_id: int) -> list[SiteContact]:
    """Return the newest contacts."""
    return list(
        SiteContact.objects.filter(hospital_id=hospital_id).select_related("by").order_by("-on_day", "-pk")[:12]
    )


def promises(*, hospital_id: int) -> list[SitePromise]:
    """Return open promises by their day, then the newest that were closed."""
    rows_ = SitePromise.objects.filter(hospital_id=hospital_id).select_related("made_by", "closed_by", "owner", "visit")
    return [
        *rows_.filter(state="OPEN").order_by("due_on", "pk"),
        *rows_.exclude(state="OPEN").order_by("-closed_at")[:6],
    ]


def visits(*, hospital_id: int) -> list[SiteVisit]:
    """Return the visits, newest first."""
    return list(SiteVisit.objects.filter(hospital_id=hospital_id).order_by("-on_day", "-pk")[:12])


def visit(*, code: str, hospital_ids: tuple[int, ...]) -> SiteVisit:
    """Return one visit within reach."""
    rows_ = SiteVisit.objects.filter(code=code, hospital_id__in=hospital_ids)
    row = rows_.select_related("hospital", "made_by", "reported_by", "answered_by").first()
    if row is None:
        raise NotFound
    return row


def promises_of(visit: SiteVisit) -> list[SitePromise]:
    """Return what was promised at a visit."""
    return list(SitePromise.objects.filter(visit=visit).order_by("side", "due_on", "pk"))
