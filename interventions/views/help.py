"""Barriers of an adoption and the help with them; introductions, from both sides; for the centre who waits for a call."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from interventions.actions import help as actions
from interventions.forms_spread import AnsweredForm, AskForm, BarrierForm, SideForm
from interventions.selectors import help as selectors
from interventions.selectors import toolkits
from interventions.views import pages
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal


@requires(P.ADOPT, P.CURATE)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what the own hospitals asked and are asked; for the centre who waits for a call or material."""
    return _page(request)


def _page(request: HttpRequest, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    own = request.authority.hospitals(P.ADOPT)
    known = selectors.introductions() if own else {}
    asked = [(row, known.get(row.code)) for row in selectors.requests(hospital_ids=own)] if own else []
    offered = [(row, known.get(row.code)) for row in selectors.offers(hospital_ids=own)] if own else []
    curates = request.authority.hospitals(P.CURATE)
    context = {
        "tabs": pages.tabs(request, "interventions:help"), "asked": asked, "offered": offered, "problems": [(w, "#content") for w in problems],
        "waiting": selectors.waiting(hospital_ids=curates), "peers": selectors.peers_asked(hospital_ids=curates).most_common(),
        "to_choose": selectors.to_choose(hospital_ids=curates) if curates else [],
        "curates": bool(curates), "sentence": _sentence(asked, offered, curates=bool(curates)),
        "waiting_columns": ["Hospital", "Toolkit", "With what", "Which help", "Question", "What was done"],
    }  # fmt: skip
    return render(request, "interventions/help.html", context, status=status)


def _sentence(asked: list, offered: list, *, curates: bool) -> str:
    if curates:
        return (
            "Who waits for a call or for material. Introductions between hospitals are **theirs alone**: here they are counted."
            " You choose only where both sides agreed and one asked you to."
        )
    news = sum(1 for row, known in asked if row.state == "OPEN" and known and known.agreed) + sum(
        1 for row, _ in offered if row.state == "ASKED"
    )
    if news:
        return f"**{news} {'answer waits' if news == 1 else 'answers wait'} for you.** Nobody is named before both sides agree."
    return "Help with what stands in the way. **Nobody is named before both sides agree**, and either takes it back at once."


@requires(P.ADOPT)
@require_safe
def barriers(request: HttpRequest, code: str) -> HttpResponse:
    """Show what stands in an adoption's way and which help there is."""
    return _barriers(request, code)


def _barriers(
    request: HttpRequest,
    code: str,
    *,
    forms: dict[str, Any] | None = None,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    row = toolkits.adoption(code=code, hospital_ids=request.authority.hospitals(P.ADOPT))
    context = {
        "row": row, "barriers": selectors.barriers(adoption=row), "barrier_form": BarrierForm(), "ask_form": AskForm(),
        "problems": [(words, "#content") for words in problems],
        "asked": [one for one in selectors.requests(hospital_ids=(row.hospital_id,)) if one.adoption_id == row.pk],
        "crumbs": [
            ("Library", reverse("interventions:library")), (row.toolkit.title, reverse("interventions:adoption", args=[row.code])),
            ("In the way", ""),
        ],
    } | (forms or {})  # fmt: skip
    return render(request, "interventions/help_barriers.html", context, status=status)


@requires(P.ADOPT)
@require_POST
def pick(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a barrier, or that it was overcome."""
    return _keep(request, code, form=BarrierForm(request.POST), name="barrier_form", act=actions.pick)


@requires(P.ADOPT)
@require_POST
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for help."""
    return _keep(request, code, form=AskForm(request.POST), name="ask_form", act=actions.ask)


def _keep(request: HttpRequest, code: str, *, form: Any, name: str, act: Any) -> HttpResponse:
    row = toolkits.adoption(code=code, hospital_ids=request.authority.hospitals(P.ADOPT))
    if not form.is_valid():
        return _barriers(request, code, forms={name: form}, status=400)
    try:
        act(adoption=row, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _barriers(request, code, forms={name: form}, problems=refusal.reasons, status=400)
    messages.success(request, "Kept." if name == "barrier_form" else "Asked. What comes of it stands under Help.")
    return redirect("interventions:barriers", code=code)


@requires(P.ADOPT)
@require_POST
def answer_request(request: HttpRequest, code: str) -> HttpResponse:
    """Agree to be named to a peer, or withdraw."""
    return _side(request, code, find=selectors.request, act=actions.answer_request)


@requires(P.ADOPT)
@require_POST
def answer_offer(request: HttpRequest, code: str) -> HttpResponse:
    """Agree to help, decline, or take the consent back."""
    return _side(request, code, find=selectors.offer, act=actions.answer_offer)


def _side(request: HttpRequest, code: str, *, find: Any, act: Any) -> HttpResponse:
    reach = request.authority.hospitals(P.ADOPT)
    find(code=code, hospital_ids=reach)
    form = SideForm(request.POST)
    if not form.is_valid():
        return _page(request, problems=("Choose one of the answers.",), status=400)
    try:
        act(code=code, hospital_ids=reach, by=request.user, at=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return _page(request, problems=refusal.reasons, status=400)
    messages.success(request, "Your answer holds from now on.")
    return redirect("interventions:help")


@requires(P.CURATE)
@require_POST
def settle(request: HttpRequest, code: str) -> HttpResponse:
    """Say what was done about a call or material."""
    found = selectors.request(code=code, hospital_ids=request.authority.hospitals(P.CURATE))
    if found.way in selectors.BETWEEN or not policy.can(request.authority, P.CURATE):
        raise NotFound
    form = AnsweredForm(request.POST)
    if not form.is_valid():
        return _page(request, problems=("Say what was done.",), status=400)
    actions.settle(code=code, answer=form.cleaned_data["answer"], by=request.user, at=request.now)
    return redirect("interventions:help")


@requires(P.CURATE)
@require_POST
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """Introduce a hospital that agreed to the one that asked the centre to choose."""
    try:
        actions.choose(
            code=code, offer=request.POST.get("offer", ""), hospital_ids=request.authority.hospitals(P.CURATE), by=request.user, at=request.now
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, problems=refusal.reasons, status=400)
    messages.success(request, "They are introduced: each now reads the other’s name and whom to reach.")
    return redirect("interventions:help")
