"""Who did or saw what, and how far a job is."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sites import audit
from sites.access.gates import public, requires, signed_in
from sites.access.permissions import Permission as P
from sites.selectors import jobs, trail_chain

PER_PAGE = 50
COLUMNS = ["When", "Who", "What", "Object", "Hospital", "Reason"]


@requires(P.READ_TRAIL)
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """List the events of my hospitals, newest first."""
    events = audit.trail(
        hospital_ids=request.authority.hospitals(P.READ_TRAIL),
        person_id=request.user.pk,
        of_centre=request.authority.is_centre,
    )
    page = Paginator(events, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "sites/trail.html", {"page": page, "columns": COLUMNS})


@public
@require_safe
def heads(request: HttpRequest) -> HttpResponse:
    """Show the published heads of the trail to everybody: numbers that say nothing about anybody."""
    return render(request, "sites/heads.html", {"heads": trail_chain.heads(), "columns": ["Day", "Events", "Head"]})


@signed_in
@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show how far one of my jobs is; the page asks again while it runs."""
    row = jobs.mine(job_id=job_id, person_id=request.user.pk)
    context = {
        "words": jobs.words(row),
        "done": row.progress.get("done", 0),
        "total": row.progress.get("of", 0),
        "url": request.path,
        "finished": row.finished_at is not None,
    }
    response = render(request, "sites/job.html", context)
    if row.finished_at is not None and request.htmx:
        response["HX-Refresh"] = "true"
    return response
