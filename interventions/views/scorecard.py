"""The scorecard: a hospital's card with what is still earnable; for the centre every hospital's participation; requests and decisions."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import scores as actions
from interventions.forms_scorecard import AskForm, DecideForm, RecordForm
from interventions.selectors import scorecards
from interventions.views import scorecard_page as words
from registry.selectors import quality
from sites import audit
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal
from sites.selectors import hospitals

READERS = (P.READ_STANDING, P.CURATE, P.CHECK_RELEASES)


def _reach(request: HttpRequest) -> tuple[int, ...]:
    """Return the hospitals whose card this person reads: the own ones; all, without performance, for the centre."""
    held = request.authority
    return tuple(sorted({h for permission in READERS for h in held.hospitals(permission)}))


@requires(*READERS)
@require_safe
def scorecard(request: HttpRequest) -> HttpResponse:
    """Show the own card, or to the centre every hospital's participation."""
    held = request.authority
    if not held.is_centre:
        own = hospitals.reached(hospital_ids=_reach(request))
        if len(own) == 1:
            return page(request, own[0].code)
        return render(request, "interventions/scorecards_own.html", {"rows": own})
    row = _chosen(scorecards.frozen(hospital_ids=held.every_hospital), request.GET.get("year", ""))
    if row is None:
        return render(request, "interventions/scorecard_none.html", {"may_write": policy.can(held, P.DEFINE)})
    cards, totals = scorecards.cards(scorecard=row), scorecards.totals(scorecard=row)
    requests = scorecards.requests(scorecard=row)
    waiting = [one for one in requests if one.status == "ASKED"]
    context = {
        "row": row, "years": _years(request, scorecards.frozen(hospital_ids=held.every_hospital), row), "columns": words.centre_columns(row),
        "rows": [
            {"hospital": hospital, "card": cards.get(hospital.pk), "total": totals.get(hospital.pk), "url": _address(hospital.code, row)}
            for hospital, _ in scorecards.taking_part(row)
        ],
        "sentence": words.centre_sentence(row, cards=cards, waiting=len(waiting)),
        "waiting": [(one, _address(one.hospital.code, row)) for one in waiting],
        "stage": words.stage(row),
        "credibility": quality.line(registry=row.registry, hospital_ids=held.every_hospital),
    }  # fmt: skip
    return render(request, "interventions/scorecard_centre.html", context)


def _address(code: str, row: Any) -> str:
    return f"{reverse('interventions:scorecard-hospital', args=[code])}?year={row.year}"


def _chosen(rows: list, year: str) -> Any:
    return next((row for row in rows if str(row.year) == year), rows[0] if rows else None)


def _years(request: HttpRequest, rows: list, row: Any) -> list[tuple]:
    found = [
        (f"{one.year}", f"?year={one.year}", None, one.pk == row.pk)
        for one in rows
        if one.registry_id == row.registry_id
    ]
    return found if len(found) > 1 else []


@requires(*READERS)
@require_safe
def hospital(request: HttpRequest, hospital: str) -> HttpResponse:
    """Show one hospital's card."""
    return page(request, hospital)


