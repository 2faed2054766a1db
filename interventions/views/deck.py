"""A meeting's deck: for those invited while it is open, by name only where consent holds at this request; every look is written down."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from interventions.actions import meetings as actions
from interventions.selectors import meetings as selectors
from interventions.views.meeting import READERS
from sites.access.gates import requires
from sites.refusals import NotFound


@requires(*READERS)
@require_safe
def deck(request: HttpRequest, code: str) -> HttpResponse:
    """Show the deck; closed, over or meant for others it is missing."""
    row = selectors.one(code=code, person_id=request.user.pk, everything=False)
    made = selectors.deck(row)
    if made is None:
        raise NotFound
    actions.viewed(meeting=row, deck=made, by=request.user, at=request.now)
    exemplars, shown = selectors.praise(on=request.now.date())
    context = {
        "row": row, "deck": made, "items": selectors.agenda(row, on=request.now.date()), "exemplars": exemplars, "shown": shown,
        "mark": f"{request.user.name} · {request.now:%-d %B %Y, %H:%M:%S} UTC",
    }  # fmt: skip
    return render(request, "interventions/deck.html", context)
