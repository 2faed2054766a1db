"""Sign in and out, the own account, identified mode, tokens."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sites import audit
from sites.access import policy
from sites.access.gates import fresh, public, requires, signed_in
from sites.access.permissions import Permission as P
from sites.access.roles import SENTENCES
from sites.actions import sessions
from sites.actions import tokens as token_actions
from sites.actions.second_factor import confirmed, has_passkey, needed
from sites.forms import IdentifiedForm, SignInForm, TokenForm
from sites.selectors import hospitals
from sites.selectors import tokens as token_selectors
from sites.views import in_place, second_factor

IDENTIFIED_FOR = timedelta(minutes=30)
SESSIONS_NOTE = (
    "A session ends {} minutes after it was last used, and after twelve hours at most. "
    "Sign out what you do not recognise, then change your password."
)


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign somebody in; the same words for every failure."""
    form = SignInForm(request.POST or None)
    target = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        if sessions.too_many_failures(address=address, source=request.source):
            form.add_error(None, "Too many attempts. Wait fifteen minutes, then try again.")
        else:
            person = authenticate(request, username=address, password=form.cleaned_data["password"])
            if person is not None:
                if needed(person=person, at=request.now):
                    return second_factor.begin(request, person, target)
                second_factor.enter(request, person)
                return redirect(second_factor.safe(request, target))
            sessions.failed(address=address, source=request.source, at=request.now)
            form.add_error(None, in_place.WRONG)
    status = 200 if request.method != "POST" else 400
    return render(request, "sites/sign_in.html", {"form": form, "next": target}, status=status)


@signed_in
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    audit.record(action="sign out", at=request.now, by=request.user)
    logout(request)
    return redirect("sites:sign-in")


@signed_in
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show who I am here and what each of my roles lets me do."""
    return _account_page(request, IdentifiedForm())


def _account_page(request: HttpRequest, form: IdentifiedForm, *, status: int = 200) -> HttpResponse:
    names = hospitals.names(hospital_ids=request.authority.scope().hospitals)
    context = {
        "roles": [
            {"words": role.words, "where": names.get(hospital_id, "Coordinating centre"), "sentence": SENTENCES[role]}
            for role, hospital_id in request.authority.roles
        ],
        "credibility": [request.user.name, request.user.email],
        "may_identify": policy.can(request.authority, P.IDENTIFY),
        "may_use_api": policy.can(request.authority, P.USE_API),
        "identified": request.authority.identified,
        "sessions": second_factor.listed(request),
        "session_columns": ["Browser", "From", "Since", "Until at most", "Sign out"],
        "sessions_note": SESSIONS_NOTE.format(settings.IDLE // timedelta(minutes=1)),
        "has_app": confirmed(person=request.user),
        "has_passkey": has_passkey(person=request.user),
        "form": form,
    }
    return render(request, "sites/account.html", context, status=status)


@requires(P.IDENTIFY)
@require_POST
def identified(request: HttpRequest) -> HttpResponse:
    """Enter identified mode for thirty minutes with a reason, or leave it."""
    if "leave" in request.POST:
        request.session.pop("identified_until", None)
        audit.record(action="leave identified mode", at=request.now, by=request.user)
        return redirect("sites:account")
    form = IdentifiedForm(request.POST)
    if not form.is_valid():
        return _account_page(request, form, status=400)
    return _enter_identified(request, form.cleaned_data["reason"])


@fresh
def _enter_identified(request: HttpRequest, reason: str) -> HttpResponse:
    request.session["identified_until"] = (request.now + IDENTIFIED_FOR).isoformat()
    sessions.identified(
        person=request.user,
        hospital_ids=request.authority.every_hospital,
        reason=reason,
        at=request.now,
    )
    return redirect("sites:account")


@requires(P.USE_API)
@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens of my hospitals; make a new one, shown once."""
    reach = request.authority.hospitals(P.USE_API)
    names = hospitals.names(hospital_ids=reach)
    form = TokenForm(request.POST if request.method == "POST" else None, hospitals=names)
    shown = ""
    if request.method == "POST" and form.is_valid():
        shown = token_actions.create(
            person=request.user,
            hospital=hospitals.one(hospital_id=form.cleaned_data["hospital"]),
            name=form.cleaned_data["name"],
            at=request.now,
        )
    rows = token_selectors.live(hospital_ids=reach, at=request.now)
    status = 400 if form.is_bound and not form.is_valid() else 200
    context = {
        "form": form,
        "rows": rows,
        "shown": shown,
        "columns": ["Used by", "Hospital", "Made by", "Works until", "Revoke"],
        "crumbs": [("Account", reverse("sites:account")), ("Tokens", "")],
    }
    return render(request, "sites/tokens.html", context, status=status)


@requires(P.USE_API)
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token of one of my hospitals."""
    token = token_selectors.one(token_id=token_id, hospital_ids=request.authority.hospitals(P.USE_API))
    token_actions.revoke(token=token, by=request.user, at=request.now)
    return redirect("sites:tokens")
