"""Sampling: cycles to draw, drawn cycles, list against sample, and the hours that abstraction will take."""

import secrets
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from registry.actions import case_reads
from registry.actions import cycles as actions
from registry.calendar import days_words, local_day, moment_words
from registry.selectors import cycles, pace, periods, sampling, worklists
from registry.views import work_page
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound

PER_PAGE = 25
DUE_COLUMNS = ["Cycle", "Days", ("Operations", "", "num"), "To do"]
CYCLE_COLUMNS = [
    "Cycle", "Days", ("On the list", "", "num"), ("Eligible", "", "num"), ("Taken", "", "num"), ("Always taken", "", "num"), ("Sampled", "", "num"),
]  # fmt: skip
ROW_COLUMNS = ["Operation", "Day", "Procedure", "Outcome", ("Chance", "", "num"), "Case"]
TALLY_COLUMNS = [
    ("On the list", "", "num"), ("Eligible", "", "num"), ("In drawn cycles", "", "num"), ("Taken", "", "num"), ("Sampled", "", "num"),
    ("Abstracted", "", "num"), ("Rare, missed", "", "num"),
]  # fmt: skip
MIX_COLUMNS = [
    "Compared", ("On the list", "", "num"), ("In the sample", "", "num"), ("Difference", "", "num"), "95 % interval, all together",
    ("Abstracted", "", "num"),
]  # fmt: skip


