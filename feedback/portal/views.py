"""The portal's pages: what was released, and nothing else."""

import hashlib
import json
from typing import Any

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required  # the portal has no roles, only accounts
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feedback.portal.models import Artefact, Withdrawal

WRONG = "The address and the password do not go together."
MOST_FAILURES = 5
WINDOW = 15 * 60


class SignInForm(forms.Form):
    """Address and password."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign a payer's person in; the same words for every failure."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        key = f"portal:{form.cleaned_data['email'].lower().encode().hex()[:100]}:{request.META.get('REMOTE_ADDR', '')}"
        account = None
        if cache.get(key, 0) < MOST_FAILURES:
            account = authenticate(request, username=form.cleaned_data["email"], password=form.cleaned_data["password"])
        if account is not None:
            login(request, account)
            return redirect("releases")
        if not cache.add(key, 1, WINDOW):
            cache.incr(key)
        form.add_error(None, WRONG)
    return render(request, "sign_in.html", {"form": form}, status=400 if form.errors else 200)


@require_POST
@login_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


@login_required
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """List every release, newest first; of what was withdrawn only that it was, and why."""
    withdrawn = {row.sha256: row for row in Withdrawal.objects.all()}
    rows = [
        {"artefact": artefact, "content": json.loads(bytes(artefact.body)), "withdrawal": withdrawn.get(artefact.sha256)}
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


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Tell whether the portal and its database work."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"portal": False}, status=503)
    return JsonResponse({"portal": True})


def missing(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer everything else: there is nothing here."""
    return render(request, "404.html", status=404)
