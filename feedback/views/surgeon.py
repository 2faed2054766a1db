"""A surgeon's own results, private to that surgeon."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.charts import surgeons
from feedback.selectors import believed
from feedback.selectors import dashboard as selectors
from sites import audit
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound


@requires(P.READ_OWN_STANDING)
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """List own results over all own hospitals."""
    found = selectors.surgeon(person_id=request.user.pk)
    rests = _rests(request, found)
    rows = [surgeons.row(run=run, own=document, today=request.now.date(), believed=rests.get(run.pk, {})) for run, document in found]
    return render(request, "feedback/surgeon.html", {"rows": rows})


@requires(P.READ_OWN_STANDING)
@require_safe
def measure(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Show one own measure: trend and cases first, a comparison only where it can be told."""
    found = [
        (run, document)
        for run, document in selectors.surgeon(person_id=request.user.pk)
        if run.measure.code == measure and run.comparison.registry_id == selectors.registry(code=registry).pk
    ]
    if not found:
        raise NotFound
    run, own = found[0]
    audit.record(
        action="read own results", at=request.now, by=request.user, kind="measure", object_id=f"{registry} {measure}"
    )
    rests = _rests(request, [(run, own)]).get(run.pk, {})
    context = surgeons.page(run=run, own=own, today=request.now.date(), believed=rests) | {
        "crumbs": [("My results", reverse("feedback:surgeon")), (run.measure.title, "")]
    }
    return render(request, "feedback/surgeon_measure.html", context)


def _rests(request: HttpRequest, found: list[tuple[Any, dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    """Return what the hospitals of the surgeon contributed, by run."""
    return believed.of_hospitals(run_ids=[run.pk for run, _ in found], hospital_ids=request.authority.hospitals(P.READ_STANDING))
