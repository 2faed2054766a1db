"""Standing: the overview, one measure, its cases, its model; each page reads one stored standing."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.charts import pages, priorities, sentences, watch, waterfall
from feedback.selectors import dashboard as selectors
from feedback.selectors import model_card
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.selectors import hospitals

TALLY_ORDER = ("MET", "NOT_MET", "MISSING", "EXCLUDED")
HEADINGS = {
    0: "",
    1: "One thing worth your attention",
    2: "Two things worth your attention",
    3: "Three things worth your attention",
}


def _reach(request: HttpRequest) -> tuple[int, ...]:
    """Return the hospitals whose standing this person sees: own ones; in identified mode none is one's own."""
    return request.authority.hospitals(P.READ_STANDING)


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """List every measure as a sentence with its trend, at most three priorities on top."""
    reach = _reach(request)
    sections = sections_of(reach, names=hospitals.names(hospital_ids=reach), today=request.now.date())
    context = {
        "sections": sections,
        "title": "Standing",
        "centre": not reach,
        "identified": request.authority.identified,
    }
    return render(request, "feedback/overview.html", context)


def sections_of(
    reach: tuple[int, ...], *, names: dict[int, str], today: date, named: bool = False
) -> list[dict[str, Any]]:
    """Return one section for each registry: what to look at first, then the other measures, then the refused ones."""
    sections = []
    for registry in selectors.registries(hospital_ids=reach, centre=not reach):
        seen = selectors.standings(registry=registry, hospital_ids=reach)
        rows = [row for one in seen for row in priorities.rows(one, names=names, today=today, named=named)]
        first = priorities.first(rows)
        sections.append(
            {
                "registry": registry,
                "first": first,
                "heading": HEADINGS[len(first)],
                "rows": [row for row in rows if row not in first],
                "anchor": f"registry-{registry.code}",
                "credibility": _published(seen),
                "refusals": selectors.refusals(registry=registry),
            }
        )
    return sections


def _published(seen: list[selectors.Seen]) -> list[str]:
    if not seen:
        return []
    return [seen[0].document["window"]["label"], f"published {seen[0].published_at:%-d %B %Y}"]


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def measure(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Show one measure: sentence, figure and table for each own hospital; for the centre the blinded field."""
    reach = _reach(request)
    seen = selectors.one(registry=selectors.registry(code=registry), measure_code=measure, hospital_ids=reach)
    context = measure_context(seen, names=hospitals.names(hospital_ids=reach), today=request.now.date())
    context["may_open_cases"] = any(policy.can(request.authority, p) for p in (P.READ_CASES, P.READ_OWN_STANDING))
    context["identified"] = request.authority.identified
    return render(request, "feedback/measure.html", context)


def measure_context(seen: selectors.Seen, *, names: dict[int, str], today: date, named: bool = False) -> dict[str, Any]:
    """Return what the page of one measure shows, all of it from the one stored standing."""
    title = seen.document["measure"]["title"]
    blinded = not seen.document["own"]
    return {
        "seen": seen,
        "title": title,
        "figures": _figures(seen, names=names, today=today, named=named),
        "crumbs": [("Standing", reverse("feedback:standing")), (title, "")],
        "stamp": f"{seen.document['window']['label']} · {seen.digest[:12]}",
        "field": priorities.field_words(seen.document) if blinded else "",
        "field_table": priorities.field_table(seen.document) if blinded else None,
        "field_credibility": [seen.document["window"]["label"]],
    }


def _figures(seen: selectors.Seen, *, names: dict[int, str], today: date, named: bool) -> list[dict[str, Any]]:
    document = seen.document
    several = named or len(document["own"]) > 1
    provisional = priorities.provisional(document["window"], today=today)
    figures = []
    for at, (key, own) in enumerate(document["own"].items()):
        name = names.get(int(key), "")
        figures.append(
            {
                "id": f"own-{key}",
                "name": name if several else "",
                "level": 2 if at else 1,
                "anchor": f"hospital-{key}",
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
                "tally": sorted(own["tally"], key=lambda line: TALLY_ORDER.index(line["status"])),
            }
        )
    return figures


def crumbs(seen: selectors.Seen, words: str) -> list[tuple[str, str]]:
    """Lead back from a page behind a measure to the measure and to the overview."""
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
        "crumbs": crumbs(seen, "Model card"),
        "calibration": pages.calibration_chart(run.model, title=run.measure.title),
        "credibility": [run.summary["window"]["label"], f"measure version {run.summary['measure']['version']}"],
    }
    return render(request, "feedback/model.html", context)
