"""Locks: how long each open period still takes cases, the hospital's attestation, and more time in hardship."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from registry.actions import locks as actions
from registry.calendar import day_words, local_day, moment_words
from registry.intake.dates import day_in
from registry.selectors import locks, periods
from registry.views import work_page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal
from sites.selectors import hospitals


def _page(request: HttpRequest, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    reach = request.authority.hospitals(P.ENTER_CASES)
    own = hospitals.reached(hospital_ids=reach)
    today = local_day(request.now, zone=own[0].time_zone if own else "UTC")
    found = locks.of_hospitals(hospital_ids=reach, today=today)
    context = {
        "tabs": work_page.tabs(request, "registry:locks"),
        "locks": [_words(lock, today=today, zone=own[0].time_zone) for lock in found],
        "may_attest": policy.can(request.authority, P.ATTEST_PERIODS),
        "several": len(own) > 1,
        "problems": [(words, "#main") for words in problems],
        "words": actions.WORDS,
    }
    return render(request, "registry/locks.html", context, status=status)


def _words(lock: Any, *, today: Any, zone: str) -> dict[str, Any]:
    attested, waiver, counts = lock.attestation, lock.waiver, lock.counts
    latest = locks.locks_on(lock.period) + actions.LONGEST_DELAY
    return {
        "lock": lock,
        "countdown": locks.words(lock.locks_on, today=today),
        "near": (lock.locks_on - today).days <= 30,
        "locks_on": day_words(lock.locks_on),
        "may_ask": waiver is None or waiver.status == "REFUSED",
        "until_hint": f"A day after {day_words(locks.locks_on(lock.period))}, at the latest {day_words(latest)}.",
        "attestable_on": day_words(lock.attestable_on),
        "too_early": today < lock.attestable_on,
        "attested": f"{attested.by.name}, {moment_words(attested.at, zone=zone)}" if attested else "",
        "changed": attested is not None and (attested.n_submitted, attested.n_drafts) != (counts.n_submitted, counts.n_drafts),
        "waiver": _waiver_words(waiver),
    }


def _waiver_words(waiver: Any) -> str:
    if waiver is None:
        return ""
    if waiver.status == "ASKED":
        return f"More time was asked for, until {day_words(waiver.asked_until)}; the centre has not decided yet."
    said = f": {waiver.decision_reason}" if waiver.decision_reason else ""
    if waiver.status == "GRANTED":
        return f"More time was given, until {day_words(waiver.granted_until)}{said}."
    return f"More time was refused{said}"


@requires(P.ENTER_CASES)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the open periods with their countdown."""
    return _page(request)


def _place(request: HttpRequest, period_id: int) -> tuple[Any, Any]:
    """Find the period and the hospital one speaks for; a period of a registry the hospital is not in is missing."""
    reach = request.authority.hospitals(P.ATTEST_PERIODS)
    period = periods.one(period_id=period_id)
    wanted = request.POST.get("hospital", "")
    own = [row for row in hospitals.reached(hospital_ids=reach) if not wanted or str(row.pk) == wanted]
    taking = {row.hospital_id for row in locks.of_hospitals(hospital_ids=reach, today=request.now.date()) if row.period.pk == period.pk}
    found = next((row for row in own if row.pk in taking), None)
    if found is None:
        raise NotFound
    return period, found


@requires(P.ATTEST_PERIODS)
@require_POST
def attest(request: HttpRequest, period_id: int) -> HttpResponse:
    """Attest a period for the hospital."""
    period, hospital = _place(request, period_id)
    if request.POST.get("sure") != "1":
        return _page(request, problems=("Tick the sentence that you attest.",), status=400)
    try:
        actions.attest(period=period, hospital=hospital, by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, problems=refusal.reasons, status=400)
    messages.success(request, f"{period.label} is attested for {hospital.name}.")
    return redirect("registry:locks")


@requires(P.ATTEST_PERIODS)
@require_POST
def ask(request: HttpRequest, period_id: int) -> HttpResponse:
    """Ask the centre for more time."""
    period, hospital = _place(request, period_id)
    until = day_in(request.POST.get("until"))
    try:
        if until is None:
            raise Refusal("Say until which day.")
        actions.ask(period=period, hospital=hospital, until=until, reason=request.POST.get("reason", ""), by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, problems=refusal.reasons, status=400)
    messages.success(request, "The centre was asked for more time.")
    return redirect("registry:locks")


@requires(P.CLOSE_PERIODS)
@require_POST
def decide(request: HttpRequest, waiver_id: int) -> HttpResponse:
    """Grant or refuse more time."""
    waiver = locks.one_waiver(waiver_id=waiver_id)
    sent = request.POST
    actions.decide(
        waiver_id=waiver_id, grant=sent.get("decision") == "grant", until=day_in(sent.get("until")), reason=sent.get("reason", ""),
        by=request.user, at=request.now,
    )  # fmt: skip
    messages.success(request, f"{waiver.hospital.name} sees your decision.")
    return redirect("registry:period", period_id=waiver.period_id)
