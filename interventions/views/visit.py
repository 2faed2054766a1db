"""A visit of the centre: planned, held, reported, answered."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import desk as actions
from interventions.forms_desk import AnswerForm, ReportForm, VisitForm
from interventions.selectors import desk as selectors
from interventions.views import desk
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

STATES = ("PREPARED", "HELD", "REPORTED", "ANSWERED")
WORDS = ("Prepared", "Held", "Reported", "Answered")


@requires(P.CURATE)
@require_POST
def plan(request: HttpRequest, hospital: str) -> HttpResponse:
    """Plan a visit."""
    place = selectors.hospital(code=hospital, hospital_ids=request.authority.hospitals(P.CURATE))
    form = VisitForm(request.POST)
    if not form.is_valid():
        return desk.page(request, hospital, forms={"visit_form": form}, status=400)
    try:
        made = actions.prepare_visit(hospital_id=place.pk, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return desk.page(request, hospital, forms={"visit_form": form}, problems=refusal.reasons, status=400)
    return redirect("interventions:visit", code=made.code)


def _reach(request: HttpRequest) -> tuple[int, ...]:
    return tuple(sorted({h for one in desk.KEEPERS for h in request.authority.hospitals(one)}))


@requires(*desk.KEEPERS)
@require_safe
def visit(request: HttpRequest, code: str) -> HttpResponse:
    """Show a visit."""
    return _page(request, code)


def _page(
    request: HttpRequest, code: str, *, form: Any = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    row = selectors.visit(code=code, hospital_ids=_reach(request))
    is_centre = policy.can(request.authority, P.CURATE)
    at = STATES.index(row.state) if row.state in STATES else -1
    answers = row.state == "REPORTED" and policy.can(request.authority, P.ADOPT, hospital_id=row.hospital_id)
    shapes = ["done" if n <= at else "current" if n == at + 1 else "todo" for n in range(len(WORDS))]
    context = {
        "row": row, "steps": [(words, shape, "") for words, shape in zip(WORDS, shapes, strict=True)] if at >= 0 else [],
        "holds": is_centre and row.state == "PREPARED", "is_due": row.on_day <= request.now.date(), "promises": selectors.promises_of(row),
        "report_form": (form or ReportForm()) if is_centre and row.state == "HELD" else None,
        "answer_form": (form or AnswerForm()) if answers else None,
        "problems": [(words, "#content") for words in problems],
        "crumbs": [
            ("Site desk", reverse("interventions:desk")), (row.hospital.name, reverse("interventions:desk-hospital", args=[row.hospital.code])),
            ("Visit", ""),
        ],
    }  # fmt: skip
    return render(request, "interventions/visit.html", context, status=status)


@requires(P.CURATE)
@require_POST
def hold(request: HttpRequest, code: str) -> HttpResponse:
    """Say that a visit took place, or that it is cancelled."""
    reach = request.authority.hospitals(P.CURATE)
    row = selectors.visit(code=code, hospital_ids=reach)
    if request.POST.get("held") not in {"1", "0"}:
        return _page(request, code, problems=("Say whether it took place.",), status=400)
    try:
        actions.hold_visit(
            code=row.code, hospital_ids=reach, held=request.POST["held"] == "1", by=request.user, at=request.now
        )
    except Refusal as refusal:
        return _page(request, code, problems=refusal.reasons, status=400)
    return redirect("interventions:visit", code=code)


@requires(P.CURATE)
@require_POST
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Send the report."""
    reach = request.authority.hospitals(P.CURATE)
    row, form = selectors.visit(code=code, hospital_ids=reach), ReportForm(request.POST)
    if not form.is_valid():
        return _page(request, code, form=form, status=400)
    try:
        theirs = selectors.lead_of(hospital_id=row.hospital_id, on=request.now.date()) or request.user.pk
        actions.report_visit(
            code=row.code,
            hospital_ids=reach,
            their_owner_id=theirs,
            by=request.user,
            at=request.now,
            **form.cleaned_data,
        )
    except Refusal as refusal:
        return _page(request, code, form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Sent. The hospital reads it and answers.")
    return redirect("interventions:visit", code=code)


@requires(P.ADOPT)
@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Answer a report."""
    reach = request.authority.hospitals(P.ADOPT)
    row, form = selectors.visit(code=code, hospital_ids=reach), AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, code, form=form, status=400)
    try:
        actions.answer_visit(code=row.code, hospital_ids=reach, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _page(request, code, form=form, problems=refusal.reasons, status=400)
    return redirect("interventions:visit", code=code)
