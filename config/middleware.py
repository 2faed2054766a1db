"""What surrounds every request: an id, strict headers, the person's authority and scope bound once, default deny."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from config import frame
from sites import audit
from sites.access import policy
from sites.access.scope import bound
from sites.refusals import NotAllowed, NotFound, Refusal, StepUp, TooOften
from sites.selectors import hospitals, tokens

Next = Callable[[HttpRequest], HttpResponse]

# The hash is that of the empty style element that the chart library creates (docs/decisions/0006).
POLICY = (
    "default-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
IDENTIFIED_UNTIL = "identified_until"
API = "/api/"
WATCHING = "X-Watching"


class RequestId:
    """Give every request an id that the audit trail and the answer carry."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Name the request."""
        request.id = str(uuid.uuid4())
        token = audit.request_id.set(request.id)
        try:
            response = self.get_response(request)
        finally:
            audit.request_id.reset(token)
        response["X-Request-Id"] = request.id
        return response


class Headers:
    """Put the strict headers on every answer; nothing personal is ever cached."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        response["Cache-Control"] = "private, no-store"
        response["X-Frame-Options"] = "DENY"
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        return response


class SignedIn:
    """Put the person of the session on the request, read together with the session when somebody asks."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Name the person lazily: a static file or a health check reads no session. Who only watches does not prolong it."""
        request.session.passive = WATCHING in request.headers or request.path == reverse("sites:session")

        def person() -> Any:
            holder = request.session.holder()
            # Django itself says why not: nobody is signed in, or a key or a password has changed since.
            return holder.person if holder is not None else get_user(request)

        request.user = SimpleLazyObject(person)
        return self.get_response(request)


class BindScope:
    """Read the person's authority once and bind it to everything the request does in the database."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Bind, run, unbind."""
        now = timezone.now()
        request.now = now
        request.source = source(request)
        request.authority = policy.NOBODY
        request.own_names, request.frame = {}, frame.NOBODYS
        request.token = None
        if request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if secret and request.path.startswith(API):
            request.token = tokens.by_secret(secret=secret, at=now)
            if request.token is not None:
                request.authority = policy.authority(request.token.person, on=now.date())
        elif request.user.is_authenticated:
            request.authority, request.own_names = _held(request, now)
            request.frame = frame.of(request)
        with bound(request.authority.scope()):
            return self.get_response(request)


def source(request: HttpRequest) -> str:
    """Return from where a request came: as far to the left in X-Forwarded-For as we have proxies of our own, no further.

    What stands further left was written by whoever asks, and may be anything.
    """
    proxies = settings.TRUSTED_PROXIES
    named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(named) >= proxies:
        return named[-proxies][:64]
    return request.META.get("REMOTE_ADDR", "")


def _held(request: HttpRequest, now: datetime) -> tuple[policy.Authority, dict[int, str]]:
    """Return what the person holds at this moment, and the names of their own hospitals."""
    identified, holder = _identified(request, now), request.session.holder()
    if holder is not None:
        return (replace(holder.authority, identified=True) if identified else holder.authority), holder.names
    held = policy.authority(request.user, on=now.date(), identified=identified)
    with bound(held.scope()), transaction.atomic():
        return held, hospitals.names(hospital_ids=held.own_hospitals)


def _identified(request: HttpRequest, now: datetime) -> bool:
    until = request.session.get(IDENTIFIED_UNTIL)
    return until is not None and now < datetime.fromisoformat(until)


class DefaultDeny:
    """Refuse every view that no gate stands before; turn refusals into pages or into JSON."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; the work is in the hooks."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        """Ask for the gate before the view runs. PostgreSQL knows no NUL, so no query may hold one."""
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("A query holds a NUL.")
        gate = getattr(view, "gate", None) or getattr(getattr(view, "cls", None), "gate", None)
        if gate is None:
            return refuse(request, status=403, reasons=("This address has no gate, so it stays shut.",))
        if gate in {"public", "api"}:
            return None
        if not request.user.is_authenticated:
            if wants_json(request):
                return JsonResponse({"reasons": ["Sign in again; nothing you typed is lost."]}, status=401)
            return redirect_to_login(request.get_full_path(), login_url=settings.LOGIN_URL)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer refusals in words; let defects be defects."""
        if isinstance(error, StepUp) and not wants_json(request):
            return redirect(confirm_address(request))
        if isinstance(error, NotFound):
            return refuse(request, status=404, reasons=error.reasons)
        if isinstance(error, NotAllowed):
            return refuse(request, status=403, reasons=error.reasons)
        if isinstance(error, TooOften):
            return refuse(request, status=429, reasons=error.reasons)
        if isinstance(error, Refusal):
            return refuse(request, status=409, reasons=error.reasons)
        return None


def confirm_address(request: HttpRequest) -> str:
    """Return where somebody shows once more who they are, and comes back from to the page they were on."""
    # A file is no page to come back to: whoever asked for it goes back to where its link stands.
    safe = request.method in {"GET", "HEAD"} and not getattr(request.resolver_match.func, "gives_file", False)
    back = request.get_full_path() if safe else urlsplit(request.headers.get("Referer", "")).path or "/"
    return f"{reverse('sites:confirm')}?{urlencode({'next': back})}"


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a script asked, not a person."""
    return request.headers.get("Accept", "").startswith("application/json")


def refuse(request: HttpRequest, *, status: int, reasons: tuple[str, ...]) -> HttpResponse:
    """Say no in the form the asker reads. A missing page is the same whether it exists elsewhere or not."""
    if wants_json(request):
        return JsonResponse({"reasons": list(reasons)}, status=status)
    template = {403: "errors/403.html", 404: "errors/404.html"}.get(status, "errors/refused.html")
    return render(request, template, {"reasons": reasons}, status=status)
