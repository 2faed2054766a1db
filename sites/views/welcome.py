"""Where a one-time link leads: the person sets a password."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from sites.access import links
from sites.access.gates import public
from sites.actions import passwords
from sites.forms import PasswordForm
from sites.refusals import Refusal


@public
@sensitive_post_parameters("password", "again")
@sensitive_variables("link")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest, link: str) -> HttpResponse:
    """Take a password behind a working link; every other link gets the same answer."""
    person = links.person_behind(link)
    if person is None:
        return render(request, "sites/set_password.html", {}, status=404)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            passwords.choose(person=person, password=form.cleaned_data["password"], at=request.now)
        except Refusal as refusal:
            for words in refusal.reasons:
                form.add_error("password", words)
        else:
            messages.success(request, "Your password is set. Sign in with it.")
            return redirect("sites:sign-in")
    context = {"form": form, "person": person}
    return render(request, "sites/set_password.html", context, status=400 if form.is_bound else 200)
