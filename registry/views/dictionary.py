"""Dictionaries: read them, print them, download them; draft, compare and publish a version."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from registry import export
from registry.actions import carrying
from registry.actions import dictionaries as actions
from registry.dictionary.documentation import document
from registry.dictionary.faults import DictionaryFaults, Fault
from registry.selectors import carried, definitions, dictionaries, element_uses
from registry.views.rule import job_progress
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal

FAULT_COLUMNS = ["Place", "Element", "What is wrong", "What to do"]
TOUCHED_COLUMNS = ["Element", "What changes", ("Cases with a value", "", "num"), "Edit rules", "Checks"]
UNFIT_COLUMNS = ["Field", "Hospital", ("Values kept aside", "", "num"), ("Not yet dealt with", "", "num")]
VERSION_COLUMNS = ["Version", "State", ("Columns", "", "num"), "Published", "Digest"]


def _defines(request: HttpRequest) -> bool:
    return policy.can(request.authority, P.DEFINE)


def _list(
    request: HttpRequest,
    *,
    faults: tuple[Fault, ...] = (),
    problems: tuple[str, ...] = (),
    of: str = "",
    status: int = 200,
) -> HttpResponse:
    found = definitions.versions(with_drafts=_defines(request))
    context = {
        "registries": [(registry, found.get(registry.pk, [])) for registry in definitions.registries()],
        "defines": _defines(request),
        "columns": VERSION_COLUMNS,
        "fault_columns": FAULT_COLUMNS,
        "faults": faults,
        "problems": [(words, "#draft") for words in problems],
        "of": of,
    }
    return render(request, "registry/dictionaries.html", context, status=status)


@requires(P.READ_CATALOGUE)
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the registries with their dictionary versions."""
    return _list(request)


@requires(P.DEFINE)
@require_POST
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """Keep two files as the draft version, or show every fault in them."""
    registry, sent = definitions.registry(code=code), request.FILES.get("source")
    if sent is None:
        return _list(request, problems=("Choose the data dictionary (CSV).",), of=code, status=400)
    companion = request.FILES.get("companion")
    try:
        version = actions.draft(
            registry=registry,
            source=sent.read(),
            companion=companion.read() if companion else b"",
            by=request.user,
            at=request.now,
        )
    except DictionaryFaults as faulty:
        return _list(request, faults=faulty.faults, of=code, status=400)
    except Refusal as refusal:
        return _list(request, problems=refusal.reasons, of=code, status=400)
    return redirect("registry:dictionary", code=code, number=version.number)


@requires(P.READ_CATALOGUE)
@require_safe
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a version in words, for reading and for printing; a draft with what it changes."""
    found = definitions.version(registry_code=code, number=number, with_drafts=_defines(request))
    dictionary = dictionaries.load(found)
    context: dict[str, Any] = {
        "version": found,
        "dictionary": dictionary,
        "sections": document(dictionary),
        "defines": _defines(request),
        "n_elements": sum(1 for element in dictionary.elements if element.is_entered),
        "credibility": _credibility(found, len(dictionary.checks)),
    }
    compared = definitions.differences(found)
    if compared is not None:
        before, diff = compared
        context |= {"before": before, "diff": diff}
        if found.status == "DRAFT" and _defines(request):
            context |= _impact(before, diff, code=code)
    if _defines(request) and found.status == "PUBLISHED":
        context |= _carrying(found)
    return render(request, "registry/dictionary.html", context)


def _impact(before: Any, diff: Any, *, code: str) -> dict[str, Any]:
    """Return what publishing would touch: stored values that do not fit, each changed element, and panels of the floors above."""
    rows = element_uses.touched(before=before, found=diff)
    names = urlencode({"elements": ",".join(row.name for row in rows)})
    return {
        "impact": definitions.impact(before, diff),
        "touched": rows,
        "touched_columns": TOUCHED_COLUMNS,
        "panels": [f"{reverse(name, args=[code])}?{names}" for name in settings.ELEMENT_PANELS],
    }


def _carrying(found: Any) -> dict[str, Any]:
    """Return how many drafts stand in earlier versions, and what did not fit this one when they were carried."""
    if dictionaries.latest(found.registry) != found:
        return {}
    job = carrying.carrying_job(found)
    earlier = {pk: n for pk, n in carried.drafts_by_version(found.registry).items() if pk != found.pk}
    return {
        "n_earlier": sum(earlier.values()),
        "carry_working": job is not None and job.finished_at is None,
        "carry_progress": job_progress(job),
        "carried": job.result if job is not None and job.finished_at is not None else {},
        "carry_failed": job.error.split("\n") if job is not None and job.status == "FAILED" else [],
        "unfit_rows": carried.unfit_counts(found),
        "unfit_columns": UNFIT_COLUMNS,
    }


def _credibility(found: Any, n_checks: int) -> list[str]:
    said = f"published {found.published_at:%-d %b %Y}" if found.published_at else "draft, not in use"
    return [
        f"version {found.number}",
        said,
        f"{len(found.columns)} columns",
        f"{n_checks} cross-field checks",
        f"digest {found.digest[:12]}",
    ]


@requires(P.DEFINE)
@require_POST
def publish(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Publish a draft."""
    actions.publish(
        version=definitions.version(registry_code=code, number=number, with_drafts=True),
        by=request.user,
        at=request.now,
    )
    return redirect("registry:dictionary", code=code, number=number)


@requires(P.DEFINE)
@require_POST
def discard(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Throw a draft away."""
    actions.discard(
        version=definitions.version(registry_code=code, number=number, with_drafts=True),
        by=request.user,
        at=request.now,
    )
    return redirect("registry:dictionaries")


@requires(P.READ_CATALOGUE)
@require_safe
def download(request: HttpRequest, code: str, number: int, kind: str) -> HttpResponse:
    """Give one of the two files of a version exactly as it was received."""
    found = definitions.version(registry_code=code, number=number, with_drafts=_defines(request))
    if kind == "csv":
        return export.attachment(
            bytes(found.source), name=f"{code}-dictionary-{number}.csv", kind="text/csv; charset=utf-8"
        )
    if kind == "toml" and found.companion:
        return export.attachment(bytes(found.companion), name=f"{code}-checks-{number}.toml", kind="application/toml")
    raise NotFound
