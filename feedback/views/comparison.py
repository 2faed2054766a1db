"""Comparisons for the centre: request, watch, review without names, publish or discard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from feedback.actions import comparisons as actions
from feedback.charts import pages, sentences
from feedback.charts import review as review_charts
from feedback.forms import ComparisonForm, ReasonForm
from feedback.selectors import believed, model_card
from feedback.selectors import comparisons as selectors
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.selectors import jobs

COLUMNS = ["Comparison", "Registry", "State", ("Measures", "", "num"), ("Refused", "", "num"), "Asked by", "Published"]
SHAPES = {
    "QUEUED": "current",
    "FINISHED": "due",
    "FAILED": "error",
    "PUBLISHING": "current",
    "PUBLISHED": "done",
    "DISCARDED": "none",
}


def _form(data: dict | None = None) -> ComparisonForm:
    snapshots = selectors.open_snapshots()
    choices = [(s.period_id, f"{s.registry.title}: {s.period.label}") for s in snapshots]
    return ComparisonForm(data, snapshots=choices)


def _list(request: HttpRequest, form: ComparisonForm, *, status: int = 200) -> HttpResponse:
    rows = [{"comparison": row, "shape": SHAPES[row.status]} for row in selectors.listed()[:100]]
    context = {
        "rows": rows,
        "columns": COLUMNS,
        "form": form,
        "can_compare": bool(form.fields["upto"].choices),
        "may_run": policy.can(request.authority, P.RUN_COMPARISONS),
    }
    return render(request, "feedback/comparisons.html", context, status=status)


@requires(P.RUN_COMPARISONS, P.PUBLISH_COMPARISONS, P.READ_BLINDED)
@require_safe
def comparisons(request: HttpRequest) -> HttpResponse:
    """List comparisons, newest first."""
    return _list(request, _form())


@requires(P.RUN_COMPARISONS)
@require_POST
def request_one(request: HttpRequest) -> HttpResponse:
    """Ask for a comparison."""
    form = _form(request.POST)
    if not form.is_valid():
        return _list(request, form, status=400)
    registry, inside = selectors.window(upto_period=form.cleaned_data["upto"], periods=form.cleaned_data["periods"])
    made = actions.request(
        registry=registry, snapshots=inside, label=selectors.label(inside), by=request.user, at=request.now
    )
    return redirect("feedback:comparison", code=made.code)


@requires(P.RUN_COMPARISONS, P.PUBLISH_COMPARISONS, P.READ_BLINDED)
@require_safe
def review(request: HttpRequest, code: str) -> HttpResponse:
    """Show a comparison: progress while it runs, then each measure with its difference from the last one."""
    return _page(request, code, ReasonForm())


def _page(request: HttpRequest, code: str, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    comparison = selectors.one(code=code)
    last, earlier = selectors.before(comparison=comparison)
    runs = selectors.runs(comparison=comparison)
    rows = [review_charts.row(run, earlier=earlier.get(run.measure.code)) for run in runs]
    context = {
        "comparison": comparison,
        "shape": SHAPES[comparison.status],
        "rows": rows,
        "credibility": sentences.credibility_of_several(believed.of_comparisons(comparison_ids=[comparison.pk]).get(comparison.pk)),
        "columns": review_charts.COLUMNS,
        "sentence": review_charts.sentence(comparison, rows),
        "progress": _progress(comparison),
        "may_publish": policy.can(request.authority, P.PUBLISH_COMPARISONS) and comparison.status == "FINISHED",
        "last": last,
        "differences": review_charts.differences(runs, earlier=earlier, since=last.label) if last and runs else None,
        "form": form,
        "crumbs": [("Comparisons", reverse("feedback:comparisons")), (comparison.label, "")],
    }
    return render(request, "feedback/comparison.html", context, status=status)


def _progress(comparison: object) -> dict | None:
    job = comparison.job
    if job is None or comparison.status not in {"QUEUED", "PUBLISHING"}:
        return None
    return {
        "words": jobs.words(job),
        "done": job.progress.get("done", 0),
        "total": job.progress.get("of", 0),
        "url": reverse("feedback:comparison-progress", args=[comparison.code]),
        "finished": job.finished_at is not None,
    }


@requires(P.RUN_COMPARISONS, P.PUBLISH_COMPARISONS, P.READ_BLINDED)
@require_safe
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """Answer how far the job is; when it is over the page loads itself anew."""
    shown = _progress(selectors.one(code=code))
    if shown is None:
        response = HttpResponse("")
        response["HX-Refresh"] = "true"
        return response
    return render(request, "feedback/progress.html", shown)


@requires(P.PUBLISH_COMPARISONS)
@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish to the hospitals."""
    actions.publish(comparison=selectors.one(code=code), by=request.user, at=request.now)
    return redirect("feedback:comparison", code=code)


@requires(P.PUBLISH_COMPARISONS)
@require_POST
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Put a finished comparison aside, with the reason."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, code, form, status=400)
    reason = form.cleaned_data["reason"]
    actions.discard(comparison=selectors.one(code=code), by=request.user, at=request.now, reason=reason)
    return redirect("feedback:comparison", code=code)


@requires(P.RUN_COMPARISONS, P.PUBLISH_COMPARISONS, P.READ_BLINDED)
@require_safe
def model(request: HttpRequest, code: str, measure: str) -> HttpResponse:
    """Show the model card of one measure of a comparison, published or not."""
    comparison = selectors.one(code=code)
    run = selectors.run(comparison=comparison, measure_code=measure)
    crumbs = [
        ("Comparisons", reverse("feedback:comparisons")),
        (comparison.label, reverse("feedback:comparison", args=[code])),
        (run.measure.title, ""),
    ]
    if run.refusal:
        return render(request, "feedback/refused.html", {"run": run, "crumbs": crumbs})
    context = model_card.context(run, earlier=model_card.earlier_of(run, own_set=())) | {
        "crumbs": crumbs,
        "calibration": pages.calibration_chart(run.model, title=run.measure.title),
        "credibility": [*sentences.credibility_of_all(run.summary), f"measure version {run.summary['measure']['version']}"],
    }
    return render(request, "feedback/model.html", context)
