"""Audits: the list, the notice, one audit's page with what the centre and the hospital do there, and the final report."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.actions import audit_answers, audits
from registry.forms_audits import NoticeForm
from registry.selectors import audit_lists, audit_report, readings
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal

READERS = (P.RUN_AUDITS, P.ENTER_CASES, P.READ_STANDING, P.REABSTRACT)
COLUMNS = ["Hospital", "Operations", "Where it stands", ("Cases", "", "num"), ("Agreement", "", "num"), "Report"]
CHARTS = ["Chart", "Operation", "Hospital", "Where it stands"]


@requires(*READERS)
@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """List the audits one may see; a reviewer's own charts come first."""
    held = request.authority
    running = {*held.hospitals(P.RUN_AUDITS), *held.hospitals(P.ENTER_CASES)}
    final = set(held.hospitals(P.READ_STANDING)) - running
    lines = audit_lists.listed(hospital_ids=tuple(running)) + audit_lists.listed(hospital_ids=tuple(final), only_final=True)
    context = {
        "lines": lines,
        "charts": readings.assigned(person_id=request.user.pk) if policy.can(held, P.REABSTRACT) else [],
        "is_reviewer": policy.can(held, P.REABSTRACT),
        "may_run": policy.can(held, P.RUN_AUDITS),
        "reads_audits": bool(running or final),
        "columns": COLUMNS,
        "chart_columns": CHARTS,
    }
    return render(request, "registry/audits.html", context)


@requires(P.RUN_AUDITS)
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest) -> HttpResponse:
    """Give a hospital notice of an audit."""
    people = audit_lists.reviewers(on=request.now.date())
    offered = [(key, words) for key, (words, _) in people.items()]
    form = NoticeForm(request.POST or None, places=audit_lists.places(), reviewers=offered)
    if request.method == "POST" and form.is_valid():
        try:
            made = _give_notice(request, form, people)
            messages.success(request, "Notice is given. The hospital sees it at once.")
            return redirect("registry:audit", code=made.code)
        except Refusal as refusal:
            for words in refusal.reasons:
                form.add_error(None, words)
    return render(request, "registry/audit_notice.html", {"form": form, "people": offered}, status=400 if form.is_bound else 200)


def _give_notice(request: HttpRequest, form: NoticeForm, people: dict[int, Any]) -> Any:
    clean = form.cleaned_data
    code, _, hospital_id = clean["where"].partition(":")
    part = audit_lists.place(registry_code=code, hospital_id=int(hospital_id))
    policy.require(request.authority, P.RUN_AUDITS, hospital_id=part.hospital_id)
    usual = tuple(name for name, _, is_usual in audit_lists.event_sections(part.registry) if is_usual)
    return audits.notice(
        registry=part.registry,
        hospital=part.hospital,
        window=(clean["starts_on"], clean["ends_before"]),
        plan=form.plan(event_sections=usual),
        seed=secrets.randbelow(2**31),
        reviewers=[people[key][1] for key in form.reviewer_ids()],
        notice_days=clean["notice_days"],
        by=request.user,
        at=request.now,
    )


@requires(P.RUN_AUDITS, P.ENTER_CASES)
@require_safe
def audit(request: HttpRequest, code: str) -> HttpResponse:
    """Show one audit: where it stands, what one does now, what was read differently."""
    return _page(request, _found(request, code))


def _found(request: HttpRequest, code: str) -> Any:
    held = request.authority
    reach = {*held.hospitals(P.RUN_AUDITS), *held.hospitals(P.ENTER_CASES)}
    return audit_lists.one(code=code, hospital_ids=tuple(reach))


