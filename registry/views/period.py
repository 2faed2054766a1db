"""Reporting periods: what is in them, closing them, their snapshots."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from registry.actions import periods as actions
from registry.calendar import days_words
from registry.selectors import definitions, locks, periods, snapshots
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

COLUMNS = ["Period", "Days", "State", ("Frozen cases", "", "num"), "Snapshot"]
CONTRIBUTION_COLUMNS = [
    "Hospital",
    ("Submitted", "", "num"),
    ("Drafts left out", "", "num"),
    ("Operations counted", "", "num"),
    ("Sampled", "", "num"),
]
SNAPSHOT_COLUMNS = [
    ("Number", "", "num"),
    "Frozen",
    ("Cases", "", "num"),
    ("Hospitals", "", "num"),
    "Final from",
    "Digest",
]
REVISED_COLUMNS = [("Snapshot", "", "num"), "Case", "Hospital", "Changed", "Why", "Who and second person", "When"]
SHAPES = {"OPEN": ("due", "open"), "CLOSING": ("current", "being closed"), "CLOSED": ("locked", "closed")}


@requires(P.CLOSE_PERIODS)
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the periods of every registry, those that can be closed first."""
    today = request.now.date()
    context = {
        "columns": COLUMNS,
        "registries": [(registry, _rows(registry, today)) for registry in definitions.registries()],
    }
    return render(request, "registry/periods.html", context)


def _rows(registry: Any, today: Any) -> list[dict[str, Any]]:
    snapshots = periods.numbered_snapshots(registry)
    return [
        {
            "period": period,
            "shape": SHAPES[period.status][0],
            "words": SHAPES[period.status][1],
            "snapshot": snapshots.get(period.pk),
            "over": period.status == "OPEN" and period.ends_before is not None and period.ends_before <= today,
        }
        for period in periods.of_registry(registry)
    ]


def _page(request: HttpRequest, period_id: int, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    found = periods.one(period_id=period_id)
    rows = periods.contributions(found)
    job = found.close_job if found.status == "CLOSING" else periods.refreeze_job(found)
    failed = job is not None and job.status == "FAILED"
    n_cases, n_drafts = sum(row.n_submitted for row in rows), sum(row.n_drafts for row in rows)
    frozen = periods.snapshots(found)
    context = {
        "period": found,
        "rows": [
            (row, row.n_submitted / row.n_eligible if row.n_eligible else None)
            for row in rows
            if row.n_submitted or row.n_drafts or row.n_eligible
        ],
        "silent": [row.hospital for row in rows if not row.n_submitted],
        "snapshots": frozen,
        "n_cases": n_cases,
        "n_drafts": n_drafts,
        "drafts_words": f"{n_drafts:,} draft{'' if n_drafts == 1 else 's'} would be left out. Ask their hospitals to submit them first.",
        "close_words": f"Close {found.label} with {n_cases:,} case{'' if n_cases == 1 else 's'}",
        "over": found.ends_before is None or found.ends_before <= request.now.date(),
        "lock": _lock(found, request.now.date()),
        "working": job is not None and job.finished_at is None,
        "failed": job.error.split("\n") if failed else [],
        "progress": _progress(job),
        "columns": CONTRIBUTION_COLUMNS,
        "snapshot_columns": SNAPSHOT_COLUMNS,
        "revised": snapshots.revisions(snapshot_ids=[row.pk for row in frozen]),
        "revised_columns": REVISED_COLUMNS,
        "problems": [(words, "#close") for words in problems],
        "credibility": [found.registry.title, _days(found), SHAPES[found.status][1], f"{n_cases:,} submitted cases"],
    }
    return render(request, "registry/period.html", context, status=status)


def _lock(period: Any, today: Any) -> dict[str, Any]:
    """Say when an open period locks, who has attested it, who waits, and who asks for more time."""
    on = locks.locks_on(period)
    if on is None or period.status != "OPEN":
        return {}
    waiting = locks.waiting_for(period)
    attestations = locks.attestations(period)
    return {
        "words": f"{locks.words(on, today=today).capitalize()}, on {on:%-d %b %Y}.",
        "early": today < on and bool(waiting),
        "attested": [f"by {row.hospital.name}, {row.at:%-d %b %Y}, {row.n_submitted:,} cases" for row in attestations.values()],
        "attested_ids": frozenset(attestations),
        "waiting": waiting,
        "waivers": [(row, row.granted_until or row.asked_until) for row in locks.waivers(period)],
    }


def _days(period: Any) -> str:
    return (
        days_words(period.starts_on, period.ends_before)
        if period.starts_on
        else "without dates"
    )


def _progress(job: Any) -> dict[str, Any]:
    if job is None:
        return {"words": "", "finished": True}
    done = job.finished_at is not None
    words = "Done" if done else job.progress.get("words") or "Waiting for a worker"
    return {"words": words, "done": job.progress.get("done", 0), "total": job.progress.get("of", 0), "finished": done}


@requires(P.CLOSE_PERIODS)
@require_safe
def period(request: HttpRequest, period_id: int) -> HttpResponse:
    """Show what closing would freeze, or what was frozen."""
    return _page(request, period_id)


@requires(P.CLOSE_PERIODS)
@require_safe
def progress(request: HttpRequest, period_id: int) -> HttpResponse:
    """Say how far closing is; the page asks again."""
    found = periods.one(period_id=period_id)
    job = found.close_job if found.status == "CLOSING" else periods.refreeze_job(found)
    said = _progress(job)
    response = render(request, "registry/upload_progress.html", {"progress": said, "url": request.path})
    if said["finished"] and request.htmx:
        response["HX-Refresh"] = "true"
    return response


@requires(P.CLOSE_PERIODS)
@require_POST
def close(request: HttpRequest, period_id: int) -> HttpResponse:
    """Shut a period and start freezing it."""
    try:
        actions.start_close(
            period=periods.one(period_id=period_id), by=request.user, at=request.now, reason=request.POST.get("reason", "")[:1000]
        )
    except Refusal as refusal:
        return _page(request, period_id, problems=refusal.reasons, status=400)
    return redirect("registry:period", period_id=period_id)


@requires(P.CLOSE_PERIODS)
@require_POST
def reopen(request: HttpRequest, period_id: int) -> HttpResponse:
    """Open a period again whose closing failed."""
    try:
        actions.reopen(
            period=periods.one(period_id=period_id),
            by=request.user,
            at=request.now,
            reason=request.POST.get("reason", ""),
        )
    except Refusal as refusal:
        return _page(request, period_id, problems=refusal.reasons, status=400)
    return redirect("registry:period", period_id=period_id)


@requires(P.CLOSE_PERIODS)
@require_POST
def refreeze(request: HttpRequest, period_id: int) -> HttpResponse:
    """Start freezing the next snapshot of a closed period."""
    actions.start_refreeze(period=periods.one(period_id=period_id), by=request.user, at=request.now)
    return redirect("registry:period", period_id=period_id)
