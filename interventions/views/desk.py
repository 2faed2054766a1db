"""The site desk: every hospital by what needs somebody; one hospital with all that the centre and it share."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import desk as actions
from interventions.forms_desk import CloseForm, ContactForm, PromiseForm, TickForm, VisitForm
from interventions.selectors import desk as selectors
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

KEEPERS = (P.CURATE, P.ADOPT)
COLUMNS = ["Hospital", "Data", ("Joining", "", "num"), "Promises", "Last contact", "Next visit"]


def _reach(request: HttpRequest) -> tuple[int, ...]:
    """Return the hospitals whose desk this person keeps: all for the centre, the own for a site lead."""
    return tuple(sorted({h for one in KEEPERS for h in request.authority.hospitals(one)}))


def side(request: HttpRequest) -> str:
    """Return for which side this person speaks."""
    return "CENTRE" if policy.can(request.authority, P.CURATE) else "HOSPITAL"


@requires(*KEEPERS)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """List the hospitals by what needs somebody; a site lead goes straight to the own."""
    rows = selectors.rows(hospital_ids=_reach(request), today=request.now.date())
    if side(request) == "HOSPITAL" and len(rows) == 1:
        return page(request, rows[0].hospital.code)
    context = {"rows": rows, "columns": COLUMNS, "n_steps": len(selectors.STEPS), "sentence": _sentence(rows)}
    return render(request, "interventions/desk.html", context)


def _sentence(rows: list[selectors.Row]) -> str:
    late, quiet = sum(row.n_late for row in rows), sum(1 for row in rows if row.is_quiet)
    first = "**No promise is late**" if not late else f"**{late} promise{'s are' if late > 1 else ' is'} late**"
    silent = "nobody has" if not quiet else "one hospital has" if quiet == 1 else f"{quiet} hospitals have"
    return f"{first}; {silent} been without a contact for 90 days."


@requires(*KEEPERS)
@require_safe
def hospital(request: HttpRequest, hospital: str) -> HttpResponse:
    """Show one hospital's desk."""
    return page(request, hospital)


