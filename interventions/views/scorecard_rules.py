"""The documents of rules: read them, write a draft, take a year one step further."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interventions.actions import scorecards as actions
from interventions.forms_scorecard import RulesForm
from interventions.selectors import scorecards
from interventions.views import scorecard_page as words
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

# Who takes which step; each of freezing and releasing needs somebody else than the step before.
NEEDS = {"freeze": P.DEFINE, "appeals": P.CURATE, "finish": P.CURATE, "release": P.CHECK_RELEASES}
READERS = (P.READ_STANDING, P.CURATE, P.CHECK_RELEASES)


@requires(*READERS)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """List the documents of rules by year."""
    rows = [(row, words.stage(row)) for row in scorecards.listed()]
    crumbs = [("Scorecard", reverse("interventions:scorecard")), ("Rules", "")]
    context = {
        "rows": rows,
        "crumbs": crumbs,
        "may_write": policy.can(request.authority, P.DEFINE),
        "columns": ["Rules", "Year", "Version", "State"],
    }
    return render(request, "interventions/scorecard_rules.html", context)


@requires(P.DEFINE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a draft."""
    form = RulesForm(request.POST if request.method == "POST" else None)
    problems: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.draft(
                source=form.cleaned_data["source"].replace("\r\n", "\n"), by=request.user, at=request.now
            )
        except Refusal as refusal:
            problems = refusal.reasons
        else:
            messages.success(request, "Kept as a draft. Somebody else freezes it before its year begins.")
            return redirect("interventions:scorecard-rules", code=made.code)
    crumbs = [
        ("Scorecard", reverse("interventions:scorecard")),
        ("Rules", reverse("interventions:scorecard-list")),
        ("New", ""),
    ]
    context = {"form": form, "problems": [(one, "#field-source") for one in problems], "crumbs": crumbs}
    return render(request, "interventions/scorecard_new.html", context, status=400 if request.method == "POST" else 200)


@requires(*READERS)
@require_safe
def rules(request: HttpRequest, code: str) -> HttpResponse:
    """Show a document of rules in words, with its hash."""
    return _page(request, code)


def _page(request: HttpRequest, code: str, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    row = scorecards.one(code=code)
    held = scorecards.rules(row)
    step = actions.next_step(row)
    columns = ["Item", *[(cohort.title, "", "num") for cohort in held.cohorts], "Scale", "Improvement"]
    context = {
        "row": row, "rules": held, "stage": words.stage(row), "columns": columns, "items": [_item(item, held) for item in held.items],
        "step": step if step and policy.can(request.authority, NEEDS[step]) else "", "step_words": actions.STEPS.get(step, ""),
        "problems": [(one, "#content") for one in problems],
        "crumbs": [("Scorecard", reverse("interventions:scorecard")), ("Rules", reverse("interventions:scorecard-list")), (row.title, "")],
        "credibility": [f"version {row.version}", f"sha256 {row.digest[:12]}…", f"appeals open for {held.appeal_days} days"],
        "sentence": _sentence(row),
    }  # fmt: skip
    return render(request, "interventions/scorecard_document.html", context, status=status)


def _item(item: Any, held: Any) -> dict[str, Any]:
    return {
        "item": item, "weights": [(cohort.title, words.points(item.weights[cohort.code])) for cohort in held.cohorts], "scale": _scale(item.scale),
        "improvement": _scale(item.improvement, of=" of the way") if item.improvement else "–",
    }  # fmt: skip


def _scale(scale: Any, *, of: str = "") -> str:
    return ", ".join(f"{100 * value:g}\u202f%{of} earns {100 * share:g}\u202f%" for value, share in scale.points)


def _sentence(row: Any) -> str:
    if row.frozen_at is None:
        return f"**A draft.** It binds nobody until somebody else freezes it, before {row.year} begins."
    return f"**Frozen on {row.frozen_at:%-d %B %Y}**, before {row.year} began; the database refuses any change."


@requires(P.DEFINE, P.CURATE, P.CHECK_RELEASES)
@require_POST
def step(request: HttpRequest, code: str) -> HttpResponse:
    """Take a year one step further."""
    row = scorecards.one(code=code)
    to = request.POST.get("to", "")
    if to not in NEEDS or not policy.can(request.authority, NEEDS[to]):
        return _page(request, code, problems=("Your role does not take this step.",), status=400)
    try:
        actions.step(code=row.code, to=to, by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, code, problems=refusal.reasons, status=400)
    messages.success(request, "Done; it stands in the trail.")
    return redirect("interventions:scorecard-rules", code=code)
