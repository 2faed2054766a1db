"""Strict headers on every answer of the portal; nothing is cached, no query is read. Sessions that nobody uses end."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class Headers:
    """Put the headers on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers."""
        response = self.get_response(request)
        response["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        response["X-Frame-Options"] = "DENY"
        response["Cache-Control"] = "private, no-store"
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        return response


class Ends:
    """Sign out whoever has not used the portal for a quarter of an hour, and everybody after twelve hours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at both ends, and at most once a minute note that the session is in use."""
        if request.user.is_authenticated:
            now, held = timezone.now(), request.session
            since = datetime.fromisoformat(held.setdefault("since", now.isoformat()))
            seen = datetime.fromisoformat(held.get("seen", now.isoformat()))
            if now > seen + settings.IDLE or now > since + timedelta(seconds=settings.SESSION_COOKIE_AGE):
                logout(request)
            elif "seen" not in held or now > seen + timedelta(minutes=1):
                held["seen"] = now.isoformat()
        return self.get_response(request)
