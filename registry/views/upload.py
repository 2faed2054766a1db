"""Uploads: send a file, choose its columns, read its findings, explain, commit."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry import export
from registry.actions import marking, uploads
from registry.lifecycle import UploadState
from registry.selectors import certifications, periods
from registry.selectors import uploads as selectors
from registry.views.upload_page import needs_choosing, page_of, progress_of
from sites.access import policy
from sites.access.gates import fresh, gives_file, requires
from sites.access.permissions import Permission as P
from sites.actions import rates
from sites.refusals import NotFound, Refusal
from sites.selectors import hospitals

PER_PAGE = 25
COLUMNS = ["File", "For", "Sent", "Where it stands", ("Rows", "", "num")]


def _one(request: HttpRequest, code: str, *, findings: bool = False, content: bool = False) -> uploads.Upload:
    return selectors.one(
        code=code,
        hospital_ids=request.authority.hospitals(P.IMPORT_CASES),
        person_id=request.user.pk if policy.can(request.authority, P.IMPORT_ACROSS) else 0,
        with_findings=findings,
        with_file=content,
    )


def _list(request: HttpRequest, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    reach, across = request.authority.hospitals(P.IMPORT_CASES), policy.can(request.authority, P.IMPORT_ACROSS)
    rows = selectors.listed(hospital_ids=reach, person_id=request.user.pk if across else 0)
    offers = selectors.offers(hospital_ids=reach, across=across)
    undated = {offer.registry.pk: offer.registry for offer in offers if not offer.registry.has_dates}
    places = [(offer.hospital_id, offer.registry.pk, offer.registry.title) for offer in offers if offer.hospital_id is not None]
    open_ones = [period for registry in undated.values() for period in periods.open_ones(registry)]
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "columns": COLUMNS,
        "offers": [(offer.value, offer.words) for offer in offers],
        "chosen": request.POST.get("where", "") or (offers[0].value if len(offers) == 1 else ""),
        "periods": [(str(period.pk), f"{undated[period.registry_id].title}: {period.label}") for period in open_ones],
        "reviewed": [
            REVIEWED.format(title=title)
            for title in certifications.reviewed_titles(person_id=request.user.pk, places=places, on=request.now.date())
        ],
        "problems": [(words, "#field-file") for words in problems],
        "file_attrs": {"accept": ".csv,.xlsx,.txt,.tsv"},
    }
    return render(request, "registry/uploads.html", context, status=status)


REVIEWED = (
    "You are not certified for {title} yet, so a colleague releases each case that you submit in the form. You can send a file and have it"
    " checked; a certified colleague or your site lead then opens it from the list below and commits it. The API takes nothing from you until then."
)


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@require_http_methods(["GET", "HEAD", "POST"])
def uploads_page(request: HttpRequest) -> HttpResponse:
    """List uploads; take a new file in, and go straight on to its check when every column is known."""
    if request.method != "POST":
        return _list(request)
    try:
        upload = _receive(request)
    except NotFound:
        raise
    except Refusal as refusal:
        return _list(request, problems=refusal.reasons, status=400)
    if not needs_choosing(upload):
        mapping = upload.mapping
        uploads.choose_columns(
            upload=upload,
            chosen=mapping["columns"],
            hospital_header=mapping["hospital"],
            by=request.user,
            at=request.now,
        )
        uploads.start_check(upload=upload, by=request.user, at=request.now)
    return redirect("registry:upload", code=upload.code)


def _receive(request: HttpRequest) -> uploads.Upload:
    held, sent = request.authority, request.FILES.get("file")
    offers = selectors.offers(hospital_ids=held.hospitals(P.IMPORT_CASES), across=policy.can(held, P.IMPORT_ACROSS))
    offer = next((offer for offer in offers if offer.value == request.POST.get("where")), None)
    if offer is None:
        raise Refusal("Choose the registry that the file belongs to.")
    if sent is None:
        raise Refusal("Choose a file: CSV or XLSX.")
    if sent.size > uploads.WEB.sent:
        raise Refusal(
            f"The file has {sent.size / 1024 / 1024:.1f} MB; at most {uploads.WEB.sent // (1024 * 1024)} MB are taken. Divide it."
        )
    period = None
    if not offer.registry.has_dates:
        period = next(
            (row for row in periods.open_ones(offer.registry) if str(row.pk) == request.POST.get("period")), None
        )
    return uploads.receive(
        registry=offer.registry,
        hospital=hospitals.one(hospital_id=offer.hospital_id) if offer.hospital_id else None,
        file_name=sent.name,
        content=sent.read(),
        period=period,
        by=request.user,
        at=request.now,
    )


def _page(
    request: HttpRequest, upload: uploads.Upload, *, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    return render(request, "registry/upload.html", page_of(request, upload, problems=problems), status=status)


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@require_safe
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Show one file in the state it is in."""
    found = _one(request, code, findings=True)
    if found.findings and request.method == "GET":
        uploads.record_read(upload=found, by=request.user, at=request.now)
    return _page(request, found)


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@require_POST
def columns(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the chosen columns and start the check."""
    found = _one(request, code, findings=True)
    chosen = {header: request.POST.get(f"column-{place}", "").strip() for place, header in enumerate(found.headers)}
    try:
        uploads.choose_columns(
            upload=found,
            chosen=chosen,
            hospital_header=request.POST.get("hospital_header", ""),
            by=request.user,
            at=request.now,
        )
        uploads.start_check(upload=found, by=request.user, at=request.now)
    except Refusal as refusal:
        found.mapping = found.mapping | {"columns": chosen, "hospital": request.POST.get("hospital_header", "")}
        return _page(request, found, problems=refusal.reasons, status=400)
    return redirect("registry:upload", code=code)


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@require_safe
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """Say how far the check or the commit is; the page asks again."""
    found = _one(request, code)
    context = {"progress": progress_of(found), "url": request.path}
    response = render(request, "registry/upload_progress.html", context)
    if context["progress"]["finished"] and request.htmx:
        response["HX-Refresh"] = "true"
    return response


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@require_POST
def recheck(request: HttpRequest, code: str) -> HttpResponse:
    """Check the same file again."""
    uploads.start_check(upload=_one(request, code), by=request.user, at=request.now)
    return redirect("registry:upload", code=code)


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@require_POST
def commit(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the reasons and start the commit."""
    found = _one(request, code, findings=True)
    names = [sort["name"] for sort in found.counts.get("sorts", [])]
    reasons = {name: request.POST.get(f"reason-{place}", "") for place, name in enumerate(names)}
    uploads.explain(
        upload=found,
        reasons=reasons | {uploads.CHANGE: request.POST.get("change_reason", "")},
        by=request.user,
        at=request.now,
    )
    try:
        uploads.start_commit(upload=found, by=request.user, at=request.now)
    except Refusal as refusal:
        return _page(request, found, problems=refusal.reasons, status=400)
    return redirect("registry:upload", code=code)


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@require_POST
def abandon(request: HttpRequest, code: str) -> HttpResponse:
    """Put a file away."""
    uploads.abandon(upload=_one(request, code), by=request.user, at=request.now)
    return redirect("registry:uploads")


@requires(P.IMPORT_CASES, P.IMPORT_ACROSS)
@fresh
@gives_file
@require_safe
def marked(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Give the file back with its bad cells marked."""
    found = _one(request, code, findings=True, content=True)
    if UploadState(found.status) not in (UploadState.CHECKED, UploadState.COMMITTED):
        raise Refusal("The file is not checked yet.")
    rates.spend_download(person_id=request.user.pk, at=request.now.timestamp())
    uploads.record_read(upload=found, by=request.user, at=request.now, action="download marked file")
    stem = found.file_name.rsplit(".", 1)[0][:80]
    sheet = marking.marked(found)
    if kind == "xlsx":
        return export.attachment(
            export.xlsx_bytes(sheet.header, sheet.rows, marks=sheet.marks), name=f"{stem}-marked.xlsx", kind=export.XLSX
        )
    return export.attachment(
        export.csv_bytes(*sheet.with_words()), name=f"{stem}-marked.csv", kind="text/csv; charset=utf-8"
    )
