"""Bright spots for the centre: who does better by a search's labels, why not the others, and whom to invite."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from feedback.charts import sentences
from feedback.selectors import believed
from interventions.actions import requests
from interventions.forms import InviteForm
from interventions.selectors import bright_spots
from interventions.views import pages
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound

COLUMNS = ["Hospital", "Measure", ("Odds ratio", "", "num"), ("No real difference", "", "num"), "Latest period", "To hold it against", "Invite"]
PASSED_COLUMNS = ["Hospital", "Measure", ("Odds ratio", "", "num"), "Why not"]


@requires(P.CURATE, P.READ_BLINDED)
@require_safe
def bright_spots_page(request: HttpRequest) -> HttpResponse:
    """Show the newest search of each registry."""
    newest = bright_spots.newest()
    kept = believed.of_comparisons(comparison_ids=[search.comparison_id for search in newest])
    context = {
        "tabs": pages.tabs(request, "interventions:bright-spots"),
        "searches": [_shown(search, sentences.credibility_of_several(kept.get(search.comparison_id))) for search in newest],
        "comparisons": bright_spots.comparisons() if policy.can(request.authority, P.CURATE) else [],
        "curates": policy.can(request.authority, P.CURATE),
        "columns": COLUMNS,
        "passed_columns": PASSED_COLUMNS,
    }
    return render(request, "interventions/bright_spots.html", context)


def _shown(search: Any, line: list[str]) -> dict[str, Any]:
    document = search.document
    titles = document.get("titles", {})
    nominated = [
        one | {"title": titles[one["measure"]], "latest": pages.SAYS[one["says"]], "chance": _chance(one["probability_false"])}
        for one in document.get("nominations", [])
    ]
    passed = [one | {"title": titles[one["measure"]]} for one in document.get("passed", [])]
    return {
        "search": search,
        "sentence": _sentence(search, nominated=nominated),
        "nominated": nominated,
        "passed": sorted(passed, key=lambda one: (one["gated"], one["odds_ratio"])),
        "credibility": [
            search.comparison.registry.title,
            ", ".join(document["spans"]),
            f"{document['hospitals']} hospitals",
            *line,
            f"as of {search.at:%-d %B %Y}",
        ],
    }


def _chance(probability: float) -> str:
    return "under 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


def _sentence(search: Any, *, nominated: list[dict[str, Any]]) -> str:
    if search.refusal:
        return "**Nobody could be looked for.** " + " ".join(search.refusal)
    if not nominated:
        return "**No hospital stands out for certain.** Why not, hospital by hospital, stands below."
    share = round(100 * (search.document["expected_false_share"] or 0))
    results = len(nominated)
    many = "One result is" if results == 1 else f"{results} results are"
    return f"**{many} persistently better**, as far as these periods tell; of such nominations about {share} % are expected to be false."


@requires(P.CURATE)
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Ask for a search over the newest published comparison of a registry."""
    known = {row.code: row for row in bright_spots.comparisons()}
    chosen = known.get(request.POST.get("comparison", ""))
    if chosen is None:
        raise NotFound
    requests.search(comparison=chosen, by=request.user, at=request.now)
    messages.info(request, "The search runs now; reload the page in a minute. The same data give the same search.")
    return redirect("interventions:bright-spots")


@requires(P.CURATE)
@require_POST
def invite(request: HttpRequest, code: str) -> HttpResponse:
    """Invite a nominee by its label; who it is shows on the invitation, and on the hospital's trail."""
    found = bright_spots.one(code=code)
    form = InviteForm(request.POST)
    if not form.is_valid():
        raise NotFound
    requests.invite(
        search=found, label=form.cleaned_data["label"], measure_code=form.cleaned_data["measure"], by=request.user, at=request.now
    )
    messages.info(request, "The invitation is on its way. Under Examples you then read which hospital it is; its site lead reads that you know.")
    return redirect("interventions:bright-spots")
