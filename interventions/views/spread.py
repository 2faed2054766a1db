"""The spread map: components by hospitals and time; for a hospital its own row and counts of three and more others."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from feedback.charts import sentences
from feedback.selectors import believed
from interventions import charts_spread
from interventions.actions import spread as actions
from interventions.forms_spread import HINDRANCES, UptakeForm
from interventions.selectors import spread as selectors
from interventions.selectors import toolkits
from interventions.views import pages
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal
from sites.selectors import hospitals

FEWEST = 3
SHAPES = {"running": "done", "stopped": "none", "declined": "unclear", "ahead": "current", "none": "todo"}
STATES = {
    "running": "begun {0}",
    "stopped": "stopped {1}",
    "declined": "not for now",
    "ahead": "from {0}",
    "none": "not begun",
}
WHY = dict(HINDRANCES)


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """List the toolkits with how many hospitals have begun any component, as far as may be said."""
    centre, today = request.authority.is_centre, request.now.date()
    found: dict[int, dict[int, set[str]]] = {}
    for cell in selectors.cells():
        found.setdefault(cell.toolkit_id, {}).setdefault(cell.hospital_id, set()).add(cell.state(today))
    rows = []
    for kit in toolkits.library(words=""):
        states = found.get(kit.pk, {})
        begun = sum(1 for held in states.values() if held & {"running", "stopped"})
        if centre:
            rows.append((kit, f"{begun} of {len(states)}", ""))
        elif states:
            others = max([one.n for one in selectors.counts(toolkit_id=kit.pk, on=today)], default=0)
            rows.append((kit, str(others) if others else f"fewer than {FEWEST}", "begun" if begun else "not begun"))
    context = {
        "tabs": pages.tabs(request, "interventions:spread"), "rows": rows, "centre": centre,
        "columns": ["Toolkit", "Measure", ("Hospitals that began" if centre else "Others that began", "", "num"), *([] if centre else ["Here"])],
    }  # fmt: skip
    return render(request, "interventions/spread.html", context)


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def toolkit(request: HttpRequest, code: str) -> HttpResponse:
    """Show one toolkit's spread."""
    return _page(request, code)


