"""Passkeys on the web: the question a browser answers, signing in with the answer, and one's own list of passkeys."""

from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from sites import passkeys
from sites.access.gates import CODE_AT, fresh, public, signed_in
from sites.actions import passkeys as actions
from sites.actions import sessions
from sites.forms import PasskeyForm, SignInForm
from sites.refusals import NotFound, Refusal
from sites.selectors import passkeys as selectors
from sites.views import second_factor

ASKED, ASKED_LASTS = "passkey", timedelta(minutes=5)
SHOW, MAKE = "show", "make"
WRONG = "This passkey does not open the account. Try again, or use your password and a code."
NOT_MADE = "The passkey was not made. Try again."


def _house(request: HttpRequest) -> passkeys.House:
    """Return which house asks: the host is one of ALLOWED_HOSTS, or nothing would answer."""
    host = request.get_host()
    return passkeys.House(host=host.partition(":")[0], origin=f"{request.scheme}://{host}")


def _ask(request: HttpRequest, *, what: str, person: Any) -> bytes:
    """Remember a question with the session: of what kind, when, and to whom (nobody: whoever answers)."""
    asked = passkeys.challenge()
    request.session[ASKED] = {
        "what": what,
        "challenge": b64encode(asked).decode(),
        "at": request.now.isoformat(),
        "person": person.pk if person is not None else None,
    }
    return asked


def _asked(request: HttpRequest, *, what: str, person: Any) -> bytes | None:
    """Return the question that is open, and close it: whatever the answer is, there is no second one."""
    kept = request.session.pop(ASKED, None)
    if kept is None or kept["what"] != what or request.now > datetime.fromisoformat(kept["at"]) + ASKED_LASTS:
        return None
    return b64decode(kept["challenge"]) if kept["person"] in {None, person.pk} else None


@public
@require_POST
def question(request: HttpRequest) -> JsonResponse:
    """Ask a browser for a passkey: of whoever is signed in or gave the password, else of whoever has one."""
    person = request.user if request.user.is_authenticated else second_factor.half_signed_in(request)
    if person is None and sessions.too_many_questions(source=request.source):
        return JsonResponse({"reasons": [second_factor.TOO_MANY]}, status=429)
    allowed = actions.known(person=person) if person is not None else []
    asked = _ask(request, what=SHOW, person=person)
    return JsonResponse(passkeys.question(house=_house(request), asked=asked, allowed=allowed))


def shown(request: HttpRequest, *, person: Any = None) -> Any:
    """Return whose passkey answered the open question, under the same brake as passwords; refuse everything else alike."""
    answer = request.POST.get("credential", "")
    if not answer:
        raise Refusal(WRONG)
    who = person or actions.owner(answer=answer)
    pair = {"address": who.email if who is not None else "passkey", "source": request.source}
    if sessions.too_many_failures(**pair):
        raise Refusal(second_factor.TOO_MANY)
    asked = _asked(request, what=SHOW, person=who) if who is not None else None
    if asked is None or not actions.use(person=who, house=_house(request), asked=asked, answer=answer, at=request.now):
        sessions.failed(**pair, at=request.now)
        raise Refusal(WRONG)
    return who


@public
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign somebody in by a passkey: alone, or after the password."""
    target = request.POST.get("next", "")
    try:
        person = shown(request)
    except Refusal as refusal:
        context = {"form": SignInForm(), "next": target, "reasons": refusal.reasons}
        return render(request, "sites/sign_in.html", context, status=400)
    request.session.pop(second_factor.HALF, None)
    second_factor.enter(request, person)
    return redirect(second_factor.safe(request, target))


@signed_in
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Show by a passkey once more who it is, before what weighs most."""
    target = request.POST.get("next", "")
    try:
        shown(request, person=request.user)
    except Refusal as refusal:
        return second_factor.confirm_page(request, None, target=target, reasons=refusal.reasons, status=400)
    request.session[CODE_AT] = request.now.isoformat()
    return redirect(second_factor.safe(request, target))


@signed_in
@fresh
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """List my passkeys, and offer to make one."""
    return _page(request, PasskeyForm())


def _page(request: HttpRequest, form: PasskeyForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "rows": selectors.of(person_id=request.user.pk),
        "columns": ["Passkey", "Made", "Used", "Remove"],
        "crumbs": [("Account", reverse("sites:account")), ("Passkeys", "")],
    }
    return render(request, "sites/passkeys.html", context, status=status)


@signed_in
@fresh
@require_POST
def offer(request: HttpRequest) -> JsonResponse:
    """Ask a browser to make a passkey for me."""
    person = request.user
    asked = _ask(request, what=MAKE, person=person)
    options = passkeys.offer(
        house=_house(request),
        asked=asked,
        owner=actions.handle(person),
        account=person.email,
        name=person.name,
        known=actions.known(person=person),
    )
    return JsonResponse(options)


@signed_in
@fresh
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep the passkey that the browser made; who has no recovery codes gets them now."""
    form = PasskeyForm(request.POST)
    asked = _asked(request, what=MAKE, person=request.user)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        if asked is None:
            raise Refusal(NOT_MADE)
        made = passkeys.made(house=_house(request), asked=asked, answer=form.cleaned_data["credential"])
        codes = actions.add(person=request.user, name=form.cleaned_data["name"], made=made, at=request.now)
    except passkeys.Wrong:
        form.add_error("name", NOT_MADE)
        return _page(request, form, status=400)
    except Refusal as refusal:
        form.add_error("name", " ".join(refusal.reasons))
        return _page(request, form, status=400)
    if not codes:
        return redirect("sites:passkeys")
    return render(request, "sites/recovery_codes.html", {"codes": codes, "next": reverse("sites:passkeys")})


@signed_in
@fresh
@require_POST
def remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Take one of my passkeys away."""
    if not actions.remove(person=request.user, passkey_id=passkey_id, at=request.now):
        raise NotFound
    return redirect("sites:passkeys")
