"""What uses each element of a registry; and which measures a change of some elements would touch."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feedback.selectors import element_uses
from registry.selectors import definitions, minutes
from sites.access.gates import requires
from sites.access.permissions import Permission as P

MOST = 400
COLUMNS = ["Element", "Read by", "Rules", ("Minutes a case", "", "num")]
SPARE_COLUMNS = ["Element", "Section", "Checked by", ("Minutes a case", "", "num")]


@requires(P.DEFINE)
@require_safe
def uses(request: HttpRequest, registry: str) -> HttpResponse:
    """List the elements that nothing reads, with the minutes they cost, and then the others with what reads them."""
    found = definitions.registry(code=registry)
    lines = element_uses.lines(found, minutes=minutes.by_element(registry_id=found.pk))
    spare = [line for line in lines if not line.is_used]
    known = [line.minutes for line in spare if line.minutes is not None]
    context = {
        "registry": found,
        "spare": spare,
        "used": [line for line in lines if line.is_used],
        "minutes": sum(known) if known else None,
        "columns": COLUMNS,
        "spare_columns": SPARE_COLUMNS,
        "credibility": [found.title, f"{len(lines)} elements", f"{len(spare)} that nothing reads"],
    }
    return render(request, "feedback/element_uses.html", context)


@requires(P.DEFINE)
@require_safe
def touched(request: HttpRequest, registry: str) -> HttpResponse:
    """Say which measures read the elements that a draft changes: a panel on the draft's page."""
    found = definitions.registry(code=registry)
    names = [name for name in request.GET.get("elements", "").split(",") if name][:MOST]
    read = element_uses.readings(found)
    return render(request, "feedback/elements_panel.html", {"rows": [(name, read[name]) for name in names if name in read], "asked": bool(names)})
