"""The newsletter: every member with a standing reads what was published; the centre drafts, writes and publishes."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import newsletter as actions
from interventions.forms_desk import LetterForm, NewsletterForm
from interventions.selectors import bright_spots, newsletters, recognition
from interventions.views.community import READERS, tabs
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal


@requires(*READERS)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """List the newsletters."""
    return _list(request)


def _list(request: HttpRequest, *, form: Any = None, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    writes = policy.can(request.authority, P.CURATE)
    context = {
        "rows": newsletters.listed(drafts=writes), "form": (form or NewsletterForm()) if writes else None,
        "problems": [(words, "#content") for words in problems],
        "tabs": tabs("interventions:newsletters"),
    }  # fmt: skip
    return render(request, "interventions/newsletters.html", context, status=status)


@requires(P.CURATE)
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Draft a newsletter."""
    form = NewsletterForm(request.POST)
    if not form.is_valid():
        return _list(request, form=form, status=400)
    try:
        made = actions.draft(by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _list(request, form=form, problems=refusal.reasons, status=400)
    return redirect("interventions:newsletter", code=made.code)


@requires(*READERS)
@require_safe
def newsletter(request: HttpRequest, code: str) -> HttpResponse:
    """Show one newsletter."""
    return _page(request, code)


def _page(
    request: HttpRequest, code: str, *, form: Any = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    writes, today = policy.can(request.authority, P.CURATE), request.now.date()
    row = newsletters.one(code=code, drafts=writes)
    context = {
        "row": row, "form": (form or LetterForm(initial={"letter": row.letter})) if writes and not row.published_at else None,
        "exemplars": bright_spots.named(on=today), "shown": recognition.shown(on=today), "today": today,
        "problems": [(words, "#content") for words in problems],
        "crumbs": [("Newsletters", reverse("interventions:newsletters")), (row.title, "")],
    }  # fmt: skip
    return render(request, "interventions/newsletter.html", context, status=status)


@requires(P.CURATE)
@require_POST
def write(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the letter of a draft, and publish it where that is asked for."""
    row, form = newsletters.one(code=code, drafts=True), LetterForm(request.POST)
    step = request.POST.get("step")
    if not form.is_valid() or step not in {"keep", "publish"}:
        return _page(request, code, form=form, status=400)
    try:
        actions.write(code=row.code, letter=form.cleaned_data["letter"], by=request.user, at=request.now)
        if step == "publish":
            actions.publish(code=row.code, by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, code, form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Published: every member reads it." if step == "publish" else "Kept.")
    return redirect("interventions:newsletter", code=code)
