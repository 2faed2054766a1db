"""A reviewer's blind second reading: the chart's key and date, the same form, nothing of the first reading."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registry.actions import readings as actions
from registry.actions.sheets import NotFinished
from registry.calendar import day_words
from registry.selectors import dictionaries, readings
from registry.views import case_page, sheet_page
from sites.access.gates import requires
from sites.access.permissions import Permission as P


@requires(P.REABSTRACT)
@require_safe
def reading(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form of one's own open reading; a finished one is only told of."""
    found = readings.own(code=code, person_id=request.user.pk)
    if found.status != "OPEN":
        messages.info(request, f"Chart {found.key} is read; a finished reading does not open again.")
        return redirect("registry:audits")
    return render(request, "registry/reading.html", _context(request, found))


def _context(request: HttpRequest, found: Any) -> dict[str, Any]:
    save_url = reverse("registry:save-reading", args=[found.code])
    context = sheet_page.context(
        request, sheet=found, registry=found.audit.registry, save_url=save_url, title=found.audit.registry.title, dates=_dates(found)
    )
    return context | {"reading": found}


def _dates(found: Any) -> str:
    return f"{found.hospital.name} · {day_words(found.occurred_on)}"


@requires(P.REABSTRACT)
@require_POST
def save(request: HttpRequest, code: str) -> HttpResponse:
    """Keep what changed."""
    found = readings.own(code=code, person_id=request.user.pk)
    sent = case_page.message(request.body)
    row, saved = actions.save(reading_id=found.pk, changes=sent.changes, reasons=sent.reasons, by=request.user, at=request.now)
    dictionary = dictionaries.governed(found.version, registry=found.audit.registry)
    return JsonResponse(
        sheet_page.answer(saved, sheet=row, dictionary=dictionary, title=found.audit.registry.title, dates=_dates(found))
    )


@requires(P.REABSTRACT)
@require_POST
def finish(request: HttpRequest, code: str) -> HttpResponse:
    """Finish the reading, or show what stands in the way."""
    found = readings.own(code=code, person_id=request.user.pk)
    try:
        actions.finish(reading_id=found.pk, by=request.user, at=request.now)
    except NotFinished as refusal:
        context = _context(request, found) | {"summary": sheet_page.summary(refusal.findings), "summary_title": refusal.reasons[0]}
        return render(request, "registry/reading.html", context, status=400)
    messages.success(request, f"Chart {found.key} is read.")
    return redirect("registry:audits")
