"""The community: questions to peers, the directory, mentors and the notes of calls. What others read was consented to or moderated before."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import community as actions
from interventions.forms_community import (
    AnswerForm,
    EntryForm,
    FoundForm,
    MentorForm,
    ModerateForm,
    OfOwn,
    QuestionForm,
    ReplyForm,
)
from interventions.selectors import bright_spots, meetings
from interventions.selectors import community as selectors
from interventions.selectors import plan as plans
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal
from sites.selectors import hospitals

READERS = (P.READ_STANDING, P.READ_BLINDED)
TABS = (
    ("Questions", "interventions:community"),
    ("Directory", "interventions:directory"),
    ("Mentors", "interventions:mentors"),
    ("Calls", "interventions:calls"),
    ("Committee", "interventions:committee"),
    ("Newsletters", "interventions:newsletters"),
)
FOUND_COLUMNS = ["Who", "Role", "Hospital", "Ask about", "How to reach"]


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the tabs of the community."""
    return [(words, reverse(name), name == current) for words, name in TABS]


def _own(request: HttpRequest, permission: P = P.READ_STANDING) -> dict[int, str]:
    return hospitals.names(hospital_ids=request.authority.hospitals(permission))


def _place(request: HttpRequest) -> int | None:
    """Return the hospital somebody writes from: the first of their own; none for the centre."""
    return next(iter(request.authority.own_hospitals), None)


@requires(*READERS)
@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """List the published questions, one's own that wait, and for the centre what it has to read."""
    return _questions(request)


