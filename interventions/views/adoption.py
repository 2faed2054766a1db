"""Adoptions of the own hospital: start one, note what happens, stop with a reason."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import adoptions as actions
from interventions.forms import AdoptForm, NoteForm, StopForm
from interventions.selectors import toolkits as selectors
from interventions.views import toolkit_page
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal
from sites.selectors import hospitals


@requires(P.ADOPT)
@require_POST
def adopt(request: HttpRequest, code: str) -> HttpResponse:
    """Commit the hospital to a toolkit."""
    row = selectors.one(code=code)
    own = hospitals.reached(hospital_ids=request.authority.hospitals(P.ADOPT))
    form = AdoptForm(request.POST, hospitals=[(one.pk, one.name) for one in own])
    if not form.is_valid():
        return toolkit_page.page(request, code, adopt_form=form, status=400)
    given = dict(form.cleaned_data)
    try:
        made = actions.adopt(toolkit=row, hospital_id=given.pop("hospital"), by=request.user, at=request.now, **given)
    except Refusal as refusal:
        return toolkit_page.page(request, code, adopt_form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Registered: start, outcome and window are locked from now on.")
    return redirect("interventions:adoption", code=made.code)


@requires(P.ADOPT)
@require_safe
def adoption(request: HttpRequest, code: str) -> HttpResponse:
    """Show an adoption with its notes."""
    return _page(request, code)


def _page(
    request: HttpRequest, code: str, *, note_form: NoteForm | None = None, stop_form: StopForm | None = None,
    problems: tuple[str, ...] = (), status: int = 200,
) -> HttpResponse:  # fmt: skip
    row = selectors.adoption(code=code, hospital_ids=request.authority.hospitals(P.ADOPT))
    context = {
        "row": row, "notes": selectors.notes(row), "note_form": note_form or NoteForm(), "stop_form": stop_form or StopForm(),
        "problems": [(words, "#content") for words in problems], "running": row.stopped_on is None,
        "crumbs": [
            ("Library", reverse("interventions:library")),
            (row.toolkit.title, reverse("interventions:toolkit", args=[row.toolkit.code])),
            ("Adoption", ""),
        ],
        "declared": [
            ("Starts on", f"{row.starts_on:%-d %B %Y}"), ("Outcome", row.toolkit.measure_title), ("Looked at over", f"{row.window} quarters"),
            ("Registered", f"{row.registered_at:%-d %B %Y}"),
        ],
    }  # fmt: skip
    return render(request, "interventions/adoption.html", context, status=status)


@requires(P.ADOPT)
@require_POST
def note(request: HttpRequest, code: str) -> HttpResponse:
    """Keep one turn of the wheel."""
    reach = request.authority.hospitals(P.ADOPT)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, code, note_form=form, status=400)
    try:
        actions.note(code=code, hospital_ids=reach, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _page(request, code, note_form=form, problems=refusal.reasons, status=400)
    return redirect("interventions:adoption", code=code)


@requires(P.ADOPT)
@require_POST
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """Stop, with the reason."""
    reach = request.authority.hospitals(P.ADOPT)
    form = StopForm(request.POST)
    if not form.is_valid():
        return _page(request, code, stop_form=form, status=400)
    actions.stop(code=code, hospital_ids=reach, reason=form.cleaned_data["reason"], by=request.user, at=request.now)
    return redirect("interventions:adoption", code=code)
