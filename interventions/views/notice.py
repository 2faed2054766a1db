"""Notices: what waits for this person, on one quiet page; and which mails they wish."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import notices as actions
from interventions.selectors import notices as selectors
from sites.access.gates import requires
from sites.access.permissions import Permission as P


@requires(P.READ_CATALOGUE)
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Show what waits."""
    lines = selectors.lines(held=request.authority, at=request.now)
    weekly, urgent = selectors.preference(person_id=request.user.pk)
    rows = [
        (
            "due" if line.urgent else "todo",
            line.words,
            "soon" if line.urgent else "",
            reverse(line.route, args=[line.code] if line.code else []),
            "Open",
        )
        for line in lines
    ]
    n = sum(line.urgent for line in lines)
    context = {
        "rows": rows, "weekly": weekly, "urgent": urgent, "history": selectors.history(person_id=request.user.pk),
        "sentence": _sentence(len(rows), urgent=n),
    }  # fmt: skip
    return render(request, "interventions/notices.html", context)


def _sentence(n: int, *, urgent: int) -> str:
    if not n:
        return "Nothing is waiting for you."
    first = f"**{n}** wait{'s' if n == 1 else ''} for you"
    return f"{first}, {urgent} of them only for a day or two." if urgent else f"{first}."


@requires(P.READ_CATALOGUE)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Draw one quiet line: how much waits, and where it stands."""
    lines = selectors.lines(held=request.authority, at=request.now)
    n, urgent = len(lines), sum(line.urgent for line in lines)
    return render(request, "interventions/notices_panel.html", {"n": n, "urgent": urgent})


@requires(P.READ_CATALOGUE)
@require_POST
def prefer(request: HttpRequest) -> HttpResponse:
    """Keep which mails somebody wishes."""
    actions.prefer(weekly="weekly" in request.POST, urgent="urgent" in request.POST, by=request.user, at=request.now)
    messages.success(request, "Kept.")
    return redirect("interventions:notices")