def _questions(
    request: HttpRequest, *, form: Any = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    moderates = policy.can(request.authority, P.CURATE)
    waiting = selectors.waiting() if moderates else ((), ())
    n = len(waiting[0]) + len(waiting[1])
    rows = selectors.questions()
    many = f"**{len(rows)} question{'' if len(rows) == 1 else 's'}** to peers; nobody reads who asked."
    context = {
        "rows": rows, "own": selectors.own(person_id=request.user.pk), "waiting": waiting, "moderates": moderates, "n_waiting": n,
        "form": form or QuestionForm(), "tabs": tabs("interventions:community"), "problems": [(words, "#content") for words in problems],
        "sentence": f"{many} {n} wait{'s' if n == 1 else ''} for you." if n else many,
    }  # fmt: skip
    return render(request, "interventions/community.html", context, status=status)


@requires(*READERS)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask peers."""
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _questions(request, form=form, status=400)
    try:
        actions.ask(hospital_id=_place(request), by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _questions(request, form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Kept. Somebody of the centre reads it before anybody else does.")
    return redirect("interventions:community")


@requires(*READERS)
@require_safe
def question(request: HttpRequest, code: str) -> HttpResponse:
    """Show one question with its answers."""
    return _question(request, code)


def _question(
    request: HttpRequest, code: str, *, form: Any = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    context = {
        "row": selectors.question(code=code), "answers": selectors.answers(code=code), "form": form or AnswerForm(),
        "problems": [(words, "#content") for words in problems], "crumbs": [("Questions", reverse("interventions:community")), ("Question", "")],
    }  # fmt: skip
    return render(request, "interventions/question.html", context, status=status)


@requires(*READERS)
@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Answer a question."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _question(request, code, form=form, status=400)
    selectors.question(code=code)
    try:
        actions.answer(code=code, hospital_id=_place(request), by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _question(request, code, form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Kept. Somebody of the centre reads it before anybody else does.")
    return redirect("interventions:question", code=code)


@requires(P.CURATE)
@require_POST
def moderate(request: HttpRequest) -> HttpResponse:
    """Publish or decline a question or an answer."""
    form = ModerateForm(request.POST)
    if not form.is_valid():
        return _questions(request, problems=("Say what is to become of it.",), status=400)
    held = form.cleaned_data
    try:
        actions.moderate(
            kind=held["kind"],
            row_id=held["row"],
            publish=held["publish"] == "1",
            reason=held["reason"],
            by=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _questions(request, problems=refusal.reasons, status=400)
    return redirect("interventions:community")


@requires(*READERS)
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Show who lets themselves be found."""
    return _directory(request)


def _directory(
    request: HttpRequest, *, entry: Any = None, found: Any = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    own, leads = _own(request), _own(request, P.AGREE)
    mine = {row.hospital_id: row for row in selectors.entries(person_id=request.user.pk)}
    first = next(iter(mine.values()), None)
    initial = (
        {"hospital": first.hospital_id, "topics": first.topics, "contact": first.contact, "listed": first.listed}
        if first
        else None
    )
    rows = selectors.directory(on=request.now.date())
    lets = selectors.let_be_found(hospital_ids=tuple(own))
    context = {
        "rows": rows, "columns": FOUND_COLUMNS, "tabs": tabs("interventions:directory"), "problems": [(words, "#content") for words in problems],
        "entry_form": (entry or EntryForm(hospitals=own, initial=initial)) if own else None,
        "found_form": (found or FoundForm(hospitals=leads)) if leads else None, "lets": [(own[pk], lets[pk]) for pk in own],
        "sentence": f"**{len(rows)}** let themselves be found, each by their own consent and their hospital’s.",
    }  # fmt: skip
    return render(request, "interventions/directory.html", context, status=status)


@requires(P.READ_STANDING)
@require_POST
def list_me(request: HttpRequest) -> HttpResponse:
    """Enter oneself in the directory, or leave it."""
    form = EntryForm(request.POST, hospitals=_own(request))
    if not form.is_valid():
        return _directory(request, entry=form, status=400)
    held = form.cleaned_data
    try:
        actions.list_person(
            hospital_id=held["hospital"],
            topics=held["topics"],
            contact=held["contact"],
            listed=held["listed"],
            by=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _directory(request, entry=form, problems=refusal.reasons, status=400)
    return redirect("interventions:directory")


@requires(P.AGREE)
@require_POST
def let_be_found(request: HttpRequest) -> HttpResponse:
    """Let one's hospital's people be found, or take that back."""
    form = FoundForm(request.POST, hospitals=_own(request, P.AGREE))
    if not form.is_valid():
        return _directory(request, found=form, status=400)
    held = form.cleaned_data
    actions.let_be_found(hospital_id=held["hospital"], listed=held["listed"] == "1", by=request.user, at=request.now)
    return redirect("interventions:directory")


@requires(*READERS)
@require_safe
def mentors(request: HttpRequest) -> HttpResponse:
    """Show by measure whom one may ask, and what was asked."""
    return _mentors(request)


def _mentors(
    request: HttpRequest, *, form: Any = None, reply_form: Any = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    leads, own = _own(request, P.ADOPT), request.authority.hospitals(P.READ_STANDING)
    planned = (
        {one.row.measure_code for one in plans.priorities(hospital_ids=own) if one.row.state == "OPEN"}
        if own
        else set()
    )
    found: dict[str, list[Any]] = {}
    named = sorted(
        bright_spots.named(on=request.now.date()),
        key=lambda one: (one.measure_code not in planned, one.measure_title, one.hospital),
    )
    for one in named:
        ask_form = _keyed(form, MentorForm, leads, field="exemplar", code=one.code)
        found.setdefault(one.measure_title, []).append((one, one.measure_code in planned, ask_form))
    asked, replies = selectors.requests(hospital_ids=own), selectors.replies()
    replied = selectors.replied(hospital_ids=own)
    of_us = [
        (row, replied.get(row.code), _keyed(reply_form, ReplyForm, leads, field="request", code=row.code))
        for row in selectors.asked_of_us()
    ]  # fmt: skip
    context = {
        "found": found, "asks": bool(leads), "tabs": tabs("interventions:mentors"),
        "asked": [(row, replies.get(row.code)) for row in asked], "of_us": of_us, "problems": [(words, "#content") for words in problems],
        "sentence": f"**{len(named)}** let you ask them how they do it." if named else "Nobody lets itself be asked by name today.",
    }  # fmt: skip
    return render(request, "interventions/mentors.html", context, status=status)


def _keyed(refused: Any, kind: type[OfOwn], hospitals: dict[int, str], *, field: str, code: str) -> OfOwn:
    """Return the form of one of several articles: what was refused where it was typed, else a blank one; with ids of its own."""
    form = refused if refused is not None and refused.data.get(field) == code else kind(hospitals=hospitals)
    form.key = code
    return form


@requires(P.ADOPT)
@require_POST
def ask_mentor(request: HttpRequest) -> HttpResponse:
    """Ask an exemplar."""
    form = MentorForm(request.POST, hospitals=_own(request, P.ADOPT))
    if not form.is_valid():
        return _mentors(request, form=form, status=400)
    held = form.cleaned_data
    try:
        actions.ask_mentor(
            hospital_id=held["hospital"],
            exemplar_code=held["exemplar"],
            words=held["words"],
            contact=held["contact"],
            by=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _mentors(request, form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Asked under your hospital’s name. The answer stands here.")
    return redirect("interventions:mentors")


@requires(P.ADOPT)
@require_POST
def reply(request: HttpRequest) -> HttpResponse:
    """Answer a request to be a mentor."""
    form = ReplyForm(request.POST, hospitals=_own(request, P.ADOPT))
    if not form.is_valid():
        return _mentors(request, reply_form=form, problems=("Say whether you help, and whom to reach.",), status=400)
    held = form.cleaned_data
    try:
        actions.reply_as_mentor(
            code=held["request"],
            hospital_id=held["hospital"],
            agreed=held["agreed"] == "1",
            words=held["words"],
            by=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _mentors(request, reply_form=form, problems=refusal.reasons, status=400)
    return redirect("interventions:mentors")


@requires(*READERS)
@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """Show what the calls of surgeons and abstractors wrote down."""
    return render(request, "interventions/calls.html", {"rows": meetings.calls(), "tabs": tabs("interventions:calls")})
