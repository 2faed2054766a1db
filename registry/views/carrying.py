"""Carrying open drafts to the dictionary version in use; and the values that did not fit, beside their case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from registry.actions import carrying as actions
from registry.selectors import carried, cases, definitions
from registry.views.rule import job_progress
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P


@requires(P.DEFINE)
@require_POST
def carry(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Start carrying the open drafts to this version."""
    version = definitions.version(registry_code=code, number=number, with_drafts=True)
    actions.start(version=version, by=request.user, at=request.now)
    return redirect("registry:dictionary", code=code, number=number)


@requires(P.DEFINE)
@require_safe
def progress(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say how far the carrying is; the page asks again."""
    version = definitions.version(registry_code=code, number=number, with_drafts=True)
    said = job_progress(actions.carrying_job(version))
    response = render(request, "registry/upload_progress.html", {"progress": said, "url": request.path})
    if said["finished"] and request.htmx:
        response["HX-Refresh"] = "true"
    return response


@requires(P.ENTER_CASES)
@require_POST
def settle(request: HttpRequest, code: str, unfit_id: int) -> HttpResponse:
    """Note that a value that did not fit has been dealt with."""
    case = cases.one(code=code, scope=request.authority.scope())
    policy.require(request.authority, P.ENTER_CASES, hospital_id=case.hospital_id)
    row = carried.one_unfit(unfit_id=unfit_id, case=case)
    actions.settle(unfit_id=row.pk, by=request.user, at=request.now)
    return redirect("registry:case", code=code)
