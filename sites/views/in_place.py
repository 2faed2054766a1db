"""Sign the person of an open page in again without leaving it: scripts ask here, and the page keeps what was typed."""

from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from sites.access.gates import public
from sites.actions import sessions
from sites.actions.second_factor import held, needed
from sites.forms import CodeForm, SessionForm
from sites.refusals import Refusal
from sites.views import passkeys, second_factor

WRONG = "The address and the password do not go together. Try again, or ask your site lead."
SOMEBODY_ELSE = "This page was opened by somebody else. Sign in as that person, or open Cairn in another window."
SET_UP_FIRST = (
    "Your account needs an authenticator app. Set it up in another tab, then come back; nothing you typed is lost."
)
TOO_LATE = "That took longer than five minutes. Close this and give your password once more."


@public
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> JsonResponse:
    """Tell a script whether the session lives, with a fresh form token; sign the same person in again, in one or two steps."""
    ask: dict[str, Any] = {}
    if request.method == "POST":
        try:
            ask = _sign_in(request)
        except Refusal as refusal:
            return JsonResponse({"reasons": list(refusal.reasons)}, status=400)
    who = request.user.email if request.user.is_authenticated else ""
    return JsonResponse({"person": who, "token": get_token(request), "ask": ask})


def _sign_in(request: HttpRequest) -> dict[str, Any]:
    """Take the next step of signing in; return what is still asked for, nothing once the person is signed in."""
    expected = request.POST.get("expected", "").strip().lower()
    here = request.user.email.lower() if request.user.is_authenticated else expected
    if here != expected:
        raise Refusal(SOMEBODY_ELSE)
    if "credential" in request.POST:
        return _passkey(request, expected)
    return _code(request, expected) if "code" in request.POST else _password(request, expected)


def _passkey(request: HttpRequest, expected: str) -> dict[str, Any]:
    person = passkeys.shown(request)
    if person.email.lower() != expected:
        raise Refusal(SOMEBODY_ELSE)
    request.session.pop(second_factor.HALF, None)
    second_factor.enter(request, person)
    return {}


def _password(request: HttpRequest, expected: str) -> dict[str, Any]:
    form = SessionForm(request.POST)
    if not form.is_valid():
        raise Refusal(WRONG)
    email = form.cleaned_data["email"]
    if sessions.too_many_failures(address=email, source=request.source):
        raise Refusal(WRONG)
    if email.lower() != expected:
        raise Refusal(SOMEBODY_ELSE)
    person = authenticate(request, username=email, password=form.cleaned_data["password"])
    if person is None:
        sessions.failed(address=email, source=request.source, at=request.now)
        raise Refusal(WRONG)
    if not needed(person=person, at=request.now):
        second_factor.enter(request, person)
        return {}
    if not held(person=person):
        raise Refusal(SET_UP_FIRST)
    second_factor.remember(request, person, target="")
    return {"code": True, "hint": second_factor.hint(person, request.now)}


def _code(request: HttpRequest, expected: str) -> dict[str, Any]:
    person = second_factor.half_signed_in(request)
    if person is None or person.email.lower() != expected:
        raise Refusal(TOO_LATE)
    form = CodeForm(request.POST)
    if not form.is_valid() or not second_factor.right(request, person, form):
        raise Refusal(*form.errors["code"])
    del request.session[second_factor.HALF]
    second_factor.enter(request, person)
    return {}
