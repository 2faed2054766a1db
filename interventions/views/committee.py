"""The steering committee: every member reads what is asked and what was decided; those who sit on it vote."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import committee as actions
from interventions.forms_community import BallotForm, SeatForm
from interventions.selectors import committee as selectors
from interventions.views.community import READERS, tabs
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal
from sites.selectors import people


@requires(*READERS)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the questions, one's own vote, the results, and who sits on the committee."""
    return _page(request)


def _page(
    request: HttpRequest, *, form: Any = None, seat_form: Any = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    held, today = request.authority, request.now.date()
    sits, seats = selectors.sits(person_id=request.user.pk, on=today), selectors.seats(on=today)
    results, mine = selectors.results(), selectors.own_votes(person_id=request.user.pk)
    rows = [_shown(row, results.get(row.pk), mine.get(row.pk, ""), request, sits=sits) for row in selectors.ballots()]
    running = sum(1 for row in rows if row["runs"])
    context = {
        "rows": rows, "seats": seats if held.is_centre else [], "n_seats": len(seats), "sits": sits, "tabs": tabs("interventions:committee"),
        "form": (form or BallotForm()) if policy.can(held, P.CURATE) else None, "problems": [(words, "#content") for words in problems],
        "seat_form": (seat_form or SeatForm()) if policy.can(held, P.ENROL_HOSPITALS) else None,
        "sentence": f"**{running} vote{'' if running == 1 else 's'}** running; {len(seats)} sit{'s' if len(seats) == 1 else ''} on the committee.",
    }  # fmt: skip
    return render(request, "interventions/committee.html", context, status=status)


def _shown(row: Any, result: Any, mine: str, request: HttpRequest, *, sits: bool) -> dict[str, Any]:
    runs = row.opens_at <= request.now < row.closes_at
    return {
        "row": row, "result": result, "mine": "abstained" if mine == actions.ABSTAIN else mine, "runs": runs, "votes": sits and runs and not mine,
        "counts": policy.can(request.authority, P.CURATE) and result is None and not runs,
        "lines": [("abstained" if words == actions.ABSTAIN else words, n) for words, n in result.counts.items()] if result else [],
    }  # fmt: skip


@requires(*READERS)
@require_POST
def vote(request: HttpRequest, code: str) -> HttpResponse:
    """Vote, for those who sit on the committee; for others there is nothing to vote on."""
    row = selectors.ballot(code=code)
    if not selectors.sits(person_id=request.user.pk, on=request.now.date()):
        raise NotFound
    try:
        actions.vote(ballot=row, choice=request.POST.get("choice", ""), by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, problems=refusal.reasons, status=400)
    messages.success(request, "Your vote is kept. How others voted is counted at the end.")
    return redirect("interventions:committee")


@requires(P.CURATE)
@require_POST
def put(request: HttpRequest) -> HttpResponse:
    """Put a question to the committee."""
    form = BallotForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=400)
    held = form.cleaned_data
    try:
        actions.put(
            kind=held["kind"], question=held["question"], options=held["options"].splitlines(), quorum=held["quorum"], closes_at=held["closes_at"],
            by=request.user, at=request.now,
        )  # fmt: skip
    except Refusal as refusal:
        return _page(request, form=form, problems=refusal.reasons, status=400)
    return redirect("interventions:committee")


@requires(P.CURATE)
@require_POST
def count(request: HttpRequest, code: str) -> HttpResponse:
    """Count a vote that is over, and write the record."""
    row = selectors.ballot(code=code)
    try:
        actions.close(ballot=row, by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, problems=refusal.reasons, status=400)
    return redirect("interventions:committee")


@requires(P.ENROL_HOSPITALS)
@require_POST
def seat(request: HttpRequest) -> HttpResponse:
    """Give a seat, or end one."""
    if request.POST.get("end", "").isdecimal():
        return _seated(
            request,
            lambda: actions.unseat(
                seat_id=int(request.POST["end"]), on=request.now.date(), by=request.user, at=request.now
            ),
        )
    form = SeatForm(request.POST)
    if not form.is_valid():
        return _page(request, seat_form=form, status=400)
    email = form.cleaned_data["email"]
    return _seated(
        request, lambda: actions.seat(person=people.by_email(email=email), by=request.user, at=request.now), form=form
    )


def _seated(request: HttpRequest, act: Any, *, form: Any = None) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        return _page(request, seat_form=form, problems=refusal.reasons, status=400)
    return redirect("interventions:committee")
