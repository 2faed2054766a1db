"""Recognition: the rules, what the own hospital earned (its own until it consents), who lets it be read, and a certificate to print."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import recognition as actions
from interventions.forms_spread import RuleForm, ShowForm
from interventions.selectors import recognition as selectors
from interventions.selectors import toolkits
from interventions.views import pages
from sites.access import policy
from sites.access.gates import fresh, requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

RULE_COLUMNS = ["Title", "For what", "Registry", "Counts from", "Declared"]
SHOWN_COLUMNS = ["Hospital", "Recognised for", "Period"]


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the rules, the own recognitions and those that are shown."""
    return _page(request)


def _page(
    request: HttpRequest, *, form: RuleForm | None = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    own = request.authority.hospitals(P.READ_STANDING)
    today = request.now.date()
    earned = selectors.earned(hospital_ids=own) if own else []
    may = set(request.authority.hospitals(P.ADOPT))
    curates = policy.can(request.authority, P.CURATE)
    initial = {"state": "SHOWN", "shown_until": date(today.year + 1, 12, 31)}
    context = {
        "tabs": pages.tabs(request, "interventions:recognition"), "problems": [(words, "#content") for words in problems],
        "earned": [(row, ShowForm(initial=initial, auto_id=f"id-{row.code}-%s") if row.hospital_id in may else None) for row in earned],
        "shown": selectors.shown(on=today), "shown_columns": SHOWN_COLUMNS, "rules": selectors.rules(), "rule_columns": RULE_COLUMNS,
        "form": (form or RuleForm(registries=[(one.code, one.title) for one in toolkits.registries()])) if curates else None,
        "sentence": "What is worth thanks, **by rules declared beforehand**. A hospital reads what it earned alone, and decides who else does.",
    }  # fmt: skip
    return render(request, "interventions/recognition.html", context, status=status)


@requires(P.CURATE)
@require_POST
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a rule."""
    known = {row.code: row for row in toolkits.registries()}
    form = RuleForm(request.POST, registries=[(row.code, row.title) for row in known.values()])
    if not form.is_valid():
        return _page(request, form=form, status=400)
    given = dict(form.cleaned_data)
    try:
        actions.declare(**(given | {"registry": known[given["registry"]]}), by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Declared. It never changes.")
    return redirect("interventions:recognition")


@requires(P.ADOPT)
@fresh
@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Show a recognition to the others, or keep it."""
    reach = request.authority.hospitals(P.ADOPT)
    selectors.one(code=code, hospital_ids=reach)
    form = ShowForm(request.POST)
    if not form.is_valid():
        return _page(request, problems=("Choose who may read it.",), status=400)
    try:
        actions.answer(code=code, hospital_ids=reach, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _page(request, problems=refusal.reasons, status=400)
    messages.success(request, "Your answer holds from now on.")
    return redirect("interventions:recognition")


@requires(P.READ_STANDING)
@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Show a recognition as a page to print."""
    row = selectors.one(code=code, hospital_ids=request.authority.hospitals(P.READ_STANDING))
    return render(request, "interventions/recognition_certificate.html", {"row": row})
