"""Home by role, health, error pages, the gallery of components."""

from typing import Any

from celery import current_app
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from sites.access import policy
from sites.access.gates import public, signed_in
from sites.access.permissions import Permission as P
from sites.selectors import health as health_selectors

# Each floor serves its own panel; the page loads the panels of the floors by name, most urgent first.
PANELS = (
    ("registry:home-panel", (P.ENTER_CASES, P.READ_CASES, P.READ_OWN_CASES, P.CLOSE_PERIODS, P.IMPORT_ACROSS, P.REABSTRACT, P.TRAIN)),
    ("interventions:home-panel", (P.READ_STANDING,)),
    ("feedback:home-panel", (P.READ_STANDING, P.READ_BLINDED, P.PREPARE_RELEASES, P.CHECK_RELEASES)),
    ("interventions:notices-panel", (P.READ_CATALOGUE,)),
)


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what needs this person now."""
    panels = [
        reverse(name)
        for name, needed in PANELS
        if any(policy.can(request.authority, permission) for permission in needed)
    ]
    return render(request, "home.html", {"panels": panels})


@public
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 only when web, database, broker and worker all work."""
    state = {"web": True, "database": False, "broker": False, "worker": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        state["database"] = True
        state["worker"] = health_selectors.worker_alive(at=request.now)
    except DatabaseError:
        state["database"] = False
    state["broker"] = _broker_answers()
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _broker_answers() -> bool:
    try:
        with current_app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in every state."""
    return render(request, "gallery.html")


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer a malformed request."""
    return render(request, "errors/refused.html", {"reasons": ("The request could not be read.",)}, status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer what one may see but not do."""
    return render(request, "errors/403.html", {"reasons": ("Your role does not let you do this.",)}, status=403)


def missing(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer what is not there, or not there for this person: the same words."""
    return render(request, "errors/404.html", {"reasons": ("There is nothing here.",)}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer a defect."""
    return render(request, "errors/500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is stale, without losing the reader."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"reasons": ["Sign in again; nothing you typed is lost."]}, status=401)
    return render(
        request,
        "errors/refused.html",
        {"reasons": ("This page was open too long. Go back, reload it, and send it again.",)},
        status=403,
    )
