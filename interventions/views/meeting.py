"""Meetings: what one is invited to, and for the centre the planning; a meeting's page with agenda, invitations and notes."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import meetings as actions
from interventions.forms_meeting import CloseForm, InviteForm, ItemForm, OpenForm, PlanForm, SlidesForm
from interventions.selectors import meetings as selectors
from sites.access import policy
from sites.access.gates import fresh, requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

READERS = (P.READ_STANDING, P.READ_BLINDED)
COLUMNS = ["Meeting", "When", "Who", "Your answer", "Deck"]
INVITED_COLUMNS = ["Who", "Hospital", "Answer", "Came", "Change"]


def keeps(request: HttpRequest) -> bool:
    """Tell whether this person keeps the meetings."""
    return policy.can(request.authority, P.CURATE)


def found(request: HttpRequest, code: str) -> Any:
    """Return a meeting this person keeps or is invited to."""
    return selectors.one(code=code, person_id=request.user.pk, everything=keeps(request))


@requires(*READERS)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """List the meetings one is invited to; all of them for the centre."""
    return _list(request)


def _list(request: HttpRequest, *, form: Any = None, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    rows = selectors.listed(person_id=request.user.pk, everything=keeps(request))
    answers = selectors.answers(person_id=request.user.pk)
    context = {
        "rows": [{"row": row, "mine": answers.get(row.pk), "open": _is_open(row, request)} for row in rows], "columns": COLUMNS,
        "form": (form or _plan_form()) if keeps(request) else None, "problems": [(words, "#content") for words in problems],
        "sentence": _sentence(rows, answers, request),
    }  # fmt: skip
    return render(request, "interventions/meetings.html", context, status=status)


def _is_open(row: Any, request: HttpRequest) -> bool:
    return bool(row.deck_until and row.deck_from <= request.now < row.deck_until and row.state != "CANCELLED")


def _sentence(rows: list[Any], answers: dict[int, Any], request: HttpRequest) -> str:
    waiting = sum(
        1 for row in rows if row.state == "PLANNED" and row.pk in answers and answers[row.pk].answer == "ASKED"
    )
    coming = [row for row in rows if row.state == "PLANNED" and row.starts_at > request.now]
    first = f"The next is on **{min(row.starts_at for row in coming):%-d %B %Y}**." if coming else "Nothing is planned."
    return first + (f" {waiting} invitation{'s wait' if waiting > 1 else ' waits'} for your answer." if waiting else "")


def _plan_form(data: Any = None) -> PlanForm:
    return PlanForm(data, registries=[(row.code, row.title) for row in selectors.registries()])


@requires(P.CURATE)
@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """Plan a meeting."""
    form = _plan_form(request.POST)
    if not form.is_valid():
        return _list(request, form=form, status=400)
    held = form.cleaned_data
    try:
        made = actions.plan(
            registry_code=held["registry"], kind=held["kind"], title=held["title"], place=held["place"], starts_at=held["starts_at"],
            by=request.user, at=request.now,
        )  # fmt: skip
    except Refusal as refusal:
        return _list(request, form=form, problems=refusal.reasons, status=400)
    return redirect("interventions:meeting", code=made.code)


@requires(*READERS)
@require_safe
def meeting(request: HttpRequest, code: str) -> HttpResponse:
    """Show one meeting."""
    return page(request, found(request, code))


def page(
    request: HttpRequest,
    row: Any,
    *,
    forms: dict[str, Any] | None = None,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Render a meeting, with a form that was refused where there is one."""
    people, mine = selectors.invited(row), selectors.invitation(meeting=row, person_id=request.user.pk)
    planned, kept = row.state == "PLANNED", keeps(request)
    items = selectors.agenda(row, on=request.now.date())
    context = {
        "row": row, "mine": mine, "people": people, "people_columns": INVITED_COLUMNS, "items": items, "kept": kept, "planned": planned,
        "minutes": sum(one.row.minutes for one in items), "slides": selectors.chosen(row), "open": _is_open(row, request),
        "may_read": mine is not None and mine.answer != "NO" and _is_open(row, request), "problems": [(words, "#content") for words in problems],
        "counts": {words: sum(one.answer == code for one in people) for code, words in (("YES", "come"), ("NO", "cannot"), ("ASKED", "no answer"))},
        "crumbs": [("Meetings", reverse("interventions:meetings")), (row.title, "")], "began": row.starts_at <= request.now,
    }  # fmt: skip
    if kept and row.state != "CANCELLED":
        context |= {"slides_form": _slides_form(row), "open_form": OpenForm()}
    if kept and planned:
        context |= {
            "item_form": _item_form(row), "invite_form": InviteForm(roles=selectors.ROLES), "close_form": _close_form(people),
        }  # fmt: skip
    return render(request, "interventions/meeting.html", context | (forms or {}), status=status)


