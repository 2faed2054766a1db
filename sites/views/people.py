"""The people of a hospital and their roles."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.access.roles import SENTENCES, Role
from sites.actions import memberships, passwords
from sites.forms import EndForm, GrantForm
from sites.refusals import Refusal
from sites.selectors import hospitals
from sites.selectors import people as people_selectors

COLUMNS = ["Person", "Role", "Held", "What you may do"]
GRANTABLE_BY_LEAD = [Role.ABSTRACTOR, Role.SURGEON, Role.SITE_LEAD]


def _grantable(request: HttpRequest) -> list[Role]:
    """Return the roles one may grant: who reads charts again is chosen by the centre, never by the hospital that is audited."""
    return [*GRANTABLE_BY_LEAD, *([Role.REABSTRACTOR] if policy.can(request.authority, P.ENROL_HOSPITALS) else [])]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A one-time link that is shown once."""

    name: str
    url: str


def _page(
    request: HttpRequest,
    form: GrantForm | None = None,
    *,
    offer: Offer | None = None,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    reach = request.authority.hospitals(P.MANAGE_PEOPLE)
    names = hospitals.names(hospital_ids=reach)
    rows = people_selectors.memberships(
        hospital_ids=reach, with_centre=request.authority.is_centre, on=request.now.date()
    )
    people_count = len({row.person_id for row in rows})
    context = {
        "groups": _groups(request, rows, reach=reach),
        "meanings": [
            (Role(role).words.capitalize(), SENTENCES[Role(role)]) for role in sorted({row.role for row in rows})
        ],
        "sentence": f"{people_count} people hold {len(rows)} roles; a role ends at once when you end it.",
        "columns": COLUMNS,
        "form": form or GrantForm(hospitals=names, roles=_grantable(request)),
        "today": request.now.date(),
        "offer": offer,
        "errors": errors,
    }
    return render(request, "sites/people.html", context, status=status)


def _groups(request: HttpRequest, rows: list[Any], *, reach: tuple[int, ...]) -> list[dict[str, Any]]:
    """Put the roles under their hospital, in the order of its name; the centre's own come under the centre."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row.hospital.name if row.hospital else "Coordinating centre", []).append(
            {
                "membership": row,
                "role": Role(row.role).words,
                "may_end": row.hospital_id in reach and row.ends_on is None,
                "may_link": row.hospital_id in reach and row.person_id != request.user.pk,
            }
        )
    return [{"title": title, "rows": found} for title, found in groups.items()]


def _offer(request: HttpRequest, membership: Any) -> Offer:
    link = passwords.offer(membership=membership, by=request.user, at=request.now)
    url = request.build_absolute_uri(reverse("sites:set-password", args=[link]))
    return Offer(name=membership.person.name, url=url)


@requires(P.MANAGE_PEOPLE)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List who holds which role."""
    return _page(request)


@requires(P.MANAGE_PEOPLE)
@require_POST
def grant(request: HttpRequest) -> HttpResponse:
    """Grant a role at one of my hospitals; somebody new gets a one-time link to set a password."""
    names = hospitals.names(hospital_ids=request.authority.hospitals(P.MANAGE_PEOPLE))
    form = GrantForm(request.POST, hospitals=names, roles=_grantable(request))
    if not form.is_valid():
        return _page(request, form, status=400)
    clean = form.cleaned_data
    policy.require(request.authority, P.MANAGE_PEOPLE, hospital_id=clean["hospital"])
    try:
        with transaction.atomic():
            welcomed = memberships.welcome(
                email=clean["email"],
                name=clean["name"],
                role=Role(clean["role"]),
                hospital=hospitals.one(hospital_id=clean["hospital"]),
                surgeon_code=clean["surgeon_code"],
                by=request.user,
                at=request.now,
            )
    except Refusal as refusal:
        form.add_error(None, " ".join(refusal.reasons))
        return _page(request, form, status=400)
    if welcomed.is_new:
        return _page(request, offer=_offer(request, welcomed.membership))
    messages.success(
        request, f"{welcomed.membership.person.name} is {Role(welcomed.membership.role).words} from now on."
    )
    return redirect("sites:people")


@requires(P.MANAGE_PEOPLE)
@require_POST
def link(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Show a new one-time link for somebody who is wholly of my hospitals."""
    membership = people_selectors.one(
        membership_id=membership_id, hospital_ids=request.authority.hospitals(P.MANAGE_PEOPLE)
    )
    try:
        return _page(request, offer=_offer(request, membership))
    except Refusal as refusal:
        return _page(request, errors=refusal.reasons, status=400)


@requires(P.MANAGE_PEOPLE)
@require_POST
def end(request: HttpRequest, membership_id: int) -> HttpResponse:
    """End a role at one of my hospitals."""
    membership = people_selectors.one(
        membership_id=membership_id, hospital_ids=request.authority.hospitals(P.MANAGE_PEOPLE)
    )
    form = EndForm(request.POST)
    if not form.is_valid():
        return _page(request, errors=("Say from which day the role no longer holds, and why.",), status=400)
    try:
        memberships.end(
            membership=membership,
            ends_on=form.cleaned_data["ends_on"],
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _page(request, errors=refusal.reasons, status=400)
    messages.success(request, f"The role of {membership.person.name} ends.")
    return redirect("sites:people")