def page(
    request: HttpRequest,
    code: str,
    *,
    forms: dict[str, Any] | None = None,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Render one hospital's desk, with a form that was refused where there is one."""
    place = selectors.hospital(code=code, hospital_ids=_reach(request))
    today, held = request.now.date(), side(request)
    people = selectors.people(hospital_id=place.pk, on=today)
    n_done, steps = selectors.onboarding(hospital_id=place.pk)
    promises = selectors.promises(hospital_id=place.pk)
    contacts, refused = selectors.contacts(hospital_id=place.pk), (forms or {}).get("close_form")
    context = {
        "hospital": place, "side": held, "people": people, "missing": selectors.missing_roles(people), "steps": steps, "n_done": n_done,
        "n_steps": len(steps), "quality": [(row, *selectors.LIGHTS[row.light]) for row in selectors.quality(hospital_id=place.pk)],
        "audits": selectors.audits(hospital_id=place.pk), "contacts": contacts,
        "promises": [_promise(row, held, today, form=refused) for row in promises],
        "adoptions": selectors.adoptions(hospital_id=place.pk, on=today), "visits": selectors.visits(hospital_id=place.pk), "today": today,
        "problems": [(words, "#content") for words in problems], "sentence": _words(promises, contacts, people, today=today),
        "crumbs": [("Site desk", reverse("interventions:desk")), (place.name, "")], "contact_form": ContactForm(initial={"on_day": today}),
        "promise_form": _promise_form(request, place), "visit_form": VisitForm(),
        "scorecard": reverse("interventions:scorecard-hospital", args=[place.code]),
        "people_columns": ["Who", "Role", "Since", "Certification"], "step_columns": ["Step", "The centre", "The hospital"],
    } | (forms or {})  # fmt: skip
    return render(request, "interventions/desk_hospital.html", context, status=status)


def _promise_form(request: HttpRequest, place: Any, data: Any = None) -> PromiseForm:
    owners = selectors.owners(hospital_id=place.pk, side=side(request), on=request.now.date())
    return PromiseForm(data, owners=sorted(owners, key=lambda pair: (pair[0] != request.user.pk, pair[1])))


def _promise(row: Any, held: str, today: Any, *, form: CloseForm | None) -> dict[str, Any]:
    form = form if form is not None and form.data.get("promise") == str(row.pk) else CloseForm()
    form.key = f"close-{row.pk}"
    late = row.state == "OPEN" and row.due_on < today
    soon = row.state == "OPEN" and not late and row.remind_on <= today
    shape = "due" if late else "current" if soon else {"OPEN": "todo", "KEPT": "done", "DROPPED": "none"}[row.state]
    return {
        "row": row,
        "shape": shape,
        "words": "late" if late else "due soon" if soon else row.get_state_display(),
        "closes": row.state == "OPEN" and row.side == held,
        "form": form,
    }


def _words(promises: list[Any], contacts: list[Any], people: list[Any], *, today: Any) -> str:
    opened = [row for row in promises if row.state == "OPEN"]
    late = sum(1 for row in opened if row.due_on < today)
    first = f"**{len(opened)} promise{'' if len(opened) == 1 else 's'} open**" + (f", {late} late" if late else "")
    spoken = f"last spoken {contacts[0].on_day:%-d %b %Y}" if contacts else "no contact noted yet"
    missing = selectors.missing_roles(people)
    return f"{first}; {spoken}." + (f" Nobody is {' or '.join(missing)}." if missing else "")


@requires(*KEEPERS)
@require_POST
def promise(request: HttpRequest, hospital: str) -> HttpResponse:
    """Promise something for one's own side."""
    place = selectors.hospital(code=hospital, hospital_ids=_reach(request))
    form = _promise_form(request, place, request.POST)
    if not form.is_valid():
        return page(request, hospital, forms={"promise_form": form}, status=400)
    try:
        held = form.cleaned_data
        actions.promise(
            hospital_id=place.pk, side=side(request), words=held["words"], due_on=held["due_on"], owner_id=held["owner"],
            remind_on=held["remind_on"], by=request.user, at=request.now,
        )  # fmt: skip
    except Refusal as refusal:
        return page(request, hospital, forms={"promise_form": form}, problems=refusal.reasons, status=400)
    return redirect("interventions:desk-hospital", hospital=hospital)


@requires(*KEEPERS)
@require_POST
def close(request: HttpRequest, hospital: str) -> HttpResponse:
    """Close one's own side's promise."""
    place, form = selectors.hospital(code=hospital, hospital_ids=_reach(request)), CloseForm(request.POST)
    if not form.is_valid():
        return page(request, hospital, forms={"close_form": form}, status=400)
    held = form.cleaned_data
    try:
        actions.close(
            promise_id=held["promise"], hospital_ids=(place.pk,), side=side(request), state=held["state"], words=held["closing"], by=request.user,
            at=request.now,
        )  # fmt: skip
    except Refusal as refusal:
        return page(request, hospital, forms={"close_form": form}, problems=refusal.reasons, status=400)
    return redirect("interventions:desk-hospital", hospital=hospital)


@requires(*KEEPERS)
@require_POST
def tick(request: HttpRequest, hospital: str) -> HttpResponse:
    """Tick a step of joining for one's own side."""
    place, form = selectors.hospital(code=hospital, hospital_ids=_reach(request)), TickForm(request.POST)
    if not form.is_valid():
        return page(request, hospital, problems=("Choose a step.",), status=400)
    try:
        actions.tick(
            hospital_id=place.pk, step=form.cleaned_data["step"], side=side(request), ticked=form.cleaned_data["ticked"] == "1", by=request.user,
            at=request.now,
        )  # fmt: skip
    except Refusal as refusal:
        return page(request, hospital, problems=refusal.reasons, status=400)
    return redirect(f"{reverse('interventions:desk-hospital', args=[hospital])}#joining")


@requires(P.CURATE)
@require_POST
def contact(request: HttpRequest, hospital: str) -> HttpResponse:
    """Note a contact."""
    place, form = selectors.hospital(code=hospital, hospital_ids=_reach(request)), ContactForm(request.POST)
    if not form.is_valid():
        return page(request, hospital, forms={"contact_form": form}, status=400)
    try:
        actions.contact(hospital_id=place.pk, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return page(request, hospital, forms={"contact_form": form}, problems=refusal.reasons, status=400)
    messages.success(request, "Noted; the hospital reads it too.")
    return redirect("interventions:desk-hospital", hospital=hospital)
