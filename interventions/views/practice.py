"""Practices: what those that stand out do; written, read by consent, shared and taken back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interventions.actions import practices as actions
from interventions.forms_evidence import MaterialForm, PracticeForm, ShareForm
from interventions.selectors import bright_spots, materials
from interventions.selectors import practices as selectors
from interventions.views import pages
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal

COLUMNS = ["Practice", "Measure", "Hospital", "Told by"]
OWN_COLUMNS = ["Practice", "Hospital", "Measure", "Read by", "Until"]


def reach(request: HttpRequest) -> tuple[int, ...]:
    """Return the hospitals whose practices this person reads in full: the own ones, or all for the centre that writes them down."""
    return tuple(dict.fromkeys(request.authority.hospitals(P.CURATE) + request.authority.hospitals(P.ADOPT)))


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def practices(request: HttpRequest) -> HttpResponse:
    """List what is told, and the practices within reach with who may read them."""
    told, own = selectors.told(on=request.now.date()), selectors.reached(hospital_ids=reach(request))
    waiting = [row for row in own if row.audience == selectors.UNSHARED]
    context = {
        "tabs": pages.tabs(request, "interventions:practices"), "told": told, "own": own, "columns": COLUMNS, "own_columns": OWN_COLUMNS,
        "sentence": _sentence(len(told), waiting=len(waiting), curates=policy.can(request.authority, P.CURATE)),
        "open": [row for row in bright_spots.exemplars(hospital_ids=reach(request)) if row.state in actions.TAKES_PART],
    }  # fmt: skip
    return render(request, "interventions/practices.html", context)


def _sentence(told: int, *, waiting: int, curates: bool) -> str:
    head = {0: "**No practice is told yet.**", 1: "**One practice is told.**"}.get(
        told, f"**{told} practices are told.**"
    )
    if waiting and not curates:
        return f"{head} {'One of yours waits' if waiting == 1 else f'{waiting} of yours wait'} for you to say whether others may read it."
    return f"{head} Written by those who do it, or after a visit or a call; each hospital says who reads it."


@requires(P.ADOPT, P.CURATE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Write a practice of an exemplar: the hospital itself, or the centre after a visit or a call."""
    row = bright_spots.exemplar(code=code, hospital_ids=reach(request))
    own = policy.can(request.authority, P.ADOPT, hospital_id=row.hospital_id)
    form = PracticeForm(request.POST if request.method == "POST" else None, own=own)
    problems: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        given = {"origin": selectors.BY_ITSELF} | form.cleaned_data
        try:
            made = actions.write(exemplar=row, by=request.user, at=request.now, **given)
        except Refusal as refusal:
            problems = refusal.reasons
        else:
            messages.success(request, "Kept. Its words never change; write another to correct them.")
            return redirect("interventions:practice", code=made.code)
    context = {
        "row": row, "form": form, "problems": [(words, "#content") for words in problems],
        "crumbs": [("Practices", reverse("interventions:practices")), ("New", "")],
    }  # fmt: skip
    return render(request, "interventions/practice_new.html", context, status=400 if request.method == "POST" else 200)


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def practice(request: HttpRequest, code: str) -> HttpResponse:
    """Show a practice as far as this person may read it."""
    return page(request, code)


def page(
    request: HttpRequest, code: str, *, form: ShareForm | None = None, material_form: MaterialForm | None = None,
    problems: tuple[str, ...] = (), status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Render a practice's page, with a form that was refused where there is one."""
    told = selectors.told_one(code=code, on=request.now.date())
    row = selectors.one(code=code, hospital_ids=reach(request))
    shown = told or row
    if shown is None:
        raise NotFound
    mine = row is not None and policy.can(request.authority, P.ADOPT, hospital_id=row.hospital_id)
    may_add = mine or (row is not None and row.audience == selectors.UNSHARED and policy.can(request.authority, P.CURATE))
    context = {
        "shown": shown, "row": row, "measure": told.measure_title if told else row.exemplar.measure_title,
        "files": materials.of_practice(practice_id=row.pk if row else None, code=code, on=request.now.date()),
        "material_form": (material_form or MaterialForm()) if may_add else None,
        "material_url": reverse("interventions:practice-material", args=[code]),
        "material_note": "Read by whoever reads the words above.",
        "facts": _facts(shown), "provenance": _provenance(told, row), "contact": told.contact if told else "",
        "steps": selectors.steps(row) if row else [], "step_columns": ["When", "Who", "Read by"],
        "toolkits": selectors.toolkits_of(told.practice_id if told else row.pk), "form": (form or _share_form(request, row)) if mine else None,
        "problems": [(words, "#content") for words in problems], "curates": policy.can(request.authority, P.CURATE),
        "crumbs": [("Practices", reverse("interventions:practices")), (shown.title, "")],
    }  # fmt: skip
    return render(request, "interventions/practice.html", context, status=status)


def _facts(shown: Any) -> list[tuple[str, str]]:
    facts = [
        ("Who", shown.who),
        ("Does what", shown.what),
        ("When", shown.when),
        ("With what", shown.with_what),
        ("Material", shown.material),
    ]
    return [(term, words) for term, words in facts if words]


def _provenance(told: Any, row: Any) -> str:
    origin = selectors.ORIGINS[told.origin if told else row.origin]
    place = (
        told.hospital
        if told and told.hospital
        else row.hospital.name
        if row
        else "a hospital of the collaborative that is not named"
    )
    return f"Learnt from {place}, by {origin}."


def _share_form(request: HttpRequest, row: Any) -> ShareForm:
    later = request.now.date().replace(month=1, day=1, year=request.now.year + 1)
    return ShareForm(initial={"audience": row.audience, "expires_on": row.expires_on or later, "contact": row.contact})


@requires(P.ADOPT)
@require_POST
def share(request: HttpRequest, code: str) -> HttpResponse:
    """Say who may read it."""
    own = request.authority.hospitals(P.ADOPT)
    if selectors.one(code=code, hospital_ids=own) is None:
        raise NotFound
    form = ShareForm(request.POST)
    if not form.is_valid():
        return page(request, code, form=form, status=400)
    try:
        made = actions.share(code=code, hospital_ids=own, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return page(request, code, form=form, problems=refusal.reasons, status=400)
    messages.success(request, f"From now on read by {made.get_audience_display()}.")
    return redirect("interventions:practice", code=code)
