"""Training: practice cases in the same form, their scores, who may submit what, and the cases that wait for a release."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registry.actions import certifications as certification_actions
from registry.actions import reviews as review_actions
from registry.actions import training as actions
from registry.actions.sheets import NotFinished
from registry.forms_audits import CertifyForm
from registry.selectors import audit_lists, cases, dictionaries, training
from registry.views import case_page, sheet_page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal
from sites.selectors import people as people_selectors

PRACTICE = ["Practice case", ("Attempts", "", "num"), ("Best", "", "num"), "Next"]
PEOPLE = ["Person", "Registry", "Stands at", "Since", "Until", "On what evidence"]
WAITING = ["Case", "Submitted by", "When", "Decision"]


@requires(P.TRAIN, P.MANAGE_PEOPLE, P.RUN_AUDITS)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show one's own training, and where one's people stand."""
    return _page(request)


def _page(request: HttpRequest, *, form: CertifyForm | None = None, status: int = 200) -> HttpResponse:
    held, today = request.authority, request.now.date()
    managed = {*held.hospitals(P.MANAGE_PEOPLE), *held.hospitals(P.RUN_AUDITS)}
    people = training.people(hospital_ids=tuple(managed), on=today)
    runs = policy.can(held, P.RUN_AUDITS)
    context = {
        "courses": training.courses(person_id=request.user.pk, hospital_ids=held.hospitals(P.TRAIN), on=today),
        "trains": policy.can(held, P.TRAIN),
        "people": people,
        "manages": bool(managed),
        "form": (form or CertifyForm(people=_choices(people))) if runs and people else None,
        "practice_columns": PRACTICE,
        "people_columns": PEOPLE,
    }
    return render(request, "registry/training.html", context, status=status)


def _choices(people: list[training.PersonLine]) -> list[tuple[str, str]]:
    return [
        (f"{line.registry_code}:{line.hospital_id}:{line.person_id}", f"{line.name}, {line.hospital}, {line.registry}")
        for line in people
    ]


@requires(P.RUN_AUDITS)
@require_POST
def certify(request: HttpRequest) -> HttpResponse:
    """Certify somebody by hand."""
    held = request.authority
    people = training.people(hospital_ids=held.hospitals(P.RUN_AUDITS), on=request.now.date())
    form = CertifyForm(request.POST, people=_choices(people))
    if not form.is_valid():
        return _page(request, form=form, status=400)
    code, hospital_id, person_id = form.cleaned_data["who"].split(":")
    part = audit_lists.place(registry_code=code, hospital_id=int(hospital_id))
    policy.require(held, P.RUN_AUDITS, hospital_id=part.hospital_id)
    person = people_selectors.by_id(person_id=int(person_id))
    certification_actions.certify(
        person=person, hospital=part.hospital, registry=part.registry, reason=form.cleaned_data["reason"], by=request.user, at=request.now
    )
    messages.success(request, f"{person.name} is certified for {part.registry.title}.")
    return redirect("registry:training")


@requires(P.TRAIN)
@require_POST
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a practice case, or go on with it."""
    gold, hospital = training.gold(code=code, hospital_ids=request.authority.hospitals(P.TRAIN))
    attempt = actions.start(gold=gold, hospital=hospital, person=request.user, at=request.now)
    return redirect("registry:attempt", code=attempt.code)


@requires(P.TRAIN)
@require_safe
def attempt(request: HttpRequest, code: str) -> HttpResponse:
    """Show an open attempt as the form, a finished one with its score."""
    found = training.own(code=code, person_id=request.user.pk)
    if found.status == "OPEN":
        return render(request, "registry/attempt.html", _context(request, found))
    if found.score is None:
        said = {"words": "Your answers are compared with the agreed reading", "finished": False}
        page = "registry/upload_progress.html" if request.htmx else "registry/attempt_waits.html"
        return render(request, page, {"attempt": found, "progress": said, "url": request.path})
    if request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "registry/attempt_score.html", {"attempt": found} | training.result(found))


def _context(request: HttpRequest, found: Any) -> dict[str, Any]:
    save_url = reverse("registry:save-attempt", args=[found.code])
    context = sheet_page.context(
        request, sheet=found, registry=found.registry, save_url=save_url, title=found.gold.title, dates="practice case, invented"
    )
    return context | {"attempt": found, "chart": found.gold.vignette.strip().split("\n\n")}


@requires(P.TRAIN)
@require_POST
def save(request: HttpRequest, code: str) -> HttpResponse:
    """Keep what changed."""
    found = training.own(code=code, person_id=request.user.pk)
    sent = case_page.message(request.body)
    row, saved = actions.save(attempt_id=found.pk, changes=sent.changes, reasons=sent.reasons, by=request.user, at=request.now)
    dictionary = dictionaries.governed(found.version, registry=found.registry)
    return JsonResponse(
        sheet_page.answer(saved, sheet=row, dictionary=dictionary, title=found.gold.title, dates="practice case, invented")
    )


@requires(P.TRAIN)
@require_POST
def finish(request: HttpRequest, code: str) -> HttpResponse:
    """Finish the attempt, or show what stands in the way."""
    found = training.own(code=code, person_id=request.user.pk)
    try:
        actions.finish(attempt_id=found.pk, by=request.user, at=request.now)
    except NotFinished as refusal:
        context = _context(request, found) | {"summary": sheet_page.summary(refusal.findings), "summary_title": refusal.reasons[0]}
        return render(request, "registry/attempt.html", context, status=400)
    return redirect("registry:attempt", code=code)


@requires(P.ENTER_CASES)
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """List the submitted cases that wait for a colleague's release."""
    return _waiting(request)


def _waiting(request: HttpRequest, *, errors: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    reach = request.authority.hospitals(P.ENTER_CASES)
    lines = training.reviews(hospital_ids=reach, person_id=request.user.pk, now=request.now)
    return render(request, "registry/reviews.html", {"lines": lines, "columns": WAITING, "errors": errors}, status=status)


@requires(P.ENTER_CASES)
@require_POST
def decide(request: HttpRequest, code: str) -> HttpResponse:
    """Release a case that waits, or send it back with a remark."""
    found = cases.one(code=code, scope=request.authority.scope())
    policy.require(request.authority, P.ENTER_CASES, hospital_id=found.hospital_id)
    given = {"case_id": found.pk, "by": request.user, "at": request.now}
    try:
        if request.POST.get("act") == "release":
            review_actions.release(**given)
            messages.success(request, f"Case {found.key} counts from now on.")
        else:
            review_actions.send_back(words=request.POST.get("words", "")[:1000], **given)
            messages.success(request, f"Case {found.key} is a draft again, with your remark.")
    except NotFound:
        raise
    except Refusal as refusal:
        return _waiting(request, errors=refusal.reasons, status=400)
    return redirect("registry:reviews")
