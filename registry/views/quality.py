"""Data quality at a glance: the centre's matrix of hospitals, and one hospital's report among blinded peers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registry.actions import quality as actions
from registry.selectors import definitions
from registry.selectors import quality as selectors
from registry.views import quality_page as page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound
from sites.selectors import hospitals as hospital_selectors


def _reach(request: HttpRequest) -> tuple[int, ...]:
    return request.authority.hospitals(P.READ_QUALITY)


@requires(P.READ_QUALITY)
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Go to the latest period that was assessed, or say that none was."""
    found = [
        (registry, selectors.periods(registry=registry, hospital_ids=_reach(request)))
        for registry in selectors.registries(hospital_ids=_reach(request))
    ]
    asked = request.GET.get("registry", "")
    first = sorted(found, key=lambda pair: (pair[0].code != asked, not pair[0].has_dates, -len(pair[1])))
    for registry, periods in first:
        ended = [row for row in periods if row.period.status == "CLOSED"] or periods
        return redirect("registry:quality-period", registry=registry.code, period_id=ended[0].period.pk)
    context = {"registries": definitions.registries(), "may_assess": policy.can(request.authority, P.CLOSE_PERIODS)}
    return render(request, "registry/quality_none.html", context)


def _reads_audits(request: HttpRequest, hospital_id: int) -> bool:
    return any(policy.can(request.authority, one, hospital_id=hospital_id) for one in (P.RUN_AUDITS, P.READ_STANDING))


def _period(
    request: HttpRequest, registry_code: str, period_id: int
) -> tuple[selectors.Assessed, list[selectors.Assessed]]:
    registry = definitions.registry(code=registry_code)
    periods = selectors.periods(registry=registry, hospital_ids=_reach(request))
    chosen = next((row for row in periods if row.period.pk == period_id), None)
    if chosen is None:
        raise NotFound
    return chosen, periods


@requires(P.READ_QUALITY)
@require_safe
def period(request: HttpRequest, registry: str, period_id: int) -> HttpResponse:
    """Show the matrix of hospitals; somebody with one hospital sees its report at once."""
    chosen, periods = _period(request, registry, period_id)
    rows = selectors.matrix(period=chosen.period, hospital_ids=_reach(request))
    if len(rows) == 1 and not request.authority.is_centre:
        return redirect(
            "registry:quality-hospital", registry=registry, period_id=period_id, hospital=rows[0].hospital.code
        )
    context = {
        "chosen": chosen,
        "registry": chosen.period.registry,
        "registries": selectors.registries(hospital_ids=_reach(request)),
        "chips": page.period_chips(registry, periods, period_id),
        "columns": page.COLUMNS,
        "rows": [page.line(row, may_read_audit=_reads_audits(request, row.hospital_id)) for row in rows],
        "sentence": page.sentence_of_all(rows),
        "may_assess": policy.can(request.authority, P.CLOSE_PERIODS),
        "watched": page.watched(selectors.watched(registry=chosen.period.registry))
        if request.authority.is_centre
        else [],
    }
    return render(request, "registry/quality.html", context)


@requires(P.READ_QUALITY)
@require_safe
def hospital(request: HttpRequest, registry: str, period_id: int, hospital: str) -> HttpResponse:
    """Show one hospital's report of a period, with what to do about each figure."""
    chosen, periods = _period(request, registry, period_id)
    reached = next(
        (row for row in hospital_selectors.reached(hospital_ids=_reach(request)) if row.code == hospital), None
    )
    if reached is None:
        raise NotFound
    report = selectors.report(period=chosen.period, hospital_id=reached.pk)
    matrix = reverse("registry:quality-period", args=[registry, period_id])
    context = {
        "report": report,
        "chosen": chosen,
        "registry": chosen.period.registry,
        "chips": page.period_chips(registry, periods, period_id, hospital=hospital),
        "columns": page.REPORT_COLUMNS,
        "figures": page.figures(
            report,
            selectors.trend(registry=chosen.period.registry, hospital_id=reached.pk),
            may_read_audit=_reads_audits(request, reached.pk),
        ),
        "sentinels": page.sentinels(report),
        "sentinel_columns": page.SENTINEL_COLUMNS,
        "sentence": page.sentence_of_one(report),
        "crumbs": [("Data quality", matrix), (reached.name, "")] if request.authority.is_centre else [],
    }
    return render(request, "registry/quality_hospital.html", context)


@requires(P.CLOSE_PERIODS)
@require_POST
def assess(request: HttpRequest, registry: str) -> HttpResponse:
    """Assess a registry anew, now."""
    job = actions.ask_for(registry=definitions.registry(code=registry), by=request.user, at=request.now)
    return render(request, "registry/quality_assessing.html", {"job": job, "registry": registry})
