"""Operating lists: send one, choose its columns, read what stands in the way, commit it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.actions import frames
from registry.calendar import day_words
from registry.intake.dates import day_in
from registry.intake.sheet import letter
from registry.lifecycle import UploadState
from registry.selectors import dictionaries
from registry.selectors import frames as selectors
from registry.views import upload_page, work_page
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal

PER_PAGE = 50
COLUMNS = ["List", "For", "Sent", "State", ("Operations", "", "num")]
FAULT_COLUMNS = [("Row", "", "num"), "Column", "Value", "What is wrong, and what to do"]
WORKING = (UploadState.MAPPED, UploadState.COMMITTING)


def _list(request: HttpRequest, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    offers = work_page.places(request, P.IMPORT_CASES)
    rows = selectors.listed(hospital_ids=request.authority.hospitals(P.IMPORT_CASES))
    context = {
        "tabs": work_page.tabs(request, "registry:sampling"),
        "page": Paginator(rows, 25).get_page(request.GET.get("page")),
        "columns": COLUMNS,
        "offers": [(value, words) for value, words, _, _ in offers],
        "chosen": request.POST.get("where", "") or (offers[0][0] if len(offers) == 1 else ""),
        "problems": [(words, "#field-file") for words in problems],
        "file_attrs": {"accept": ".csv,.xlsx,.txt,.tsv"},
    }
    return render(request, "registry/operating_lists.html", context, status=status)


@requires(P.IMPORT_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: HttpRequest) -> HttpResponse:
    """List operating lists; take a new one in, and check it at once when every needed column is known."""
    if request.method != "POST":
        return _list(request)
    try:
        upload = _receive(request)
    except NotFound:
        raise
    except Refusal as refusal:
        return _list(request, problems=refusal.reasons, status=400)
    if not frames.missing_columns(upload) and all(how != "none" for how in upload.mapping["how"].values()):
        frames.choose_columns(upload=upload, chosen=upload.mapping["columns"], by=request.user, at=request.now)
        frames.start_check(upload=upload, by=request.user, at=request.now)
    return redirect("registry:operating-list", code=upload.code)


def _receive(request: HttpRequest) -> Any:
    sent, wanted = request.FILES.get("file"), request.POST.get("where")
    offer = next((one for one in work_page.places(request, P.IMPORT_CASES) if one[0] == wanted), None)
    if offer is None:
        raise Refusal("Choose the registry that the list belongs to.")
    if sent is None:
        raise Refusal("Choose a file: CSV or XLSX.")
    if sent.size > frames.WEB.sent:
        raise Refusal(f"The file has {sent.size / 1024 / 1024:.1f} MB; at most {frames.WEB.sent // (1024 * 1024)} MB are taken. Divide it.")
    _, _, registry, hospital = offer
    return frames.receive(registry=registry, hospital=hospital, file_name=sent.name, content=sent.read(), by=request.user, at=request.now)


def _one(request: HttpRequest, code: str, *, findings: bool = False) -> Any:
    return selectors.one(code=code, hospital_ids=request.authority.hospitals(P.IMPORT_CASES), with_findings=findings)


def _page(request: HttpRequest, upload: Any, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    state, counts = UploadState(upload.status), upload.counts
    failed = upload.job is not None and upload.job.status == "FAILED" and state in WORKING
    checked = "faults" in counts and state in (UploadState.CHECKED, UploadState.COMMITTED) and "columns" not in request.GET
    context = {
        "upload": upload,
        "tabs": work_page.tabs(request, "registry:sampling"),
        "credibility": _credibility(upload),
        "problems": [(words, "#columns") for words in problems],
        "failed": upload.job.error.split("\n") if failed else [],
        "working": state in WORKING and not failed,
        "progress": upload_page.progress_of(upload),
        "choosing": state is UploadState.RECEIVED or (state is UploadState.CHECKED and "columns" in request.GET),
        "rows": _columns(upload),
        "missing": frames.missing_columns(upload) if state is UploadState.RECEIVED else [],
        "choices": _choices(upload),
        "checked": checked,
        "faults": Paginator(upload.findings, PER_PAGE).get_page(request.GET.get("page")) if checked else None,
        "all_kept": counts.get("faults", 0) <= frames.KEPT,
        "fault_columns": FAULT_COLUMNS,
        "verdict": _verdict(upload) if checked else "",
        "button": f"Add {counts['new']:,} operation{'' if counts['new'] == 1 else 's'}, leave {counts['same']:,}" if checked else "",
        "may_commit": checked and state is UploadState.CHECKED and not counts["faults"],
        "state": upload_page.STATES[state],
    }
    return render(request, "registry/operating_list.html", context, status=status)


def _columns(upload: Any) -> list[dict[str, Any]]:
    found, how = upload.mapping["columns"], upload.mapping.get("how", {})
    return [
        {"letter": letter(place), "place": place, "header": header, "column": found.get(header, ""), "how": upload_page.HOW[how.get(header, "none")]}
        for place, header in enumerate(upload.headers)
    ]


def _choices(upload: Any) -> list[tuple[str, str]]:
    dictionary = dictionaries.load(upload.version)
    entered = [(column, element.label) for element in dictionary.elements if element.is_entered for column in element.columns]
    return [*entered, (frames.HOSPITAL, "The hospital's code")]


def _credibility(upload: Any) -> list[str]:
    counts = upload.counts
    days = f"{day_words(day_in(counts['from']))} to {day_words(day_in(counts['to']))}" if counts.get("from") else ""
    return [upload.registry.title, upload.hospital.name, f"{counts['rows']:,} operations" if "rows" in counts else "", days]


def _verdict(upload: Any) -> str:
    counts = upload.counts
    if upload.status == UploadState.COMMITTED.value:
        done = f"**Committed**: {counts['new']:,} operations added, {counts['same']:,} were here already."
        return f"{done} Sending the list again would change nothing."
    if counts["faults"]:
        n = "1 value" if counts["faults"] == 1 else f"{counts['faults']:,} values"
        return f"**{n} cannot be taken** ({counts['faulty_rows']:,} of {counts['rows']:,} rows). Mend the list and send it again; nothing was saved."
    if not counts["new"]:
        return f"**Nothing would change**: all {counts['same']:,} operations are here already."
    return "**The list can be committed**: nothing stands in the way."


@requires(P.IMPORT_CASES)
@require_safe
def one(request: HttpRequest, code: str) -> HttpResponse:
    """Show one list in the state it is in; values that are shown are on the trail."""
    found = _one(request, code, findings=True)
    if found.findings and request.method == "GET":
        frames.record_read(upload=found, by=request.user, at=request.now)
    return _page(request, found)


@requires(P.IMPORT_CASES)
@require_POST
def columns(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the chosen columns and start the check."""
    found = _one(request, code, findings=True)
    chosen = {header: request.POST.get(f"column-{place}", "").strip() for place, header in enumerate(found.headers)}
    try:
        frames.choose_columns(upload=found, chosen=chosen, by=request.user, at=request.now)
        frames.start_check(upload=found, by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, found, problems=refusal.reasons, status=400)
    return redirect("registry:operating-list", code=code)


@requires(P.IMPORT_CASES)
@require_safe
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """Say how far the check or the commit is; the page asks again."""
    context = {"progress": upload_page.progress_of(_one(request, code)), "url": request.path}
    response = render(request, "registry/upload_progress.html", context)
    if context["progress"]["finished"] and request.htmx:
        response["HX-Refresh"] = "true"
    return response


@requires(P.IMPORT_CASES)
@require_POST
def commit(request: HttpRequest, code: str) -> HttpResponse:
    """Start the commit of a checked list."""
    found = _one(request, code, findings=True)
    try:
        frames.start_commit(upload=found, by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, found, problems=refusal.reasons, status=400)
    return redirect("registry:operating-list", code=code)


@requires(P.IMPORT_CASES)
@require_POST
def abandon(request: HttpRequest, code: str) -> HttpResponse:
    """Put a list away."""
    frames.abandon(upload=_one(request, code), by=request.user, at=request.now)
    return redirect("registry:operating-lists")
