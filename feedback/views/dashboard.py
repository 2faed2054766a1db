"""Standing: the overview, one measure, its cases, its model; each page reads one stored standing."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.charts import pages, priorities, sentences, watch, waterfall
from feedback.selectors import believed, model_card
from feedback.selectors import dashboard as selectors
from feedback.views import fragments
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotAllowed

TALLY_ORDER = ("MET", "NOT_MET", "MISSING", "EXCLUDED")
HEADINGS = {
    0: "",
    1: "One thing worth your attention",
    2: "Two things worth your attention",
    3: "Three things worth your attention",
}


@dataclass(frozen=True)
class Reader:
    """For whom a page is drawn: own hospitals by id, the day, and what else changes a word on it.

    ``hospital`` is the one that the centre looks at in identified mode.
    """

    names: tuple[tuple[int, str], ...]
    today: date
    may_open_cases: bool = False
    identified: bool = False
    hospital: str = ""

    @property
    def reach(self) -> tuple[int, ...]:
        """Return the own hospitals."""
        return tuple(hospital_id for hospital_id, _ in self.names)


def reader(request: HttpRequest) -> Reader:
    """Say for whom this page is drawn."""
    reach = request.authority.hospitals(P.READ_STANDING)
    return Reader(
        names=tuple((hospital_id, request.own_names[hospital_id]) for hospital_id in reach),
        today=request.now.date(),
        may_open_cases=any(policy.can(request.authority, p) for p in (P.READ_CASES, P.READ_OWN_STANDING)),
        identified=request.authority.identified,
    )


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """List every measure as a sentence with its trend, at most three priorities on top."""
    who = reader(request)
    shelves = selectors.shelves(hospital_ids=who.reach)

    def context() -> dict[str, Any]:
        return {"sections": sections(shelves, who), "title": "Standing", "identified": who.identified}

    return fragments.page(request, "feedback/overview.html", key=(shelves, who), make=context)


def sections(shelves: tuple[selectors.Shelf, ...], who: Reader) -> list[str]:
    """Return one section for each registry: what to look at first, then the other measures, then the refused ones."""
    return fragments.kept(("sections", shelves, who), make=partial(_sections, shelves, who))


def _sections(shelves: tuple[selectors.Shelf, ...], who: Reader) -> list[str]:
    seen = selectors.read(tuple(key for shelf in shelves for key in shelf.keys))
    blinded = [one.run_id for one in seen if not one.document["own"]]
    lines = {pk: sentences.credibility_of_all(kept) for pk, kept in believed.of_runs(run_ids=blinded).items()} if blinded else {}
    refused = selectors.refusals(comparison_ids=tuple(shelf.comparison_id for shelf in shelves))
    return [
        _section(
            shelf,
            [one for one in seen if one.registry == shelf.registry],
            [run for run in refused if run.comparison_id == shelf.comparison_id],
            who,
            lines=lines,
        )
        for shelf in shelves
    ]


def _section(
    shelf: selectors.Shelf, seen: list[selectors.Seen], refused: list[Any], who: Reader, *, lines: dict[int, list[str]]
) -> str:
    given = {"names": dict(who.names), "today": who.today, "named": bool(who.hospital)}
    rows = [row for one in seen for row in priorities.rows(one, **given, field=lines.get(one.run_id, ()))]
    first = priorities.first(rows)
    context = {
        "title": shelf.title,
        "anchor": f"registry-{shelf.registry}",
        "credibility": _published(seen),
        "heading": HEADINGS[len(first)],
        "first": first,
        "rows": [row for row in rows if row not in first],
        "refusals": refused,
        "hospital": who.hospital,
    }
    return render_to_string("feedback/overview_section.html", context)


def _own_line(seen: selectors.Seen) -> list[str]:
    """Say what the own figures on a page rest on, when they are one hospital's."""
    own = list(seen.document["own"].values())
    return sentences.credibility(own[0], window=seen.document["window"], provisional=False) if len(own) == 1 else []


def _published(seen: list[selectors.Seen]) -> list[str]:
    if not seen:
        return []
    return [seen[0].document["window"]["label"], f"published {seen[0].published_at:%-d %B %Y}"]


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def measure(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """Show one measure: sentence, figure and table for each own hospital; for the centre the blinded field."""
    who = reader(request)
    key = selectors.key(registry_code=registry, measure_code=measure, hospital_ids=who.reach)

    def context() -> dict[str, Any]:
        page = measure_page(key, who)
        crumbs = [("Standing", reverse("feedback:standing")), (page["title"], "")]
        return page | {"crumbs": crumbs, "plan": (registry, measure) if who.reach else ()}

    return fragments.page(request, "feedback/measure.html", key=(key, who), make=context)


def measure_page(key: selectors.Key, who: Reader) -> dict[str, Any]:
    """Return what the page of one measure shows, all of it from the one stored standing."""
    return dict(fragments.kept(("measure", key, who), make=partial(_measure_page, key, who)))


def _measure_page(key: selectors.Key, who: Reader) -> dict[str, Any]:
    seen = selectors.read((key,))[0]
    title, blinded = seen.document["measure"]["title"], not seen.document["own"]
    line = sentences.credibility_of_all(selectors.card(run_id=seen.run_id).summary) if blinded else []
    context = {
        "seen": seen,
        "who": who,
        "title": title,
        "figures": _figures(seen, names=dict(who.names), today=who.today, named=bool(who.hospital)),
        "stamp": f"{seen.document['window']['label']} · {seen.digest[:12]}",
        "field": priorities.field_words(seen.document) if blinded else "",
        "field_table": priorities.field_table(seen.document) if blinded else None,
        "field_trend": priorities.field_trend(seen.document) if blinded else None,
        "field_credibility": line,
    }
    return {
        "title": title,
        "body": render_to_string("feedback/measure_body.html", context),
        "provenance": _provenance(seen),
    }


def _provenance(seen: selectors.Seen) -> str:
    snapshots = ", ".join(digest[:8] for digest in seen.document["window"]["digests"])
    return (
        f"Snapshot {snapshots}; result {seen.digest[:12]}; measure version {seen.document['measure']['version']}; "
        f"published {seen.published_at:%-d %B %Y}."
    )


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
                "of": f", {name}" if several else "",
                "level": 2 if at else 1,
                "anchor": f"hospital-{key}",
                "credibility": sentences.credibility(own, window=document["window"], provisional=provisional),
                "beside": sentences.beside(own, window=document["window"]),
                "standing": pages.standing_chart(document, own, whose=f"{name}’s" if several else "Your"),
                "signal": sentences.early_signal(own),
                "trend": pages.trend_chart(
                    own["trend"], title=document["measure"]["title"], reference=document.get("reference")
                )
                if own["trend"]
                else None,
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
    seen = selectors.one(registry_code=registry, measure_code=measure, hospital_ids=reader(request).reach)
    if seen.document["own"] and seen.document["collaborative"] is None:
        raise NotAllowed(
            "The model speaks of all hospitals together; less your own it would give few others away (rule B11)."
        )
    run = selectors.card(run_id=seen.run_id)
    earlier = model_card.earlier_of(run, own_set=tuple(int(pk) for pk in seen.document["own"]))
    context = model_card.context(run, earlier=earlier, own=seen.document["own"]) | {
        "crumbs": crumbs(seen, "Model card"),
        "calibration": pages.calibration_chart(run.model, title=run.measure.title),
        "credibility": [*sentences.credibility_of_all(run.summary), f"measure version {run.summary['measure']['version']}"],
        "own_credibility": _own_line(seen),
    }
    return render(request, "feedback/model.html", context)
