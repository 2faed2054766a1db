"""The people of a hospital and their roles."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.access.roles import SENTENCES, Role
from sites.actions import memberships
from sites.forms import EndForm, GrantForm
from sites.selectors import hospitals
from sites.selectors import people as people_selectors

GRANTABLE_BY_LEAD = [Role.ABSTRACTOR, Role.SURGEON, Role.SITE_LEAD]


def _page(request: HttpRequest, form: GrantForm | None = None, *, status: int = 200) -> HttpResponse:
    reach = request.authority.hospitals(P.MANAGE_PEOPLE)
    names = hospitals.names(hospital_ids=reach)
    rows = people_selectors.memberships(
        hospital_ids=reach, with_centre=request.authority.is_centre, on=request.now.date()
    )
    people_count = len({row.person_id for row in rows})
    context = {
        "rows": [
            {
                "membership": row,
                "role": Role(row.role).words,
                "sentence": SENTENCES[Role(row.role)],
                "may_end": row.hospital_id in reach and row.ends_on is None,
            }
            for row in rows
        ],
        "sentence": f"{people_count} people hold {len(rows)} roles; a role ends at once when you end it.",
        "columns": ["Person", "Role", "Where", "From", "Until", ""],
        "form": form or GrantForm(hospitals=names, roles=GRANTABLE_BY_LEAD),
    }
    return render(request, "sites/people.html", context, status=status)


@requires(P.MANAGE_PEOPLE)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List who holds which role."""
    return _page(request)


@requires(P.MANAGE_PEOPLE)
@require_POST
def grant(request: HttpRequest) -> HttpResponse:
    """Grant a role at one of my hospitals, adding the person if they are new."""
    names = hospitals.names(hospital_ids=request.authority.hospitals(P.MANAGE_PEOPLE))
    form = GrantForm(request.POST, hospitals=names, roles=GRANTABLE_BY_LEAD)
    if not form.is_valid():
        return _page(request, form, status=400)
    clean = form.cleaned_data
    policy.require(request.authority, P.MANAGE_PEOPLE, hospital_id=clean["hospital"])
    memberships.welcome(
        email=clean["email"],
        name=clean["name"],
        role=Role(clean["role"]),
        hospital=hospitals.one(hospital_id=clean["hospital"]),
        surgeon_code=clean["surgeon_code"],
        by=request.user,
        at=request.now,
    )
    return redirect("sites:people")


@requires(P.MANAGE_PEOPLE)
@require_POST
def end(request: HttpRequest, membership_id: int) -> HttpResponse:
    """End a role at one of my hospitals."""
    membership = people_selectors.one(
        membership_id=membership_id, hospital_ids=request.authority.hospitals(P.MANAGE_PEOPLE)
    )
    form = EndForm(request.POST)
    if not form.is_valid():
        return _page(request, status=400)
    memberships.end(
        membership=membership,
        ends_on=form.cleaned_data["ends_on"],
        reason=form.cleaned_data["reason"],
        by=request.user,
        at=request.now,
    )
    return redirect("sites:people")
