"""The worklist: the abstractor's day; a surgeon's own cases."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from registry.actions import case_reads
from registry.calendar import local_day
from registry.selectors import locks, worklists
from registry.views import work_page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.selectors import hospitals

MOST_CODES = 500


@requires(P.ENTER_CASES, P.READ_CASES, P.READ_OWN_CASES, P.IDENTIFY)
@require_safe
def worklist(request: HttpRequest) -> HttpResponse:
    """List the cases one may see, most urgent first; the list shown is on the trail."""
    entering = policy.can(request.authority, P.ENTER_CASES)
    search = request.GET.get("q", "").strip()[:64]
    codes = [code for code in request.GET.get("codes", "").split(",") if code][:MOST_CODES]
    found = worklists.worklist(
        scope=request.authority.scope(),
        chosen=request.GET.get("show", ""),
        search=search,
        page=_number(request.GET.get("page", "")),
        now=request.now,
        entering=entering,
        codes=codes,
    )
    shown = [(case.hospital_id, case.code) for case in found.page.object_list]
    case_reads.listed(cases=shown, by=request.user, at=request.now, view=found.chosen)
    kept = {name: value for name, value in (("q", search), ("codes", ",".join(codes))) if value}
    address = reverse("registry:worklist")
    chips = [(label, f"{address}?{urlencode(kept | {'show': name})}", n, name == found.chosen) for name, label, n in found.filters]
    context = {"found": found, "chips": chips, "search": search, "entering": entering, "codes": codes, "columns": _columns(found, entering)}
    if entering:
        context |= {"tabs": work_page.tabs(request, "registry:worklist"), "countdown": _countdown(request)}
    return render(request, "registry/worklist.html", context)


def _columns(found: worklists.Worklist, entering: bool) -> list[str]:
    columns = ["Due", "Case", "Operation", "What is missing", "Last touched"] if entering else ["Case", "Operation", "Status", "Last touched"]
    return [*columns, "Hospital"] if found.several else columns


def _countdown(request: HttpRequest) -> str:
    """Say which period locks next, where drafts still stand in it."""
    own = hospitals.reached(hospital_ids=request.authority.hospitals(P.ENTER_CASES))
    return locks.countdown(hospital_ids=tuple(row.pk for row in own), today=local_day(request.now, zone=own[0].time_zone)) if own else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else 1
