"""Follow-up to day 30: whom to ask today, and what came of asking."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from registry.actions import case_reads, contacts
from registry.calendar import day_words, local_day
from registry.follow_up import Method, Outcome
from registry.intake.dates import day_in
from registry.selectors import cases, follow_ups
from registry.views import work_page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal
from sites.selectors import hospitals

COLUMNS = ["Due", "Case", "Operation", "Tried so far", "To do"]
ATTEMPT_COLUMNS = ["Day", "How", "Outcome", "Note", "Recorded by"]
METHODS = [("TELEPHONE", "Telephone"), ("CLINIC", "Clinic"), ("LETTER", "Letter or e-mail"), ("CHART", "Chart only")]
OUTCOMES = [("REACHED", "Reached"), ("NO_ANSWER", "No answer"), ("LOST", "Lost: given up"), ("REFUSED", "Refused")]


@requires(P.ENTER_CASES)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """List the follow-ups that are due, the longest due first; the list shown is on the trail."""
    reach = request.authority.hospitals(P.ENTER_CASES)
    own = hospitals.reached(hospital_ids=reach)
    today = local_day(request.now, zone=own[0].time_zone if own else "UTC")
    page = request.GET.get("page", "")
    found = follow_ups.listed(
        hospital_ids=reach, chosen=request.GET.get("show", ""), page=int(page) if page.isdecimal() and len(page) < 8 else 1, today=today
    )
    shown = [(case.hospital_id, case.code) for case in found.page.object_list]
    case_reads.listed(cases=shown, by=request.user, at=request.now, view=f"follow-up {found.chosen}")
    address = reverse("registry:follow-up")
    context = {
        "tabs": work_page.tabs(request, "registry:follow-up"),
        "found": found,
        "chips": [(label, f"{address}?show={name}", n, name == found.chosen) for name, label, n in found.filters],
        "columns": COLUMNS,
    }
    return render(request, "registry/follow_ups.html", context)


@requires(P.ENTER_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was tried for a case, and record the next attempt."""
    case = cases.one(code=code, scope=request.authority.scope())
    policy.require(request.authority, P.ENTER_CASES, hospital_id=case.hospital_id)
    problems: tuple[str, ...] = ()
    if request.method == "POST":
        try:
            made = _record(request, case)
        except Refusal as refusal:
            problems = refusal.reasons
        else:
            words = {"REACHED": "Its day-30 questions come next.", "NO_ANSWER": "It comes back on the day of the next try."}
            messages.success(request, f"Contact for case {case.key} is recorded. {words.get(made.outcome, '')}".strip())
            return redirect("registry:case", code=code) if made.outcome == "REACHED" else redirect("registry:follow-up")
    else:
        case_reads.opened(case=case, by=request.user, at=request.now, part="contacts")
    return render(request, "registry/contact.html", _context(request, case, problems), status=400 if problems else 200)


def _record(request: HttpRequest, case: Any) -> Any:
    sent = request.POST
    method, outcome = sent.get("method", ""), sent.get("outcome", "")
    on, again_on = day_in(sent.get("contact_on")), day_in(sent.get("again_on"))
    missing = []
    if method not in {one.value for one in Method}:
        missing.append("Choose how the patient was asked.")
    if outcome not in {one.value for one in Outcome}:
        missing.append("Choose what came of it.")
    if on is None:
        missing.append("Give the day of the attempt.")
    if missing:
        raise Refusal(*missing)
    return contacts.record(
        case_id=case.pk, method=Method(method), outcome=Outcome(outcome), contact_on=on, again_on=again_on, note=sent.get("note", ""),
        by=request.user, at=request.now,
    )  # fmt: skip


def _context(request: HttpRequest, case: Any, problems: tuple[str, ...]) -> dict[str, Any]:
    today = local_day(request.now, zone=case.hospital.time_zone)
    sent = request.POST
    return {
        "case": case,
        "tabs": work_page.tabs(request, "registry:follow-up"),
        "attempts": follow_ups.attempts(case),
        "attempt_columns": ATTEMPT_COLUMNS,
        "methods": METHODS,
        "outcomes": OUTCOMES,
        "method": sent.get("method", "TELEPHONE"),
        "outcome": sent.get("outcome", ""),
        "contact_on": sent.get("contact_on", today.isoformat()),
        "again_on": sent.get("again_on", ""),
        "note": sent.get("note", ""),
        "problems": [(words, "#field-method") for words in problems],
        "is_draft": case.status == "DRAFT",
        "credibility": [case.registry.title, case.hospital.name, f"operated on {day_words(case.occurred_on)}" if case.occurred_on else "",
                        f"day {case.registry.follow_up_days}: {day_words(case.follow_up_due_on)}" if case.follow_up_due_on else ""],
    }  # fmt: skip
