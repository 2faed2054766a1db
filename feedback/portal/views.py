"""The portal's pages: what was released, and nothing else."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required  # the portal has no roles, only accounts
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from feedback.portal import one_time, second_factor
from feedback.portal.models import Artefact, PayerAccount, Withdrawal

WRONG = "The address and the password do not go together."
WRONG_CODE = "This code does not work. Wait for the next one, or use a recovery code."
HALF, HALF_LASTS = "half_signed_in", timedelta(minutes=5)
MOST_FAILURES = 5
WINDOW = 15 * 60


class SignInForm(forms.Form):
    """Address and password."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class CodeForm(forms.Form):
    """The code of the app, or a recovery code."""

    code = forms.CharField(
        label="Code", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True})
    )


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign a payer's person in, in two steps at one address: the password, then the code. Nobody is in between the two.

    The button that signs out leads here as well; and as every request opens a transaction, an answer says that the database is there.
    """
    if "leave" in request.POST:
        logout(request)
        return redirect("sign-in")
    account = _half_signed_in(request)
    if "again" in request.POST:
        request.session.pop(HALF, None)
        return redirect("sign-in")
    if account is None or "email" in request.POST:
        return _password(request)
    return _code(request, account)


def _half_signed_in(request: HttpRequest) -> PayerAccount | None:
    """Return who gave the right password within the last five minutes."""
    half = request.session.get(HALF)
    if half is None or timezone.now() > datetime.fromisoformat(half["at"]) + HALF_LASTS:
        return None
    return PayerAccount.objects.filter(pk=half["account"], is_active=True).first()


def _password(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        key = f"portal:{form.cleaned_data['email'].lower().encode().hex()[:100]}:{request.META.get('REMOTE_ADDR', '')}"
        account = None
        if cache.get(key, 0) < MOST_FAILURES:
            account = authenticate(request, username=form.cleaned_data["email"], password=form.cleaned_data["password"])
        if account is not None:
            request.session.cycle_key()
            request.session[HALF] = {"account": account.pk, "at": timezone.now().isoformat()}
            return redirect("sign-in")
        if not cache.add(key, 1, WINDOW):
            cache.incr(key)
        form.add_error(None, WRONG)
    return render(request, "sign_in.html", {"form": form}, status=400 if form.errors else 200)


def _code(request: HttpRequest, account: PayerAccount) -> HttpResponse:
    """Take the code of the app, or set the app up the first time and show the recovery codes once."""
    now = timezone.now()
    app = second_factor.app_of(account)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if second_factor.check(account, form.cleaned_data["code"], at=now):
            del request.session[HALF]
            login(request, account)
            if app.confirmed_at is not None:
                return redirect("releases")
            return render(request, "recovery_codes.html", {"codes": second_factor.recovery_codes(account, at=now)})
        form.add_error("code", WRONG_CODE)
    new = app.confirmed_at is None
    secret = second_factor.secret_of(app)
    context = {
        "form": form,
        "new": new,
        "key": one_time.key_words(secret) if new else "",
        "address": one_time.app_address(secret, account=account.email) if new else "",
        "hint": one_time.code(secret, max(int(now.timestamp()) // one_time.STEP_SECONDS, app.latest_step + 1))
        if settings.DEMO
        else "",
    }
    return render(request, "sign_in_code.html", context, status=400 if form.errors else 200)


@login_required
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """List every release, newest first; of what was withdrawn only that it was, and why."""
    withdrawn = {row.sha256: row for row in Withdrawal.objects.all()}
    rows = [
        {
            "artefact": artefact,
            "content": json.loads(bytes(artefact.body)),
            "withdrawal": withdrawn.get(artefact.sha256),
        }
        for artefact in Artefact.objects.order_by("-released_at", "-id")
    ]
    return render(request, "releases.html", {"rows": rows})


@login_required
@require_safe
def download(request: HttpRequest, sha256: str) -> HttpResponse:
    """Give the exact bytes that were checked; refuse to give any that no longer match their hash."""
    withdrawn = Withdrawal.objects.filter(sha256=sha256).exists()
    artefact = None if withdrawn else Artefact.objects.filter(sha256=sha256).first()
    if artefact is None or hashlib.sha256(bytes(artefact.body)).hexdigest() != artefact.sha256:
        raise Http404
    response = HttpResponse(bytes(artefact.body), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="release-{artefact.sha256[:12]}.json"'
    return response


def missing(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer everything else: there is nothing here."""
    return render(request, "404.html", status=404)
