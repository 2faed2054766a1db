"""Standings with their hospital's name, for the centre in identified mode; every look is in that hospital's trail."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.selectors import dashboard as selectors
from feedback.views import dashboard
from sites import audit
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotAllowed
from sites.selectors import hospitals as hospital_selectors


def _require_mode(request: HttpRequest) -> None:
    if not request.authority.identified:
        raise NotAllowed(
            "Results with a hospital’s name open in identified mode only. Enter it on your account page, with a reason."
        )


def _look(request: HttpRequest, *, hospital_id: int, what: str) -> None:
    audit.record(
        action="read identified standing",
        at=request.now,
        by=request.user,
        hospital_id=hospital_id,
        kind="standing",
        object_id=what,
    )


@requires(P.IDENTIFY)
@require_safe
def hospitals(request: HttpRequest) -> HttpResponse:
    """List the hospitals; no result stands here."""
    _require_mode(request)
    rows = hospital_selectors.reached(hospital_ids=request.authority.every_hospital)
    crumbs = [("Standing", reverse("feedback:standing")), ("Hospitals", "")]
    return render(request, "feedback/identified.html", {"rows": rows, "crumbs": crumbs})


@requires(P.IDENTIFY)
@require_safe
def overview(request: HttpRequest, hospital: str) -> HttpResponse:
    """Show one hospital's overview as that hospital sees it."""
    _require_mode(request)
    found = selectors.hospital(code=hospital)
    _look(request, hospital_id=found.pk, what="overview")
    crumbs = [
        ("Standing", reverse("feedback:standing")),
        ("Hospitals", reverse("feedback:identified")),
        (found.name, ""),
    ]
    context = {
        "sections": dashboard.sections(selectors.shelves(hospital_ids=(found.pk,)), _reader(request, found)),
        "hospital": found,
        "title": found.name,
        "crumbs": crumbs,
    }
    return render(request, "feedback/overview.html", context)


def _reader(request: HttpRequest, found: Any) -> dashboard.Reader:
    return dashboard.Reader(
        names=((found.pk, found.name),), today=request.now.date(), identified=True, hospital=found.code
    )


@requires(P.IDENTIFY)
@require_safe
def measure(request: HttpRequest, hospital: str, registry: str, measure: str) -> HttpResponse:
    """Show one measure of one hospital as that hospital sees it."""
    _require_mode(request)
    found = selectors.hospital(code=hospital)
    key = selectors.key(registry_code=registry, measure_code=measure, hospital_ids=(found.pk,))
    page = dashboard.measure_page(key, _reader(request, found))
    _look(request, hospital_id=found.pk, what=f"{registry} {measure}")
    page["crumbs"] = [
        ("Hospitals", reverse("feedback:identified")),
        (found.name, reverse("feedback:identified-hospital", args=[found.code])),
        (page["title"], ""),
    ]
    return render(request, "feedback/measure.html", page)
