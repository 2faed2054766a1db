"""Releases to the payer: prepare, check by a second person, follow."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from feedback.actions import releases as actions
from feedback.forms import CheckForm
from feedback.selectors import releases as selectors
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P

COLUMNS = ["Release", "Period", "State", "Prepared by", "Checked by", "Delivered"]
SHAPES = {"DRAFT": "current", "SUBMITTED": "due", "RELEASED": "done", "REJECTED": "none", "WITHDRAWN": "none"}


@requires(P.PREPARE_RELEASES, P.CHECK_RELEASES)
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """List releases and what could be released."""
    may_prepare = policy.can(request.authority, P.PREPARE_RELEASES)
    context = {
        "rows": [{"release": row, "shape": SHAPES[row.status]} for row in selectors.listed()],
        "columns": COLUMNS,
        "candidates": selectors.candidates() if may_prepare else [],
    }
    return render(request, "feedback/releases.html", context)


@requires(P.PREPARE_RELEASES)
@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    """Prepare the aggregate of one published measure."""
    run = selectors.candidate(run_id=request.POST.get("run", ""))
    made = actions.prepare(run=run, by=request.user, at=request.now)
    return redirect("feedback:release", code=made.code)


@requires(P.PREPARE_RELEASES, P.CHECK_RELEASES)
@require_safe
def release(request: HttpRequest, code: str) -> HttpResponse:
    """Show one release exactly as the payer would get it, and what can be done with it."""
    return _page(request, code, CheckForm())


def _page(request: HttpRequest, code: str, form: CheckForm, *, status: int = 200) -> HttpResponse:
    row = selectors.one(code=code)
    body = bytes(row.artefact)
    waits = row.status == "SUBMITTED"
    context = {
        "release": row,
        "shape": SHAPES[row.status],
        "content": json.loads(body) if body else None,
        "body": body.decode(),
        "reasons": row.reason.splitlines(),
        "may_check": waits
        and row.prepared_by_id != request.user.pk
        and policy.can(request.authority, P.CHECK_RELEASES),
        "may_withdraw": row.status in {"DRAFT", "SUBMITTED"} and policy.can(request.authority, P.PREPARE_RELEASES),
        "form": form,
        "crumbs": [("Releases", reverse("feedback:releases")), (row.title, "")],
    }
    return render(request, "feedback/release.html", context, status=status)


@requires(P.CHECK_RELEASES)
@require_POST
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Release or reject what somebody else prepared."""
    form = CheckForm(request.POST)
    if not form.is_valid():
        return _page(request, code, form, status=400)
    actions.check(
        release=selectors.one(code=code),
        approve=form.cleaned_data["decision"] == "release",
        reason=form.cleaned_data["reason"],
        by=request.user,
        at=request.now,
    )
    return redirect("feedback:release", code=code)


@requires(P.PREPARE_RELEASES)
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take back what nobody has checked yet."""
    actions.withdraw(release=selectors.one(code=code), by=request.user, at=request.now)
    return redirect("feedback:release", code=code)