def _item_form(row: Any, data: Any = None) -> ItemForm:
    rows = selectors.exemplars(registry_id=row.registry_id)
    return ItemForm(data, exemplars=[(one.code, f"{one.hospital.name}: {one.measure_title}") for one in rows])


def _slides_form(row: Any, data: Any = None) -> SlidesForm:
    return SlidesForm(data, measures=selectors.measures(registry_id=row.registry_id))


def _close_form(people: list[Any], data: Any = None) -> CloseForm:
    return CloseForm(data, people=[(one.person_id, one.person.name) for one in people])


@requires(*READERS)
@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Answer one's own invitation."""
    row = found(request, code)
    said = request.POST.get("answer")
    if said not in {"YES", "NO"}:
        return page(request, row, problems=("Say whether you come.",), status=400)
    return _done(
        request, row, lambda: actions.answer(meeting=row, comes=said == "YES", by=request.user, at=request.now)
    )


def _done(request: HttpRequest, row: Any, act: Any, *, words: str = "", **forms: Any) -> HttpResponse:
    """Act, and show the meeting again; what was refused stands above it."""
    try:
        act()
    except Refusal as refusal:
        return page(request, row, forms=forms, problems=refusal.reasons, status=400)
    if words:
        messages.success(request, words)
    return redirect("interventions:meeting", code=row.code)


@requires(P.CURATE)
@require_POST
def item(request: HttpRequest, code: str) -> HttpResponse:
    """Put something on the agenda, or take it off."""
    row = found(request, code)
    if request.POST.get("drop", "").isdecimal():
        return _done(
            request,
            row,
            lambda: actions.drop_item(meeting=row, item_id=int(request.POST["drop"]), by=request.user, at=request.now),
        )
    form = _item_form(row, request.POST)
    if not form.is_valid():
        return page(request, row, forms={"item_form": form}, status=400)
    return _done(
        request,
        row,
        lambda: actions.add_item(meeting=row, by=request.user, at=request.now, **form.cleaned_data),
        item_form=form,
    )


@requires(P.CURATE)
@require_POST
def invite(request: HttpRequest, code: str) -> HttpResponse:
    """Invite everybody in some roles, or withdraw one invitation."""
    row = found(request, code)
    if request.POST.get("withdraw", "").isdecimal():
        return _done(
            request,
            row,
            lambda: actions.uninvite(
                meeting=row, person_id=int(request.POST["withdraw"]), by=request.user, at=request.now
            ),
        )
    form = InviteForm(request.POST, roles=selectors.ROLES)
    if not form.is_valid():
        return page(request, row, forms={"invite_form": form}, status=400)
    people = selectors.to_invite(roles=form.cleaned_data["roles"], on=request.now.date())
    return _done(
        request,
        row,
        lambda: actions.invite(meeting=row, people=people, by=request.user, at=request.now),
        words="Invited.",
        invite_form=form,
    )


@requires(P.CURATE)
@require_POST
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """Choose the slides."""
    row = found(request, code)
    form = _slides_form(row, request.POST)
    if not form.is_valid():
        return page(request, row, forms={"slides_form": form}, status=400)
    return _done(
        request,
        row,
        lambda: actions.choose(meeting=row, codes=form.cleaned_data["measures"], by=request.user, at=request.now),
        slides_form=form,
    )


@requires(P.CURATE)
@fresh
@require_POST
def open_deck(request: HttpRequest, code: str) -> HttpResponse:
    """Open the deck for a time, or close it."""
    row, form = found(request, code), OpenForm(request.POST)
    if not form.is_valid():
        return page(request, row, forms={"open_form": form}, status=400)
    return _done(
        request,
        row,
        lambda: actions.open_deck(meeting=row, until=form.cleaned_data["until"], by=request.user, at=request.now),
        open_form=form,
    )


@requires(P.CURATE)
@require_POST
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Hold a meeting, or cancel it."""
    row = found(request, code)
    form = _close_form(selectors.invited(row), request.POST)
    if not form.is_valid():
        return page(request, row, forms={"close_form": form}, status=400)
    held = form.cleaned_data
    return _done(
        request, row,
        lambda: actions.close(meeting=row, came=held["came"], notes=held["notes"], held=held["held"] == "1", by=request.user, at=request.now),
        close_form=form,
    )  # fmt: skip