def page(
    request: HttpRequest, code: str, *, ask: AskForm | None = None, record: RecordForm | None = None, decide: DecideForm | None = None,
    problems: tuple[str, ...] = (), status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Render a hospital's card, with a form that was refused where there is one."""
    held = request.authority
    place = scorecards.hospital(code=code, hospital_ids=_reach(request))
    rows = scorecards.frozen(hospital_ids=(place.pk,))
    row = _chosen(rows, request.GET.get("year", ""))
    if row is None:
        return render(
            request, "interventions/scorecard_none.html", {"may_write": policy.can(held, P.DEFINE)}, status=status
        )
    own = policy.can(held, P.READ_STANDING, hospital_id=place.pk)
    if not own and held.identified and policy.can(held, P.IDENTIFY):
        own = True
        audit.record(
            action="read scorecard",
            at=request.now,
            by=request.user,
            hospital_id=place.pk,
            kind="scorecard",
            object_id=row.code,
        )
    card = scorecards.card(scorecard=row, hospital_id=place.pk, audience="OWN" if own else "CENTRE")
    is_open, titles = row.final_at is None, words.titles(row)
    context = words.card(card, row=row, own=own, total=scorecards.total(scorecard=row, hospital_id=place.pk), today=request.now.date()) | {
        "row": row, "hospital": place, "years": _years(request, rows, row), "own": own,
        "entries": words.recorded(scorecards.entries(scorecard=row, hospital_id=place.pk), titles),
        "requests": words.asked(scorecards.requests(scorecard=row, hospital_id=place.pk), titles),
        "ask_form": (ask or _ask_form(row, request)) if is_open and policy.can(held, P.ADOPT, hospital_id=place.pk) else None,
        "record_form": (record or _record_form(row)) if is_open and policy.can(held, P.CURATE) else None,
        "decides": is_open and policy.can(held, P.CURATE), "decide_form": decide or DecideForm(),
        "problems": [(problem, "#content") for problem in problems], "query": f"?year={row.year}",
    }  # fmt: skip
    context["credibility"] += quality.line(registry=row.registry, hospital_ids=(place.pk,))
    return render(request, "interventions/scorecard.html", context, status=status)


def _ask_form(row: Any, request: HttpRequest, data: Any = None) -> AskForm:
    rules = scorecards.rules(row)
    kinds = [("WAIVER", "a waiver in hardship")]
    if row.appeals_until is not None and request.now.date() <= row.appeals_until:
        kinds.append(("APPEAL", "an appeal against the points"))
    return AskForm(data, kinds=kinds, items=[(one.code, one.title) for one in rules.items])


def _record_form(row: Any, data: Any = None) -> RecordForm:
    rules = scorecards.rules(row)
    return RecordForm(
        data, items=[(one.code, one.title) for one in rules.items if one.source in ("recorded", "attendance")]
    )


def _place(request: HttpRequest, code: str, permission: P) -> tuple[Any, Any]:
    place = scorecards.hospital(code=code, hospital_ids=request.authority.hospitals(permission))
    row = _chosen(scorecards.frozen(hospital_ids=(place.pk,)), request.GET.get("year", ""))
    if row is None:
        raise NotFound
    return place, row


@requires(P.ADOPT)
@require_POST
def ask(request: HttpRequest, hospital: str) -> HttpResponse:
    """Take a hospital's request for a waiver, or its appeal."""
    place, row = _place(request, hospital, P.ADOPT)
    form = _ask_form(row, request, request.POST)
    if not form.is_valid():
        return page(request, hospital, ask=form, status=400)
    try:
        actions.ask(scorecard=row, hospital_id=place.pk, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return page(request, hospital, ask=form, problems=refusal.reasons, status=400)
    messages.success(request, "Asked. The centre answers with a reason; you see it here.")
    return redirect(_address(hospital, row))


@requires(P.CURATE)
@require_POST
def record(request: HttpRequest, hospital: str) -> HttpResponse:
    """Record that something was done."""
    place, row = _place(request, hospital, P.CURATE)
    form = _record_form(row, request.POST)
    if not form.is_valid():
        return page(request, hospital, record=form, status=400)
    try:
        actions.record(scorecard=row, hospital_ids=(place.pk,), by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return page(request, hospital, record=form, problems=refusal.reasons, status=400)
    messages.success(request, "Recorded. The card is worked out anew in a moment.")
    return redirect(_address(hospital, row))


@requires(P.CURATE)
@require_POST
def decide(request: HttpRequest, hospital: str) -> HttpResponse:
    """Decide what a hospital asked."""
    place, row = _place(request, hospital, P.CURATE)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return page(request, hospital, decide=form, status=400)
    held = form.cleaned_data
    try:
        actions.decide(
            scorecard=row, hospital_id=place.pk, request_id=held["request"], grant=held["answer"] == "GRANTED",
            share=None if held["share"] is None else held["share"] / 100, reason=held["reason"], by=request.user, at=request.now,
        )  # fmt: skip
    except Refusal as refusal:
        return page(request, hospital, decide=form, problems=refusal.reasons, status=400)
    messages.success(request, "Decided. The hospital sees it with your reason.")
    return redirect(_address(hospital, row))