@requires(P.IMPORT_CASES)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what is to be drawn, what was drawn and what it will cost."""
    place = work_page.place(request, P.IMPORT_CASES)
    context: dict[str, Any] = {"tabs": work_page.tabs(request, "registry:sampling"), "place": place}
    if place is not None:
        value, _, registry, hospital = place
        today = local_day(request.now, zone=hospital.time_zone)
        versions = sampling.rules(registry)
        rules = sampling.in_force(versions, today)
        waits = worklists.waiting(scope=request.authority.scope(), today=today)
        page = Paginator(cycles.drawn(hospital_ids=(hospital.pk,)), PER_PAGE).get_page(request.GET.get("page"))
        context |= {
            "where": value,
            "chips": work_page.chips(request, P.IMPORT_CASES, chosen=value),
            "rules": rules,
            "rules_words": _rules_words(rules),
            "due": _with_days(cycles.due(registry=registry, hospital_id=hospital.pk, today=today)),
            "page": page,
            "drawn": _with_days(page),
            "forecast": _forecast(registry, hospital, waits.drafts, today),
            "due_columns": DUE_COLUMNS,
            "cycle_columns": CYCLE_COLUMNS,
        }
    return render(request, "registry/sampling.html", context)


def _with_days(found: Any) -> list[tuple[Any, str]]:
    return [(cycle, days_words(cycle.starts_on, cycle.ends_before)) for cycle in found]


def _rules_words(rules: Any) -> str:
    if rules is None:
        return ""
    caps = ", ".join(f"{n} of {group}" for group, n in sorted(rules.caps.items()))
    always = f"; always taken: {', '.join(rules.rare)}" if rules.rare else ""
    return f"At most {rules.core_per_cycle} core cases in each {rules.cycle_days} days" + (f", of them at most {caps}" if caps else "") + always + "."


def _forecast(registry: Any, hospital: Any, n_drafts: int, today: Any) -> str:
    n_year = cycles.a_year(registry=registry, hospital_id=hospital.pk, on=today)
    found = pace.forecast(registry_id=registry.pk, hospital_ids=(hospital.pk,), n_waiting=n_drafts, n_year=n_year)
    if found.pace is None:
        n = "No case is" if not found.n_measured else f"{found.n_measured} case{' is' if found.n_measured == 1 else 's are'}"
        return f"{n} measured so far; a forecast needs {found.fewest}. Minutes are counted while somebody works in the form of a case."
    one = f"A case takes **{found.pace.value:.0f} minutes** (median of {found.pace.n}; {found.pace.lower:.0f} to {found.pace.upper:.0f})"
    waits = found.waiting
    drafts = f"the {waits.n_cases:,} drafts that wait, about {waits.value:.0f} hours ({waits.lower:.0f} to {waits.upper:.0f})"
    year = f"; a year at this sampling, {found.year.n_cases:,} cases, about {found.year.value:,.0f} hours" if found.year else ""
    return f"{one}: {drafts}{year}."


@requires(P.IMPORT_CASES)
@require_POST
def draw(request: HttpRequest) -> HttpResponse:
    """Draw a cycle with a seed that nobody could know beforehand."""
    place = work_page.place(request, P.IMPORT_CASES)
    number = request.POST.get("number", "")
    if place is None or not number.isdecimal() or len(number) > 6:
        raise NotFound
    _, _, registry, hospital = place
    seed = secrets.randbits(63)
    cycle = actions.draw_cycle(registry=registry, hospital=hospital, number=int(number), seed=seed, by=request.user, at=request.now)
    messages.success(request, f"Cycle {cycle.number} is drawn: {cycle.n_selected} of {cycle.n_eligible} eligible operations are taken.")
    return redirect("registry:cycle", registry=registry.code, hospital=hospital.code, number=cycle.number)


def _cycle(request: HttpRequest, registry: str, hospital: str, number: int) -> Any:
    reach = request.authority.hospitals(P.IMPORT_CASES)
    return cycles.one(registry_code=registry, hospital_ids=reach, hospital_code=hospital, number=number)


@requires(P.IMPORT_CASES)
@require_safe
def cycle(request: HttpRequest, registry: str, hospital: str, number: int) -> HttpResponse:
    """Show one drawn cycle, operation by operation, and draw it again from its seed."""
    found = _cycle(request, registry, hospital, number)
    words = sampling.labels(found.procedures)
    page = Paginator(cycles.rows_of(found), 100).get_page(request.GET.get("page"))
    shown = [(found.hospital_id, row.case.code) for row in page if row.case is not None]
    case_reads.listed(cases=shown, by=request.user, at=request.now, view=f"cycle {found.number}")
    context = {
        "tabs": work_page.tabs(request, "registry:sampling"),
        "cycle": found,
        "number_words": str(found.number),
        "rules_words": _rules_words(found.rules),
        "page": page,
        "rows": [(row, words.get(row.procedure, row.procedure), cycles.OUTCOMES[row.outcome]) for row in page],
        "columns": ROW_COLUMNS,
        "is_repeated": cycles.is_repeated(found),
        "n_late": cycles.n_late(found),
        "drawn": f"{moment_words(found.drawn_at, zone=found.hospital.time_zone)} by {found.drawn_by.name if found.drawn_by else 'Cairn'}",
        "credibility": [
            found.registry.title, found.hospital.name, days_words(found.starts_on, found.ends_before),
            f"{found.n_selected} of {found.n_eligible} eligible operations taken",
        ],
    }  # fmt: skip
    return render(request, "registry/cycle.html", context)


@requires(P.IMPORT_CASES)
@require_POST
def late(request: HttpRequest, registry: str, hospital: str, number: int) -> HttpResponse:
    """Take in operations that came after the draw."""
    found = _cycle(request, registry, hospital, number)
    opened, left = actions.take_late(cycle=found, by=request.user, at=request.now)
    messages.success(request, f"{opened} rare operation{'' if opened == 1 else 's'} opened; {left} came too late for the draw and stay out.")
    return redirect("registry:cycle", registry=registry, hospital=hospital, number=number)


@requires(P.IMPORT_CASES)
@require_safe
def reconciliation(request: HttpRequest) -> HttpResponse:
    """Set the operating list of a period against the sample and what is abstracted of it."""
    place = work_page.place(request, P.IMPORT_CASES)
    if place is None:
        raise NotFound
    value, words, registry, hospital = place
    today = local_day(request.now, zone=hospital.time_zone)
    dated = [period for period in periods.of_registry(registry) if period.starts_on and period.starts_on <= today]
    chosen = next((period for period in dated if str(period.pk) == request.GET.get("period")), None)
    begun = chosen or cycles.latest_period(dated, registry=registry, hospital_id=hospital.pk)
    context = {
        "tabs": work_page.tabs(request, "registry:sampling"),
        "chips": [(period.label, f"{request.path}?where={value}&period={period.pk}", None, period == begun) for period in dated[:6]],
        "period": begun,
        "where": value,
    }
    if begun is not None:
        found = cycles.reconciliation(registry=registry, hospital_id=hospital.pk, since=begun.starts_on, before=begun.ends_before)
        context |= {
            "found": found,
            "sentence": _sentence(found, begun.label),
            "apart": [line.label for line in found.mix if line.found.is_apart],
            "procedure_columns": ["Procedure", *TALLY_COLUMNS],
            "cycle_columns": ["Cycle", *TALLY_COLUMNS],
            "mix_columns": MIX_COLUMNS,
            "mix": [_mix_row(line) for line in found.mix],
            "credibility": [words, begun.label, f"{found.whole.n_list:,} operations on the list"],
        }
    return render(request, "registry/reconciliation.html", context)


def _sentence(found: Any, label: str) -> str:
    whole = found.whole
    if not whole.n_list:
        return f"No operating list of {label} is here yet."
    if not whole.n_drawn:
        return f"**No cycle of {label} is drawn yet**: {found.n_waiting:,} operations wait, {whole.n_eligible:,} of them eligible."
    share = f"{whole.fraction:.0%}".replace("%", " %")
    taken = f"{whole.n_taken:,} of {whole.n_drawn:,} eligible operations of the drawn cycles are taken ({share})"
    said = f"**{taken}, {whole.n_abstracted:,} of them are abstracted.**"
    if whole.n_eligible > whole.n_drawn:
        said += f" {whole.n_eligible - whole.n_drawn:,} more are eligible and wait for their cycle."
    missed = f" {whole.n_missed_rare} rare operation{' has' if whole.n_missed_rare == 1 else 's have'} no case." if whole.n_missed_rare else ""
    return said + (missed or " No rare operation is missed.")


def _mix_row(line: Any) -> tuple[str, str, str, str, str, int, bool]:
    found, times, unit = line.found, 100 if line.is_share else 1, " %" if line.is_share else ""

    def told(value: float | None, *, signed: bool = False) -> str:
        return "" if value is None else f"{value * times:{'+' if signed else ''}.1f}{unit}".replace("-", "−")

    interval = f"{told(found.lower, signed=True)} to {told(found.upper, signed=True)}" if found.lower is not None else "too few"
    return line.label, told(found.on_list), told(found.in_sample), told(found.difference, signed=True), interval, found.n_sample, found.is_apart
