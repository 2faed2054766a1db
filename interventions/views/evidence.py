"""What is done on a toolkit's page beside its steps: elements asked for, practices attached, versions, discussion."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from interventions.actions import comments as comment_actions
from interventions.actions import elements as element_actions
from interventions.actions import practices as practice_actions
from interventions.actions import toolkits as toolkit_actions
from interventions.forms_evidence import CommentForm, FlagForm, RuleForm, VersionForm
from interventions.selectors import elements, practices, toolkits
from interventions.views import toolkit_evidence, toolkit_page
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal


def _refused(request: HttpRequest, code: str, problems: tuple[str, ...]) -> HttpResponse:
    return toolkit_page.page(request, code, problems=problems, status=400)


@requires(P.CURATE)
@require_POST
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Let a toolkit ask for an element, or say which practice it was made from."""
    row = toolkits.one(code=code)
    form = toolkit_evidence.ask_form(request, row, request.POST)
    if not form.is_valid() or not any(form.cleaned_data.values()):
        return _refused(request, code, ("Choose an element or a practice.",))
    try:
        if form.cleaned_data["element"]:
            chosen = elements.one(code=form.cleaned_data["element"])
            element_actions.ask_of(toolkit=row, element=chosen, by=request.user, at=request.now)
        if form.cleaned_data["practice"]:
            practice = practices.one(
                code=form.cleaned_data["practice"], hospital_ids=request.authority.hospitals(P.CURATE)
            )
            practice_actions.attach(toolkit=row, practice_id=practice.pk, by=request.user, at=request.now)
    except Refusal as refusal:
        return _refused(request, code, refusal.reasons)
    return redirect("interventions:toolkit", code=code)


@requires(P.CURATE)
@require_POST
def version(request: HttpRequest, code: str) -> HttpResponse:
    """Write the next version of a toolkit."""
    row = toolkits.one(code=code)
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _refused(request, code, ("A version needs its components, one a line, and what changed and why.",))
    lines = [line.strip() for line in form.cleaned_data["components"].splitlines() if line.strip()]
    try:
        toolkit_actions.renew(
            toolkit=row, components=lines, change=form.cleaned_data["change"], by=request.user, at=request.now
        )
    except Refusal as refusal:
        return _refused(request, code, refusal.reasons)
    messages.success(request, "The next version stands; who adopted an earlier one keeps it.")
    return redirect("interventions:toolkit", code=code)


@requires(P.READ_STANDING, P.CURATE)
@require_POST
def comment(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a comment, without name or place for those who read it."""
    row = toolkits.one(code=code)
    own = request.authority.own_hospitals
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _refused(request, code, ("Write something, in at most 2,000 letters.",))
    try:
        comment_actions.write(
            toolkit=row,
            hospital_id=own[0] if own else None,
            words=form.cleaned_data["words"],
            by=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _refused(request, code, refusal.reasons)
    return redirect("interventions:toolkit", code=code)


@requires(P.READ_STANDING, P.CURATE)
@require_POST
def flag(request: HttpRequest, code: str) -> HttpResponse:
    """Flag a comment: it is hidden until the centre has looked."""
    form = FlagForm(request.POST)
    if not form.is_valid():
        raise Refusal("Say what is wrong with the comment.")
    comment_actions.flag(code=code, reason=form.cleaned_data["reason"], by=request.user, at=request.now)
    messages.success(request, "Hidden until the coordinating centre has looked.")
    return redirect("interventions:library")


@requires(P.CURATE)
@require_POST
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a flagged comment or take it away."""
    found = practices.toolkit_of(code=code)
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _refused(request, found.code, ("Keep it or take it away, and say why.",))
    comment_actions.rule(code=code, by=request.user, at=request.now, **form.cleaned_data)
    return redirect("interventions:toolkit", code=found.code)
