"""Standing: the overview, one measure, its cases, its model; each page reads one stored standing."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.charts import pages, priorities, sentences, watch, waterfall
from feedback.selectors import dashboard as selectors
from feedback.selectors import model_card
from sites import audit
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound
from sites.selectors import hospitals

PER_PAGE = 50
STATUS_SHAPES = {0: ("todo", "not met"), 1: ("current", "met"), 2: ("none", "left out"), 3: ("unclear", "not known")}


def _reach(request: HttpRequest) -> tuple[int, ...]:
    """Return the hospitals whose standing this person sees: own ones; in identified mode none is one's own."""
    return request.authority.hospitals(P.READ_STANDING)


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """List every measure as a sentence with its trend, at most three priorities on top."""
    reach = _reach(request)
    centre = not reach and request.authority.is_centre
    names = hospitals.names(hospital_ids=reach)
    sections = []
    for registry in selectors.registries(hospital_ids=reach, centre=centre):
        seen = selectors.standings(registry=registry, hospital_ids=reach)
        rows = [row for one in seen for row in priorities.rows(one, names=names, today=request.now.date())]
        sections.append(
            {
                "registry": registry,
                "rows": rows,
                "first": priorities.first(rows),
                "window": seen[0].document["window"]["label"] if seen else "",
                "refusals": selectors.refusals(registry=registry),
            }
        )
    return render(request, "feedback/overview.html", {"sections": sections, "centre": centre})


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def measure(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Show one measure: sentence, figure and table for each own hospital; for the centre the blinded field."""
    reach = _reach(request)
    seen = selectors.one(registry=selectors.registry(code=registry), measure_code=measure, hospital_ids=reach)
    names = hospitals.names(hospital_ids=reach)
    context = {
        "seen": seen,
        "title": seen.document["measure"]["title"],
        "figures": _figures(seen, names=names, today=request.now.date()),
        "crumbs": [("Standing", reverse("feedback:standing")), (seen.document["measure"]["title"], "")],
        "stamp": f"{seen.document['window']['label']} · {seen.digest[:12]}",
        "field": None if seen.document["own"] else priorities.field_words(seen.document),
    }
    return render(request, "feedback/measure.html", context)


def _figures(seen: selectors.Seen, *, names: dict[int, str], today: Any) -> list[dict[str, Any]]:
    document = seen.document
    several = len(document["own"]) > 1
    provisional = priorities.provisional(document["window"], today=today)
    figures = []
    for key, own in document["own"].items():
        name = names.get(int(key), "")
        figures.append(
            {
                "id": f"own-{key}",
                "name": name if several else "",
                "credibility": sentences.credibility(own, window=document["window"], provisional=provisional),
                "standing": pages.standing_chart(document, own, whose=f"{name}’s" if several else "Your"),
                "signal": sentences.early_signal(own),
                "trend": pages.trend_chart(own["trend"], title=document["measure"]["title"]) if own["trend"] else None,
                "funnel": pages.funnel_chart(document, own),
                "movement": waterfall.waterfall(own["movement"], title=document["measure"]["title"])
                if own.get("movement")
                else None,
                "watch": watch.watch_chart(own["watch"], title=document["measure"]["title"])
                if own.get("watch")
                else None,
                "moved": waterfall.explain(own["movement"]) if own.get("movement") else (),
                "tally": own["tally"],
            }
        )
    return figures


@requires(P.READ_STANDING)
@require_safe
def cases(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """List the own cases behind a number, as the measure judged them; every look is in the trail."""
    held = request.authority
    reach = held.hospitals(P.READ_CASES)
    seen = selectors.one(registry=selectors.registry(code=registry), measure_code=measure, hospital_ids=_reach(request))
    if not reach:
        raise NotFound
    judged = selectors.judged(run_id=seen.run_id, hospital_ids=reach)
    wanted = request.GET.get("status", "")
    chosen = [case for case in judged if wanted == "" or str(case.status) == wanted]
    page = Paginator(chosen, PER_PAGE).get_page(request.GET.get("page"))
    for hospital_id in reach:
        audit.record(
            action="read cases of a measure",
            at=request.now,
            by=request.user,
            hospital_id=hospital_id,
            kind="measure",
            object_id=f"{registry} {measure}",
        )
    here = request.path
    chips = [("All", here, len(judged), wanted == "")]
    chips += [
        (
            words.capitalize(),
            f"{here}?status={status}",
            sum(case.status == status for case in judged),
            wanted == str(status),
        )
        for status, (_, words) in STATUS_SHAPES.items()
    ]
    context = {
        "seen": seen,
        "title": seen.document["measure"]["title"],
        "page": page,
        "rows": [{"case": case, "shape": STATUS_SHAPES[case.status]} for case in page],
        "chips": chips,
        "columns": ["Case", "Judged", "Why", ("Expected risk", "", "num")],
        "crumbs": _crumbs(seen, "Cases"),
    }
    return render(request, "feedback/cases.html", context)


def _crumbs(seen: selectors.Seen, words: str) -> list[tuple[str, str]]:
    title = seen.document["measure"]["title"]
    back = reverse("feedback:standing-measure", args=[seen.registry, seen.code])
    return [("Standing", reverse("feedback:standing")), (title, back), (words, "")]


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def model(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Show the model card of a published measure: one printable page."""
    seen = selectors.one(registry=selectors.registry(code=registry), measure_code=measure, hospital_ids=_reach(request))
    run = selectors.card(run_id=seen.run_id)
    context = model_card.context(run) | {
        "crumbs": _crumbs(seen, "Model card"),
        "calibration": pages.calibration_chart(run.model, title=run.measure.title),
    }
    return render(request, "feedback/model.html", context)