def _page(request: HttpRequest, found: Any, *, errors: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    held = request.authority
    runs = policy.can(held, P.RUN_AUDITS, hospital_id=found.hospital_id)
    enters = policy.can(held, P.ENTER_CASES, hospital_id=found.hospital_id)
    shape, words = audit_lists.STATES[found.status]
    lines = audit_lists.disagreements(found)
    context = {
        "audit": found,
        "title": f"Audit of {found.hospital.name}" if runs else "Audit of your cases",
        "window": audit_lists.window_words(found),
        "steps": audit_lists.steps(found),
        "shape": shape,
        "words": words,
        "runs": runs,
        "enters": enters,
        "may_send": policy.can(held, P.AMEND_CASES, hospital_id=found.hospital_id),
        "progress": audit_lists.progress(found) if runs else [],
        "sample": audit_lists.sampled(found) if enters else [],
        "lines": lines,
        "n_open": sum(not line.response for line in lines),
        "n_rulings": sum(line.needs_ruling for line in lines),
        "is_failed": found.job is not None and found.job.status == "FAILED",
        "is_working": found.job is not None and found.job.status in ("QUEUED", "RUNNING"),
        "errors": errors,
    }
    return render(request, "registry/audit.html", context, status=status)


@requires(P.RUN_AUDITS)
@require_POST
def centre(request: HttpRequest, code: str) -> HttpResponse:
    """Do what the centre does: draw, call off, go on after the window, settle, write the report."""
    found = audit_lists.one(code=code, hospital_ids=request.authority.hospitals(P.RUN_AUDITS))
    given = {"audit_id": found.pk, "by": request.user, "at": request.now}
    acts = {
        "draw": lambda: audits.start_draw(**given),
        "call-off": lambda: audits.call_off(reason=request.POST.get("reason", ""), **given),
        "close-window": lambda: audit_answers.close_window(**given),
        "rule": lambda: _rule(request, found),
        "settled": lambda: audit_answers.finish_rulings(**given),
        "report": lambda: audits.start_report(**given),
    }
    return _done(request, found, acts)


def _rule(request: HttpRequest, found: Any) -> None:
    audit_answers.rule(
        disagreement_id=audit_lists.in_audit(disagreement_id=_number(request), audit=found),
        ruling=request.POST.get("ruling", ""),
        value=request.POST.get("value", "")[:2000],
        words=request.POST.get("words", "")[:1000],
        by=request.user,
        at=request.now,
    )


@requires(P.ENTER_CASES)
@require_POST
def hospital(request: HttpRequest, code: str) -> HttpResponse:
    """Do what the hospital does: answer each disagreement, send the response, put its cases right."""
    found = audit_lists.one(code=code, hospital_ids=request.authority.hospitals(P.ENTER_CASES))
    given = {"by": request.user, "at": request.now}
    act = request.POST.get("act", "")
    if act == "send":
        policy.require(request.authority, P.AMEND_CASES, hospital_id=found.hospital_id)
    acts = {
        "respond": lambda: audit_answers.respond(
            disagreement_id=audit_lists.in_audit(disagreement_id=_number(request), audit=found),
            response=request.POST.get("response", ""),
            words=request.POST.get("words", "")[:1000],
            **given,
        ),
        "accept-rest": lambda: audit_answers.accept_rest(audit_id=found.pk, **given),
        "send": lambda: audit_answers.send_response(audit_id=found.pk, **given),
        "correct": lambda: audit_answers.correct(
            disagreement_id=audit_lists.in_audit(disagreement_id=_number(request), audit=found), **given
        ),
    }
    return _done(request, found, acts)


def _number(request: HttpRequest) -> int:
    text = request.POST.get("disagreement", "")
    return int(text) if text.isdecimal() and len(text) < 18 else 0


def _done(request: HttpRequest, found: Any, acts: dict[str, Any]) -> HttpResponse:
    act = request.POST.get("act", "")
    try:
        if act not in acts:
            raise Refusal("Say what is to be done.")
        acts[act]()
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, _found(request, found.code), errors=refusal.reasons, status=400)
    target = redirect("registry:audit", code=found.code)
    number = _number(request)
    if number:
        target["Location"] += f"#disagreement-{number}"
    return target


@requires(P.RUN_AUDITS, P.READ_STANDING)
@require_safe
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Show the final report, made for paper too."""
    held = request.authority
    reach = {*held.hospitals(P.RUN_AUDITS), *held.hospitals(P.READ_STANDING)}
    found = audit_lists.report(code=code, hospital_ids=tuple(reach))
    return render(request, "registry/audit_report.html", audit_report.page(found))
