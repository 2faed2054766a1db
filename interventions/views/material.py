"""Files of practices and toolkits: kept, downloaded as an attachment, taken back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import materials as actions
from interventions.forms_evidence import MaterialForm
from interventions.selectors import materials, toolkits
from interventions.selectors import practices as practice_selectors
from interventions.views import practice as practice_page
from interventions.views import toolkit_page
from registry.export import attachment
from sites import audit
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def download(request: HttpRequest, code: str) -> HttpResponse:
    """Hand out a file to be saved, where its practice's words or its toolkit may be read."""
    name, kind, content = materials.content(code=code, hospital_ids=practice_page.reach(request), on=request.now.date())
    audit.record(action="read material", at=request.now, by=request.user, kind="material", object_id=code)
    answer = attachment(content, name=name, kind=kind)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _given(form: MaterialForm) -> dict[str, Any]:
    sent = form.cleaned_data["file"]
    if sent.size > actions.MOST_BYTES:
        raise Refusal("The file is larger than 5 MB.")
    return {"title": form.cleaned_data["title"], "file_name": sent.name, "content": sent.read()}


@requires(P.ADOPT, P.CURATE)
@require_POST
def to_practice(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a file with a practice."""
    row = practice_selectors.one(code=code, hospital_ids=practice_page.reach(request))
    if row is None:
        raise NotFound
    own = policy.can(request.authority, P.ADOPT, hospital_id=row.hospital_id)
    form = MaterialForm(request.POST, request.FILES)
    if not form.is_valid():
        return practice_page.page(request, code, material_form=form, status=400)
    try:
        actions.add_to_practice(practice=row, by=request.user, at=request.now, centre=not own, **_given(form))
    except Refusal as refusal:
        return practice_page.page(request, code, material_form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Kept. It is read where the words of the practice are.")
    return redirect("interventions:practice", code=code)


@requires(P.CURATE)
@require_POST
def to_toolkit(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a file with a toolkit."""
    row = toolkits.one(code=code)
    form = MaterialForm(request.POST, request.FILES)
    if not form.is_valid():
        return toolkit_page.page(request, code, material_form=form, status=400)
    try:
        actions.add_to_toolkit(toolkit=row, by=request.user, at=request.now, **_given(form))
    except Refusal as refusal:
        return toolkit_page.page(request, code, material_form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Kept. Whoever reads the library can download it.")
    return redirect("interventions:toolkit", code=code)


@requires(P.ADOPT, P.CURATE)
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take a file back."""
    row = materials.one(code=code, hospital_ids=practice_page.reach(request), toolkits=policy.can(request.authority, P.CURATE))
    actions.withdraw(material=row, by=request.user, at=request.now)
    messages.success(request, "Taken back. Nobody reads it any more.")
    if row.toolkit is not None:
        return redirect("interventions:toolkit", code=row.toolkit.code)
    return redirect("interventions:practice", code=row.practice.code)
