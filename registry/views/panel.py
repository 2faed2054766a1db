"""This floor's panel on the home page: what needs this person now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.selectors import needs
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P


@requires(P.ENTER_CASES, P.READ_CASES, P.READ_OWN_CASES, P.CLOSE_PERIODS, P.IMPORT_ACROSS, P.REABSTRACT, P.TRAIN)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Draw at most seven rows, most urgent first."""
    found = needs.rows(authority=request.authority, person_id=request.user.pk, now=request.now)
    rows = [
        (need.shape, need.sentence, need.when, f"{reverse(need.url_name)}{'?' if need.query else ''}{need.query}", need.action)
        for need in found
    ]
    return render(request, "registry/home_panel.html", {"rows": rows, "entering": policy.can(request.authority, P.ENTER_CASES)})