def _page(
    request: HttpRequest,
    code: str,
    *,
    form: UptakeForm | None = None,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    row, today = toolkits.one(code=code), request.now.date()
    version = toolkits.newest_version(row)
    cells = selectors.cells(toolkit_id=row.pk)
    may_act = bool(request.authority.hospitals(P.ADOPT)) and bool(cells)
    centre = request.authority.is_centre
    counts, quarters = _counts(row, cells, today=today, centre=centre)
    context = {
        "toolkit": row, "components": list(enumerate(version.components, start=1)), "centre": centre, "problems": [(w, "#content") for w in problems],
        "board": _board(cells, today) if not centre or policy.can(request.authority, P.CURATE) else [],
        "board_columns": ["Hospital", *(f"{at}" for at in range(1, len(version.components) + 1)), "Why not"],
        "reasons": [(WHY.get(code_, code_), n) for code_, n in selectors.reasons(toolkit_id=row.pk)], "chances": _reached(row), "rests": _rests(row),
        "told": [f"{len({cell.hospital_id for cell in cells})} hospitals" if centre else "other hospitals", "as they told it", _on(today)],
        "chart": _chart(row, version, counts, quarters, centre=centre) if quarters and any(n is not None for n in counts.values()) else None,
        "form": (form or UptakeForm(components=version.components)) if may_act and row.state != "RETIRED" else None,
        "own": request.authority.hospitals(P.ADOPT),
        "crumbs": [("Spread", reverse("interventions:spread")), (row.title, "")],
    }  # fmt: skip
    return render(request, "interventions/spread_toolkit.html", context, status=status)


def _board(cells: list[selectors.Cell], today: date) -> list[dict[str, Any]]:
    names = hospitals.names(hospital_ids=tuple({cell.hospital_id for cell in cells}))
    rows = []
    for pk, name in names.items():
        own = sorted((cell for cell in cells if cell.hospital_id == pk), key=lambda cell: cell.place)
        states = [
            (SHAPES[state], STATES[state].format(_month(c.starts_on), _month(c.stopped_on)))
            for c in own
            for state in [c.state(today)]
        ]
        why = sorted({_why(c) for c in own if c.state(today) in {"stopped", "declined"}} - {""})
        rows.append(
            {
                "name": name,
                "states": states,
                "why": "; ".join(why),
                "begun": any(c.state(today) in {"running", "stopped"} for c in own),
            }
        )
    return sorted(rows, key=lambda one: (not one["begun"], one["name"]))


def _why(cell: selectors.Cell) -> str:
    return ": ".join(part for part in (WHY.get(cell.hindrance, ""), cell.words) if part)


def _month(day: date | None) -> str:
    return f"{day:%b %Y}" if day else ""


def _counts(
    row: Any, cells: list, *, today: date, centre: bool
) -> tuple[dict[tuple[int, date], int | None], list[date]]:
    """Return hospitals that had begun by (place, quarter): all for the centre, others of three and more for a hospital."""
    if not centre:
        found: dict[tuple[int, date], int | None] = {
            (one.place, one.quarter): one.n for one in selectors.counts(toolkit_id=row.pk, on=today)
        }
        return found, _quarters(min((quarter for _, quarter in found), default=None), today)
    begun = [cell for cell in cells if cell.starts_on and cell.starts_on <= today]
    quarters = _quarters(min((cell.starts_on for cell in begun), default=None), today)
    places = {cell.place for cell in cells}
    return {
        (at, day): sum(1 for cell in begun if cell.place == at and cell.starts_on < _next(day))
        for at in places
        for day in quarters
    }, quarters


def _next(day: date) -> date:
    return date(day.year + (day.month == 10), (day.month + 2) % 12 + 1, 1)


def _quarters(first: date | None, today: date) -> list[date]:
    if first is None:
        return []
    day, found = date(first.year, 3 * ((first.month - 1) // 3) + 1, 1), []
    while day <= today:
        found.append(day)
        day = _next(day)
    return found


def _chart(row: Any, version: Any, counts: dict, quarters: list[date], *, centre: bool) -> Any:
    latest = [counts.get((at, quarters[-1])) for at in range(1, len(version.components) + 1)]
    known = [n for n in latest if n is not None]
    most, least = max(known, default=0), min(known, default=0)
    many = f"{most}" if most == least else f"{least} to {most}"
    whose = "hospitals" if centre else "other hospitals"
    return charts_spread.cumulative(
        components=version.components, quarters=quarters, counts=counts, whose=whose.capitalize(), title=f"{row.title}: hospitals that had begun",
        sentence=f"**{many} {whose}**{'' if most == least else ', by component,'} had begun by {charts_spread.quarter_words(quarters[-1])}.",
    )  # fmt: skip


def _on(day: date) -> str:
    return f"on {day:%-d %B %Y}"


def _rests(row: Any) -> list[str]:
    """Say what the events avoided rest on."""
    impact = selectors.helped(row)
    kept = believed.of_comparison(comparison_id=impact.comparison_id, measure_code=row.measure_code) if impact else None
    return sentences.believed_of_all(kept)


def _reached(row: Any) -> list[tuple[str, str]]:
    """Say what the assessment says of cases changed and events avoided; nothing where it is too early."""
    impact = selectors.helped(row)
    events = (impact.document if impact else {}).get("events")
    if not events or events["lower"] is None:
        return []
    avoided = f"{events['prevented']:.0f} (95 % interval {events['lower']:.0f} to {events['upper']:.0f})".replace(
        "-", "−"
    )
    return [
        ("Cases under the change", f"{events['cases']:,}"),
        ("Events avoided", avoided),
        ("What is said of it", impact.document["sentences"][0]),
    ]


@requires(P.ADOPT)
@require_POST
def say(request: HttpRequest, code: str) -> HttpResponse:
    """Keep that a component starts, stopped, or is not for now."""
    row, reach = toolkits.one(code=code), request.authority.hospitals(P.ADOPT)
    components = toolkits.newest_version(row).components
    form = UptakeForm(request.POST, components=components)
    if not form.is_valid():
        return _page(request, code, form=form, status=400)
    given = dict(form.cleaned_data)
    own = {cell.hospital_id for cell in selectors.cells(toolkit_id=row.pk)} & set(reach)
    if not own:
        raise NotFound
    try:
        for hospital_id in sorted(own):
            actions.say(
                toolkit=row,
                hospital_id=hospital_id,
                by=request.user,
                at=request.now,
                **(given | {"component": components[int(given["component"])]}),
            )
    except Refusal as refusal:
        return _page(request, code, form=form, problems=refusal.reasons, status=400)
    messages.success(request, "Kept.")
    return redirect("interventions:spread-toolkit", code=code)
