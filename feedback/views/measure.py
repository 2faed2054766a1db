"""The measure catalogue: what each measure means, in words, with the own counts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.selectors import measures
from sites.access.gates import requires
from sites.access.permissions import Permission as P


@requires(P.READ_CATALOGUE)
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """List the measures of every registry, newest versions."""
    return render(request, "feedback/measures.html", {"groups": measures.catalogue()})


@requires(P.READ_CATALOGUE)
@require_safe
def definition(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Show one definition in words, with numerator and denominator of the own hospital."""
    found = measures.definition(
        registry_code=registry, measure_code=measure, hospital_ids=request.authority.hospitals(P.READ_STANDING)
    )
    context = {"found": found, "crumbs": [("Measures", reverse("feedback:measures")), (found.measure.title, "")]}
    return render(request, "feedback/definition.html", context)
