"""Releases to the payer, for the centre: prepare, check twice, release after the preview, withdraw."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from feedback import preview
from feedback.actions import participation
from feedback.actions import releases as actions
from feedback.forms import CheckForm, RecallForm
from feedback.selectors import releases as selectors
from sites.access import policy
from sites.access.gates import fresh, requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound

COLUMNS = ["Release", "Period", "State", "Prepared by", "Checked by", "Sent"]
SHAPES = {
    "DRAFT": "current", "SUBMITTED": "due", "CHECKED": "due", "PREVIEW": "current", "RELEASED": "done", "REJECTED": "none",
    "WITHDRAWN": "none",
}  # fmt: skip
UNDER_WAY = ("DRAFT", "SUBMITTED", "CHECKED", "PREVIEW")


@requires(P.PREPARE_RELEASES, P.CHECK_RELEASES)
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """List releases and what could be released."""
    may_prepare = policy.can(request.authority, P.PREPARE_RELEASES)
    periods = selectors.statement_periods() if may_prepare else []
    context = {
        "rows": [{"release": row, "shape": SHAPES[row.status]} for row in selectors.listed()],
        "columns": COLUMNS,
        "candidates": selectors.candidates() if may_prepare else [],
        "periods": periods,
        "hospitals": selectors.participants(registry_ids={row.registry_id for row in periods}),
    }
    return render(request, "feedback/releases.html", context)


@requires(P.PREPARE_RELEASES)
@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    """Prepare the aggregate of one published measure."""
    run = selectors.candidate(run_id=request.POST.get("run", ""))
    made = actions.prepare(run=run, by=request.user, at=request.now)
    return redirect("feedback:release", code=made.code)


@requires(P.PREPARE_RELEASES)
@require_POST
def prepare_participation(request: HttpRequest) -> HttpResponse:
    """Prepare the statement of one hospital's participation in one closed period."""
    chosen = [request.POST.get(name, "") for name in ("period", "hospital")]
    if not all(words.isdecimal() and len(words) < 10 for words in chosen):
        raise NotFound
    period, part = selectors.participation(period_id=int(chosen[0]), hospital_id=int(chosen[1]))
    made = participation.prepare(hospital=part.hospital, period=period, by=request.user, at=request.now)
    return redirect("feedback:release", code=made.code)


@requires(P.PREPARE_RELEASES, P.CHECK_RELEASES)
@require_safe
def release(request: HttpRequest, code: str) -> HttpResponse:
    """Show one release exactly as the payer would get it, and what can be done with it."""
    return _page(request, code)


def _page(
    request: HttpRequest,
    code: str,
    *,
    check: CheckForm | None = None,
    recall: RecallForm | None = None,
    status: int = 200,
) -> HttpResponse:
    row = selectors.one(code=code)
    body = bytes(row.artefact)
    checks, prepares = (policy.can(request.authority, p) for p in (P.CHECK_RELEASES, P.PREPARE_RELEASES))
    objections = selectors.standing(release=row)
    over = row.status == "PREVIEW" and preview.is_over(until=row.preview_until, today=request.now.date())
    context = {
        "release": row,
        "shape": SHAPES[row.status],
        "steps": steps(row),
        "content": json.loads(body) if body else None,
        "body": body.decode(),
        "reasons": row.reason.splitlines(),
        "objections": objections,
        "may_check": checks
        and row.status in {"SUBMITTED", "CHECKED"}
        and request.user.pk not in {row.prepared_by_id, row.checked_by_id},
        "waits": row.status == "PREVIEW" and not over,
        "may_finish": checks and over and not objections and row.prepared_by_id != request.user.pk,
        "may_withdraw": prepares and row.status in UNDER_WAY,
        "may_recall": checks and row.status == "RELEASED",
        "form": check or CheckForm(),
        "recall_form": recall or RecallForm(),
        "crumbs": [("Releases", reverse("feedback:releases")), (row.title, "")],
    }
    return render(request, "feedback/release.html", context, status=status)


def steps(row: Any) -> list[tuple[str, str, str]]:
    """Return the way of a release as steps with their state and who took each, when."""
    ended = row.status in {"REJECTED", "WITHDRAWN"}
    taken = (
        ("Prepared", row.prepared_by, row.prepared_at),
        ("Checked once", row.checked_by, row.checked_at),
        ("Checked by another", row.second_checked_by, row.second_checked_at),
        ("Released", row.released_by, row.released_at),
    )
    shown = [
        (words, "done" if at else "todo", f"{who.name}, {at:%-d %B %Y}" if at else "")
        for words, who, at in taken
        if at or not ended
    ]
    if row.preview_until:
        done = "current" if row.status == "PREVIEW" else "done"
        shown.insert(3, ("Preview by the hospitals", done, f"until {row.preview_until:%-d %B %Y}"))
    elif not ended and row.checkers == 2:
        shown.insert(3, ("Preview by the hospitals", "todo", f"{preview.WORKING_DAYS} working days"))
    if row.withdrawn_at:
        shown.append(("Withdrawn", "done", f"{row.withdrawn_by.name}, {row.withdrawn_at:%-d %B %Y}"))
    elif ended:
        shown.append((row.get_status_display().capitalize(), "done", ""))
    return shown


@requires(P.CHECK_RELEASES)
@fresh
@require_POST
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Approve or reject what somebody else prepared."""
    form = CheckForm(request.POST)
    if not form.is_valid():
        return _page(request, code, check=form, status=400)
    actions.check(
        release=selectors.one(code=code),
        approve=form.cleaned_data["decision"] == "release",
        reason=form.cleaned_data["reason"],
        by=request.user,
        at=request.now,
    )
    return redirect("feedback:release", code=code)


@requires(P.CHECK_RELEASES)
@fresh
@require_POST
def finish(request: HttpRequest, code: str) -> HttpResponse:
    """Send what two people checked and every hospital could look at."""
    actions.finish(release=selectors.one(code=code), by=request.user, at=request.now)
    return redirect("feedback:release", code=code)


@requires(P.PREPARE_RELEASES)
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take back what has not left."""
    actions.withdraw(release=selectors.one(code=code), by=request.user, at=request.now)
    return redirect("feedback:release", code=code)


@requires(P.CHECK_RELEASES)
@require_POST
def recall(request: HttpRequest, code: str) -> HttpResponse:
    """Withdraw what was released, with a reason for the payer and every member."""
    form = RecallForm(request.POST)
    if not form.is_valid():
        return _page(request, code, recall=form, status=400)
    return _recall(request, code, form.cleaned_data["reason"])


@fresh
def _recall(request: HttpRequest, code: str, reason: str) -> HttpResponse:
    actions.recall(release=selectors.one(code=code), reason=reason, by=request.user, at=request.now)
    return redirect("feedback:release", code=code)
