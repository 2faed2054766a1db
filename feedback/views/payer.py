"""What the payer gets, for every member: what is about to leave, everything that ever left, and the word against it."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from feedback.actions import objections
from feedback.forms import ObjectionForm
from feedback.selectors import releases as selectors
from feedback.views.release import SHAPES, steps
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound

COLUMNS = ["What", "Period", "Released", "Checked by", "SHA-256"]
PREVIEW_COLUMNS = ["What", "Period", "Hospitals may object until", "State"]


@requires(P.READ_CATALOGUE)
@require_safe
def payer(request: HttpRequest) -> HttpResponse:
    """Show what is in preview and the ledger of everything the payer ever received."""
    received = selectors.ledger()
    delivered = sum(row.delivered_at is not None for row in received)
    context = {
        "previews": selectors.in_preview(),
        "preview_columns": PREVIEW_COLUMNS,
        "rows": received,
        "columns": COLUMNS,
        "sentence": f"The payer has received **{delivered}** {'artefact' if delivered == 1 else 'artefacts'}, and nothing else."
        if delivered
        else "The payer has received **nothing** so far.",
        "may_manage": policy.can(request.authority, P.PREPARE_RELEASES)
        or policy.can(request.authority, P.CHECK_RELEASES),
    }
    return render(request, "feedback/payer.html", context)


@requires(P.READ_CATALOGUE)
@require_safe
def release(request: HttpRequest, code: str) -> HttpResponse:
    """Show one release as the payer gets it, who let it pass, and whether one's hospital may object."""
    return _page(request, code)


def _page(request: HttpRequest, code: str, form: ObjectionForm | None = None, *, status: int = 200) -> HttpResponse:
    row = selectors.shown(code=code)
    reach, body = request.authority.hospitals(P.AGREE), bytes(row.artefact)
    may = selectors.may_object(release=row, hospital_ids=reach, today=request.now.date())
    context = {
        "release": row,
        "shape": SHAPES[row.status],
        "steps": steps(row),
        "content": json.loads(body),
        "body": body.decode(),
        "standing": selectors.standing(release=row, hospital_ids=request.authority.own_hospitals),
        "takes_back": reach,
        "form": form or (ObjectionForm(hospitals={pk: request.own_names[pk] for pk in may}) if may else None),
        "crumbs": [("What the payer gets", reverse("feedback:payer")), (row.title, "")],
    }
    return render(request, "feedback/payer_release.html", context, status=status)


@requires(P.AGREE)
@require_POST
def objection(request: HttpRequest, code: str) -> HttpResponse:
    """Object for one's hospital; nothing leaves while the objection stands."""
    row = selectors.shown(code=code)
    reach = request.authority.hospitals(P.AGREE)
    form = ObjectionForm(request.POST, hospitals={pk: request.own_names[pk] for pk in reach})
    if not form.is_valid():
        return _page(request, code, form, status=400)
    clean = form.cleaned_data
    if clean["hospital"] in reach and not selectors.takes_part(release=row, hospital_id=clean["hospital"]):
        raise NotFound
    objections.raise_against(
        release=row, hospital_id=clean["hospital"], reason=clean["reason"], by=request.user, at=request.now
    )
    return redirect("feedback:payer-release", code=code)


@requires(P.AGREE)
@require_POST
def take_back(request: HttpRequest, code: str) -> HttpResponse:
    """Take one's hospital's objection back."""
    row = selectors.shown(code=code)
    reach = request.authority.hospitals(P.AGREE)
    chosen = request.POST.get("hospital", str(reach[0]))
    if chosen not in {str(hospital_id) for hospital_id in reach}:
        raise NotFound
    objections.take_back(release=row, hospital_id=int(chosen), by=request.user, at=request.now)
    return redirect("feedback:payer-release", code=code)
