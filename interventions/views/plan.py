"""What a hospital works on: at most three priorities with owner, lever and next step; and for the centre how far reports came."""

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interventions.actions import plan as actions
from interventions.forms_spread import OWN, EndForm, OwnerForm, PriorityForm, ProgressForm
from interventions.selectors import plan as selectors
from interventions.views import pages
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal

COLUMNS = ["Place", "Measure", "What changes", "Who", "Next step", "State"]
CYCLE = ("Delivered", "Opened", "Cases looked at", "Acknowledged", "Acted on", "Measure moved")
CYCLE_COLUMNS = ["Report", *((words, "", "num") for words in CYCLE), "Breaks most"]
STAGES = ("delivered", "opened", "drilled", "acknowledged", "acting", "moved")
WORDS = dict(zip(STAGES, ("delivery", "opening", "looking at cases", "acknowledging", "acting", "moving"), strict=True))
SHAPES = {"OPEN": "current", "DONE": "done", "STOPPED": "none"}


@requires(P.READ_STANDING, P.CURATE)
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """Show the own priorities, what may be planned, and for the centre how far each report came."""
    reach = request.authority.hospitals(P.READ_STANDING)
    rows = selectors.priorities(hospital_ids=reach) if reach else []
    running = [one for one in rows if one.row.state == "OPEN"]
    may = policy.can(request.authority, P.ADOPT)
    reports = selectors.reports(hospital_ids=reach)
    noted = selectors.acknowledged(comparison_ids=[one.comparison.pk for one in reports], hospital_ids=reach)
    context = {
        "tabs": pages.tabs(request, "interventions:plans"),
        "sentence": _sentence(running, own=bool(reach), may=may),
        "rows": [(one, SHAPES[one.row.state], _due(one, request.now.date())) for one in rows],
        "columns": COLUMNS, "several": len(reach) > 1, "may": may,
        "reports": [(one, one.comparison.pk in noted) for one in reports] if may else [],
        "cycle": _cycle(selectors.cycle()) if policy.can(request.authority, P.CURATE) else [],
        "cycle_columns": CYCLE_COLUMNS,
    }  # fmt: skip
    return render(request, "interventions/plans.html", context)


def _sentence(running: list, *, own: bool, may: bool) -> str:
    if not own:
        return "How far each report came, in numbers of hospitals. **Which hospital stops where is not shown**: the chain is what to mend."
    if not running:
        first = (
            "Choose one from a measure of your standing."
            if may
            else "Your site lead chooses one from a measure of the standing."
        )
        return f"**Nothing is planned.** {first}"
    many = {1: "One priority is", 2: "Two priorities are", 3: "Three priorities are"}.get(
        len(running), f"{len(running)} priorities are"
    )
    return f"**{many} open**; three a hospital are the most."


def _due(one: selectors.Shown, today: Any) -> str:
    """Say in a word that a next step is due, where its day has come."""
    return "due" if one.row.state == "OPEN" and one.following is not None and one.following.due_on <= today else ""


def _cycle(reports: list[selectors.Cycle]) -> list[tuple[selectors.Cycle, list, str]]:
    """Show how far each report came. Whether a measure moved is told by a later report: of a registry's newest it is not known yet."""
    newest = {one.registry: one for one in reversed(reports)}
    return [(one, _counts(one, is_newest=newest[one.registry] is one), _breaks(one, is_newest=newest[one.registry] is one)) for one in reports]


def _counts(one: selectors.Cycle, *, is_newest: bool) -> list[tuple[str, int | str, int | None]]:
    """Return each stage's words, hospitals, and their share of the delivered in whole per cent."""
    numbers = [getattr(one, stage) for stage in STAGES]
    if is_newest:
        told = [*_counts(one, is_newest=False)[:-1]]
        return [*told, (CYCLE[-1], "–", None)]
    return [
        (words, n, round(100 * n / one.delivered) if one.delivered and at else None)
        for at, (words, n) in enumerate(zip(CYCLE, numbers, strict=True))
    ]


def _breaks(one: selectors.Cycle, *, is_newest: bool) -> str:
    """Name the stage before which most hospitals are lost."""
    lost = {stage: getattr(one, before) - getattr(one, stage) for before, stage in pairwise(STAGES[: -1 if is_newest else None])}
    stage = max(lost, key=lambda name: lost[name])
    return f"before {WORDS[stage]}" if lost[stage] > 0 else "nowhere"


