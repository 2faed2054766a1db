"""The second factor at the door, a fresh code before what weighs most, recovery codes, and the list of one's sessions."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from sites import one_time
from sites.access.gates import CODE_AT, fresh, public, signed_in
from sites.access.sessions import BACKEND, SINCE
from sites.actions import second_factor, sessions
from sites.forms import AgainForm, CodeForm
from sites.refusals import NotFound, Refusal
from sites.selectors import people
from sites.selectors import sessions as session_selectors

HALF, HALF_LASTS = "half_signed_in", timedelta(minutes=5)
WRONG = "This code does not work. Wait for the next one, or use a recovery code."
TOO_MANY = "Too many attempts. Wait fifteen minutes, then try again."


def safe(request: HttpRequest, target: str) -> str:
    """Return where to go after signing in: a page of this house, or home."""
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if target and allowed else "/"


def enter(request: HttpRequest, person: Any) -> None:
    """Sign somebody in who has shown all that their account asks for; keep with the session what its owner recognises it by."""
    login(request, person, backend=BACKEND)
    request.session[SINCE] = request.now.isoformat()
    request.session["source"] = request.source
    request.session["agent"] = request.headers.get("User-Agent", "")[:240]
    request.session[CODE_AT] = request.now.isoformat()
    sessions.signed_in(person=person, at=request.now)


def begin(request: HttpRequest, person: Any, target: str) -> HttpResponse:
    """Remember for five minutes who gave the right password, and ask for the code; nobody is signed in yet."""
    remember(request, person, target=target)
    return redirect("sites:sign-in-code")


def remember(request: HttpRequest, person: Any, *, target: str) -> None:
    """Keep with the session, under a new key, who gave the right password just now."""
    request.session.cycle_key()
    request.session[HALF] = {"person": person.pk, "at": request.now.isoformat(), "next": target}


def half_signed_in(request: HttpRequest) -> Any:
    """Return who gave the right password within the last five minutes, None for nobody."""
    half = request.session.get(HALF)
    if half is None or request.now > datetime.fromisoformat(half["at"]) + HALF_LASTS:
        return None
    return people.active(person_id=half["person"])


@public
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Take the code of the app, or set the app up the first time; then the person is signed in."""
    person = half_signed_in(request)
    if person is None:
        return redirect("sites:sign-in")
    new, has_app = not second_factor.held(person=person), second_factor.confirmed(person=person)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and right(request, person, form):
        target = safe(request, request.session.pop(HALF)["next"])
        enter(request, person)
        if not new:
            return redirect(target)
        codes = second_factor.recovery_codes(person=person, at=request.now)
        return render(request, "sites/recovery_codes.html", {"codes": codes, "next": target})
    key = second_factor.secret_of(person=person) if new else b""
    context = {
        "form": form,
        "new": new,
        "has_app": has_app or new,
        "has_passkey": second_factor.has_passkey(person=person),
        "next": request.session[HALF]["next"],
        "key": one_time.base32(key) if new else "",
        "address": one_time.address(key, account=person.email) if new else "",
        "hint": hint(person, request.now) if has_app or new else "",
    }
    return render(request, "sites/sign_in_code.html", context, status=400 if form.is_bound else 200)


def hint(person: Any, at: datetime) -> str:
    """Return the code of this moment for the demo's pages, where nobody has an app."""
    return second_factor.current_code(person=person, at=at) if settings.DEMO else ""


def right(request: HttpRequest, person: Any, form: CodeForm) -> bool:
    """Check a code under the same brake as passwords."""
    pair = {"address": person.email, "source": request.source}
    if sessions.too_many_failures(**pair):
        form.add_error("code", TOO_MANY)
        return False
    if second_factor.check(person=person, typed=form.cleaned_data["code"], at=request.now):
        return True
    sessions.failed(**pair, at=request.now)
    form.add_error("code", WRONG)
    return False


@signed_in
@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask again who it is before what weighs most: a code, or the password where somebody has no app."""
    target = request.POST.get("next") or request.GET.get("next", "")
    with_code = second_factor.held(person=request.user)
    form = (CodeForm if with_code else AgainForm)(request.POST if request.method == "POST" else None)
    if form.is_bound and _again(request, form, with_code=with_code):
        request.session[CODE_AT] = request.now.isoformat()
        return redirect(safe(request, target))
    return confirm_page(request, form, target=target, status=400 if form.is_bound else 200)


def confirm_page(
    request: HttpRequest, form: CodeForm | AgainForm | None, *, target: str, reasons: tuple[str, ...] = (), status: int
) -> HttpResponse:
    """Show the page that asks again; without a form a new one is drawn."""
    has_app = second_factor.confirmed(person=request.user)
    context = {
        "form": form or (CodeForm if second_factor.held(person=request.user) else AgainForm)(),
        "next": target,
        "reasons": reasons,
        "has_passkey": second_factor.has_passkey(person=request.user),
        "hint": hint(request.user, request.now) if has_app else "",
    }
    return render(request, "sites/confirm.html", context, status=status)


def _again(request: HttpRequest, form: CodeForm | AgainForm, *, with_code: bool) -> bool:
    """Tell whether a signed-in person has shown who they are: by a passkey, a code, or without either the password."""
    if not form.is_valid():
        return False
    return right(request, request.user, form) if with_code else _password(request, form)


def _password(request: HttpRequest, form: AgainForm) -> bool:
    pair = {"address": request.user.email, "source": request.source}
    if sessions.too_many_failures(**pair):
        form.add_error("password", TOO_MANY)
        return False
    if request.user.check_password(form.cleaned_data["password"]):
        return True
    sessions.failed(**pair, at=request.now)
    form.add_error("password", "This is not your password.")
    return False


@signed_in
@fresh
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, shown once."""
    if not second_factor.held(person=request.user):
        raise Refusal("Set up an authenticator app or a passkey first.")
    codes = second_factor.recovery_codes(person=request.user, at=request.now)
    return render(request, "sites/recovery_codes.html", {"codes": codes, "next": reverse("sites:account")})


@signed_in
@require_POST
def end_session(request: HttpRequest, code: str) -> HttpResponse:
    """Sign one of my browsers out."""
    if not sessions.end(person=request.user, code=code, at=request.now):
        raise NotFound
    return redirect("sites:account")


@signed_in
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign every browser of mine out but this one."""
    sessions.end_others(person=request.user, key=request.session.session_key, at=request.now)
    return redirect("sites:account")


def listed(request: HttpRequest) -> list[session_selectors.Seen]:
    """Return my sessions for the account page."""
    return session_selectors.of(person_id=request.user.pk, key=request.session.session_key, at=request.now)
