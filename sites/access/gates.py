"""The gates on the web and the API: ``@requires`` for views, ``RequiresPermission`` for the API, ``@public`` for the few open doors."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import BasePermission

from sites.access import policy
from sites.access.permissions import Permission
from sites.refusals import NotAllowed, StepUp

View = Callable[..., HttpResponse]


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Let a view run only for somebody who holds one of the permissions somewhere.

    The view itself still narrows to the hospitals the permission reaches; row security narrows once more.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            held = request.authority
            if not any(policy.can(held, permission) for permission in permissions):
                words = " or ".join(permission.words for permission in permissions)
                raise NotAllowed(f"Your role does not let you {words}. Ask your site lead or the coordinating centre.")
            return view(request, *args, **kwargs)

        guarded.gate = tuple(permissions)
        return guarded

    return decorate


CODE_AT = "code_at"
FRESH_FOR = timedelta(minutes=10)


def fresh(view: View) -> View:
    """Let a view run only within ten minutes of a code or a passkey (who has neither: the password); stands inside the gate."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shown = request.session.get(CODE_AT)
        if settings.SECOND_FACTOR and (shown is None or request.now > datetime.fromisoformat(shown) + FRESH_FOR):
            raise StepUp
        return view(request, *args, **kwargs)

    guarded.asks_again = True
    return guarded


def gives_file(view: View) -> View:
    """Mark a view that answers with a file to be saved, not with a page."""
    view.gives_file = True
    return view


def signed_in(view: View) -> View:
    """Let a view run for anybody who is signed in."""
    view.gate = "signed_in"
    return view


def public(view: View) -> View:
    """Let a view run for everybody; the test of gates lists these by hand."""
    view.gate = "public"
    return view


class Nobody(BasePermission):
    """The API's default: no."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Refuse."""
        return False


class SignedIn(BasePermission):
    """Somebody with a session of the site."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Ask for an authenticated person."""
        return bool(request.user and request.user.is_authenticated)


def requires_permission(*permissions: Permission) -> type[BasePermission]:
    """Build the API's twin of ``@requires``."""

    class RequiresPermission(BasePermission):
        """Ask the one lock."""

        gate = tuple(permissions)

        def has_permission(self, request: Any, view: Any) -> bool:
            """Tell whether the token's person holds one of the permissions at the token's hospital."""
            held = getattr(request, "authority", policy.NOBODY)
            token = request.auth
            return token is not None and any(
                policy.can(held, permission, hospital_id=token.hospital_id) for permission in permissions
            )

    return RequiresPermission
