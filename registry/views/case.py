"""A case: open one, enter it, read it, submit it, put it right, see what it held before."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.actions import case_minutes, case_reads
from registry.actions import cases as case_actions
from registry.actions.cases import AlreadyOpen, NotReady
from registry.forms import NewCaseForm, ReasonForm, read_rows
from registry.selectors import cases, dictionaries, worklists
from registry.selectors.first_answers import first_answers
from registry.views import case_page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

# The line of keys below the form; the dialog behind "?" has them all.
KEYS = (
    ("Enter", "next"), ("1–9", "choose"), ("u", "unknown"), ("n", "not done"), ("Alt ↓", "next finding"), ("h", "history"), ("?", "all keys"),
)  # fmt: skip
READERS = (P.ENTER_CASES, P.READ_CASES, P.READ_OWN_CASES, P.IDENTIFY)


@requires(P.ENTER_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for registry and number; open a draft at once."""
    places = worklists.registries(hospital_ids=request.authority.hospitals(P.ENTER_CASES))
    several = len({hospital.pk for _, hospital in places}) > 1
    named = {
        f"{registry.code}:{hospital.pk}": (registry, hospital, f"{registry.title}, {hospital.name}" if several else registry.title)
        for registry, hospital in places
    }
    offered = [(value, words) for value, (_, _, words) in named.items()]
    form = NewCaseForm(request.POST or None, places=offered, initial={"key": request.GET.get("key", "")[:64]})
    there = ""
    if request.method == "POST" and form.is_valid():
        registry, hospital, _ = named[form.cleaned_data["where"]]
        try:
            case = case_actions.open(
                registry=registry,
                hospital=hospital,
                key=form.cleaned_data["key"],
                answers=first_answers(registry=registry),
                by=request.user,
                at=request.now,
            )
            return redirect("registry:case", code=case.code)
        except Refusal as refusal:
            form.add_error("key", " ".join(refusal.reasons))
            there = refusal.code if isinstance(refusal, AlreadyOpen) else ""
    status = 400 if form.is_bound else 200
    return render(request, "registry/new_case.html", {"form": form, "there": there, "places": places}, status=status)


@requires(*READERS)
@require_safe
def case(request: HttpRequest, code: str) -> HttpResponse:
    """Show a case: as a form to whoever enters it, as a text to everybody else. The read is on the trail."""
    page = case_page.read(request, code)
    case_reads.opened(case=page.case, by=request.user, at=request.now)
    if not page.is_editable:
        return render(request, "registry/case_read.html", _reading(request, page))
    return render(request, "registry/case.html", _entering(request, page))


def _entering(request: HttpRequest, page: case_page.CasePage) -> dict:
    form = case_page.form_of(page)
    entry = case_page.entry(page, form, person=request.user.email)
    return case_page.head(page, now=request.now) | {"form": form, "entry": entry, "keys_line": KEYS}


def _reading(request: HttpRequest, page: case_page.CasePage) -> dict:
    own = policy.can(request.authority, P.ENTER_CASES, hospital_id=page.case.hospital_id)
    return case_page.head(page, now=request.now) | {
        "sections": case_page.with_questions(
            read_rows(dictionary=page.dictionary, answers=page.answers, today=page.today), case=page.case, held=request.authority
        ),
        "form": ReasonForm(),
        "findings": page.waiting,
        "amendments": cases.amendments(
            hospital_ids=(page.case.hospital_id,), person_id=request.user.pk, case=page.case, waiting=False
        )
        if own
        else [],
    }


@requires(P.ENTER_CASES)
@require_POST
def save(request: HttpRequest, code: str) -> HttpResponse:
    """Take what changed in the form; answer with what is kept, what others changed, and what the checks say."""
    found = cases.one(code=code, scope=request.authority.scope())
    policy.require(request.authority, P.ENTER_CASES, hospital_id=found.hospital_id)
    sent = case_page.message(request.body)
    saved = case_actions.save(
        case_id=found.pk,
        changes=sent.changes,
        client_seq=sent.seq,
        base=sent.base,
        reasons=sent.reasons,
        by=request.user,
        at=request.now,
    )
    case_minutes.add(
        case=found, dictionary=dictionaries.load(found.version), seconds=sent.seconds, seq=sent.seq, by=request.user, at=request.now
    )
    return JsonResponse(case_page.answer(saved, case=found, now=request.now))


@requires(P.ENTER_CASES)
@require_POST
def submit(request: HttpRequest, code: str) -> HttpResponse:
    """Submit the case, or show the form again with what stands in the way."""
    page = case_page.read(request, code)
    policy.require(request.authority, P.ENTER_CASES, hospital_id=page.case.hospital_id)
    try:
        case_actions.submit(case_id=page.case.pk, by=request.user, at=request.now)
    except NotReady as refusal:
        if not page.is_editable:
            raise
        context = _entering(request, page)
        context["summary"] = case_page.summary(page, refusal.findings) or [(words, "#section-submit") for words in refusal.reasons]
        context["summary_title"] = refusal.reasons[0] if refusal.findings else "This case cannot be submitted yet"
        return render(request, "registry/case.html", context, status=400)
    messages.success(request, f"Case {page.case.key} is submitted.")
    return redirect("registry:worklist")


def _step(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """Reopen or withdraw with the reason given; without one show the case again."""
    page = case_page.read(request, code)
    policy.require(request.authority, P.ENTER_CASES, hospital_id=page.case.hospital_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        context = _reading(request, page) | {"form": form, "asked": act}
        return render(request, "registry/case_read.html", context, status=400)
    step = {"reopen": case_actions.reopen, "withdraw": case_actions.withdraw}[act]
    step(case_id=page.case.pk, reason=form.cleaned_data["reason"], by=request.user, at=request.now)
    if act == "withdraw":
        messages.success(request, f"Case {page.case.key} is withdrawn. It can be reopened.")
        return redirect("registry:worklist")
    return redirect("registry:case", code=code)


@requires(P.ENTER_CASES)
@require_POST
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Make the case a draft again, with a reason."""
    return _step(request, code, "reopen")


@requires(P.ENTER_CASES)
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take the case out of every list and count, with a reason."""
    return _step(request, code, "withdraw")


@requires(*READERS)
@require_safe
def history(request: HttpRequest, code: str) -> HttpResponse:
    """Show every revision of a case."""
    page = case_page.read(request, code)
    case_reads.opened(case=page.case, by=request.user, at=request.now, part="history")
    revisions = cases.history(case=page.case, dictionary=page.dictionary)
    return render(request, "registry/case_history.html", case_page.head(page, now=request.now) | {"revisions": revisions})


@requires(*READERS)
@require_safe
def field_history(request: HttpRequest, code: str, element: str) -> HttpResponse:
    """Show what one field held before: a fragment for the panel beside the form."""
    page = case_page.read(request, code)
    entries = cases.field_history(case=page.case, dictionary=page.dictionary, element=element)
    case_reads.opened(case=page.case, by=request.user, at=request.now, part=element)
    return render(request, "registry/field_history.html", {"entries": entries})
