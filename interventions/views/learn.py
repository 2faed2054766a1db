"""Learn: who agreed to be named, the own invitations, and for the centre where each invitation stands."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import exemplars as actions
from interventions.forms import AnswerForm
from interventions.selectors import bright_spots
from interventions.views import pages
from sites.access import policy
from sites.access.gates import fresh, requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

COLUMNS = ["Hospital", "Measure", "Whom to ask", "What they do"]
INVITATION_COLUMNS = ["Hospital", "Measure", "State", "Read by", "Until"]
SHAPES = {"INVITED": "due", "ACCEPTED": "done", "UNNAMED": "current", "DECLINED": "none", "WITHDRAWN": "none"}


def _reach(request: HttpRequest) -> tuple[int, ...]:
    """Return the hospitals whose invitations this person reads: the own ones, or all for who invites."""
    return request.authority.hospitals(P.CURATE) + request.authority.hospitals(P.ADOPT)


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    """Show who agreed to be named and what they do, and the invitations within reach."""
    named = bright_spots.named(on=request.now.date())
    rows = [(row, SHAPES[row.state]) for row in bright_spots.exemplars(hospital_ids=_reach(request))]
    waiting = [row for row, _ in rows if row.state == "INVITED"]
    context = {
        "tabs": pages.tabs(request, "interventions:learn"),
        "sentence": _sentence(named, waiting=len(waiting), curates=policy.can(request.authority, P.CURATE)),
        "named": named,
        "rows": rows,
        "columns": COLUMNS,
        "invitation_columns": INVITATION_COLUMNS,
        "open": rows[0][0].code if waiting and not policy.can(request.authority, P.CURATE) else "",
    }
    return render(request, "interventions/learn.html", context)


def _sentence(named: list, *, waiting: int, curates: bool) -> str:
    if waiting and not curates:
        return "Your hospital stands out: **you are invited to say what you do**. Nobody but you and the coordinating centre knows."
    hospitals = len({one.hospital for one in named})
    if not hospitals:
        return "**No hospital is named.** A name is read here only while its hospital agrees, and five or more others stay unnamed."
    many = "One hospital that does better agrees" if hospitals == 1 else f"{hospitals} hospitals that do better agree"
    return f"**{many} to be named.** What they do is written by themselves."


@requires(P.ADOPT, P.CURATE)
@require_safe
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Show an invitation: why, what may be answered, every step so far."""
    return _page(request, code)


def _page(request: HttpRequest, code: str, *, form: AnswerForm | None = None, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    row = bright_spots.exemplar(code=code, hospital_ids=_reach(request))
    allowed = tuple(state.value for state in actions.ANSWERS[actions.State(row.state)])
    known = {
        "state": row.state if row.state in allowed else "", "audience": row.audience or "COLLABORATIVE",
        "expires_on": row.expires_on or request.now.date().replace(day=1, month=1, year=request.now.year + 1),
        "contact": row.contact, "practice": row.practice,
    }  # fmt: skip
    may_answer = policy.can(request.authority, P.ADOPT, hospital_id=row.hospital_id)
    context = {
        "row": row,
        "shape": SHAPES[row.state],
        "sentence": pages.invited(row),
        "form": (form or AnswerForm(allowed=allowed, initial=known)) if may_answer else None,
        "steps": bright_spots.steps(row),
        "step_columns": ["When", "Who", "What"],
        "problems": [(words, "#content") for words in problems],
        "crumbs": [("Learn", reverse("interventions:learn")), (row.measure_title, "")],
    }
    return render(request, "interventions/invitation.html", context, status=status)


@requires(P.ADOPT)
@fresh
@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Take the hospital's answer."""
    reach = request.authority.hospitals(P.ADOPT)
    row = bright_spots.exemplar(code=code, hospital_ids=reach)
    form = AnswerForm(request.POST, allowed=tuple(state.value for state in actions.ANSWERS[actions.State(row.state)]))
    if not form.is_valid():
        return _page(request, code, form=form, status=400)
    try:
        made = actions.answer(code=code, hospital_ids=reach, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _page(request, code, form=form, problems=refusal.reasons, status=400)
    messages.success(request, f"Your answer holds from now on: {made.get_state_display()}.")
    return redirect("interventions:invitation", code=code)