@requires(P.ADOPT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Choose a priority from a measure of the newest report."""
    reach = request.authority.hospitals(P.ADOPT)
    report = selectors.report(
        registry=registry, measure=measure, hospital_ids=request.authority.hospitals(P.READ_STANDING)
    )
    names = [(pk, request.own_names[pk]) for pk in reach]
    levers = selectors.levers(registry=registry, measure=measure)
    owners = sorted(
        {person for pk in reach for person in selectors.owners(hospital_id=pk, on=request.now.date())},
        key=lambda one: one[1],
    )
    chosen = {
        "hospitals": names, "owners": owners, "watchable": selectors.watchable(report),
        "levers": [(key, f"{kit.title}: {words}") for key, words, kit in levers],
    }  # fmt: skip
    form = PriorityForm(
        request.POST if request.method == "POST" else None,
        **chosen,
        initial={"hospital": reach[0], "owner": request.user.pk, "watched": measure},
    )
    problems: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.choose(
                **_chosen(form.cleaned_data, report, measure, levers),
                comparison=report.comparison,
                by=request.user,
                at=request.now,
            )
        except Refusal as refusal:
            problems = refusal.reasons
        else:
            messages.success(request, "It is one of your three now.")
            return redirect("interventions:plan", code=made.code)
    title = dict(report.measures)[measure]
    context = {
        "form": form, "title": title, "registry": registry, "measure": measure, "problems": [(words, "#content") for words in problems],
        "crumbs": [("Plans", reverse("interventions:plans")), (title, reverse("feedback:standing-measure", args=[registry, measure])), ("New", "")],
    }  # fmt: skip
    return render(request, "interventions/plan_new.html", context, status=400 if request.method == "POST" else 200)


def _chosen(given: dict[str, Any], report: selectors.Report, measure: str, levers: list) -> dict[str, Any]:
    titles = dict(report.measures)
    found = {key: (words, kit) for key, words, kit in levers}
    lever, toolkit = (given["own_lever"], None) if given["lever"] == OWN else found[given["lever"]]
    return {
        "hospital_id": given["hospital"], "measure": (measure, titles[measure]), "watched": (given["watched"], titles[given["watched"]]),
        "owner_id": given["owner"], "toolkit": toolkit, "lever": lever, "step": given["step"], "due_on": given["due_on"],
    }  # fmt: skip


@requires(P.READ_STANDING)
@require_safe
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """Show one priority with its steps."""
    return _page(request, code)


def _page(
    request: HttpRequest,
    code: str,
    *,
    forms: dict[str, Any] | None = None,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    row = selectors.priority(code=code, hospital_ids=request.authority.hospitals(P.READ_STANDING))
    may = row.state == "OPEN" and policy.can(request.authority, P.ADOPT, hospital_id=row.hospital_id)
    owners = selectors.owners(hospital_id=row.hospital_id, on=request.now.date()) if may else []
    context = {
        "row": row, "shape": SHAPES[row.state], "steps": selectors.steps(row), "may": may, "problems": [(words, "#content") for words in problems],
        "moved": selectors.moved(row),
        "progress_form": ProgressForm(), "end_form": EndForm(), "owner_form": OwnerForm(owners=owners, initial={"owner": row.owner_id}),
        "facts": [
            ("What changes", row.lever), ("Who answers for it", row.owner.name), ("Seen by", row.watched_title),
            ("Chosen", f"{row.made_at:%-d %B %Y}, from {row.comparison.label}"),
        ],
        "crumbs": [("Plans", reverse("interventions:plans")), (row.measure_title, "")],
    } | (forms or {})  # fmt: skip
    return render(request, "interventions/plan.html", context, status=status)


@requires(P.ADOPT)
@require_POST
def note(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a note or the next step."""
    return _do(request, code, form=ProgressForm(request.POST), name="progress_form", act=actions.note)


@requires(P.ADOPT)
@require_POST
def end(request: HttpRequest, code: str) -> HttpResponse:
    """End a priority, done or stopped."""
    return _do(request, code, form=EndForm(request.POST), name="end_form", act=actions.end)


@requires(P.ADOPT)
@require_POST
def hand_on(request: HttpRequest, code: str) -> HttpResponse:
    """Give a priority another owner."""
    row = selectors.priority(code=code, hospital_ids=request.authority.hospitals(P.ADOPT))
    owners = selectors.owners(hospital_id=row.hospital_id, on=request.now.date())
    form = OwnerForm(request.POST, owners=owners)
    if not form.is_valid():
        return _page(request, code, forms={"owner_form": form}, status=400)
    try:
        actions.hand_on(
            code=code,
            hospital_ids=(row.hospital_id,),
            owner_id=form.cleaned_data["owner"],
            by=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _page(request, code, forms={"owner_form": form}, problems=refusal.reasons, status=400)
    return redirect("interventions:plan", code=code)


def _do(request: HttpRequest, code: str, *, form: Any, name: str, act: Any) -> HttpResponse:
    reach = request.authority.hospitals(P.ADOPT)
    if not form.is_valid():
        selectors.priority(code=code, hospital_ids=reach)
        return _page(request, code, forms={name: form}, status=400)
    try:
        act(code=code, hospital_ids=reach, by=request.user, at=request.now, **form.cleaned_data)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, code, forms={name: form}, problems=refusal.reasons, status=400)
    return redirect("interventions:plan", code=code)


@requires(P.ADOPT)
@require_POST
def acknowledge(request: HttpRequest, code: str) -> HttpResponse:
    """Say that the hospital has taken note of a report."""
    reach = request.authority.hospitals(P.ADOPT)
    actions.acknowledge(
        comparison=selectors.comparison(code=code, hospital_ids=request.authority.hospitals(P.READ_STANDING)),
        hospital_ids=reach,
        by=request.user,
        at=request.now,
    )
    messages.success(request, "Kept: your hospital has taken note of the report.")
    return redirect("interventions:plans")


@requires(P.READ_STANDING)
@require_POST
def panel(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Keep that a report was opened (not by whom), and draw what is planned on this measure: a part of its page."""
    reach = request.authority.hospitals(P.READ_STANDING)
    report = selectors.report(registry=registry, measure=measure, hospital_ids=reach)
    actions.seen(
        comparison_id=report.comparison.pk,
        hospital_ids=reach,
        measure_code=measure,
        cases=request.POST.get("cases") == "1",
        at=request.now,
    )
    shown = [
        one
        for one in selectors.priorities(hospital_ids=reach)
        if one.row.state == "OPEN" and one.row.measure_code == measure
    ]
    context = {
        "shown": shown,
        "may": policy.can(request.authority, P.ADOPT),
        "registry": registry,
        "measure": measure,
        "several": len(reach) > 1,
    }
    return render(request, "interventions/plan_panel.html", context)
