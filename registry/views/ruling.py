"""Rulings: search them; the centre publishes and ends them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from registry.actions import rulings as actions
from registry.selectors import definitions, query_lists, rulings
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotAllowed, Refusal


@requires(P.READ_CATALOGUE)
@require_http_methods(["GET", "HEAD", "POST"])
def list_page(request: HttpRequest) -> HttpResponse:
    """List and search the rulings; publish one."""
    asks = policy.can(request.authority, P.RAISE_QUERIES)
    problems: tuple[str, ...] = ()
    if request.method == "POST":
        if not asks:
            raise NotAllowed("Rulings are published by the coordinating centre.")
        try:
            return _publish(request)
        except Refusal as refusal:
            problems = refusal.reasons
    search = request.GET.get("q", "").strip()[:100]
    offered = [
        (f"{registry.code}:{name}", f"{registry.title}, {words}")
        for registry in (definitions.registries() if asks else [])
        for name, words in rulings.elements(registry)
    ]
    context = {
        "lines": rulings.listed(search=search, with_ended=asks),
        "search": search,
        "asks": asks,
        "elements": offered,
        "problems": [(words, "#publish") for words in problems],
        "given": _given(request),
    }
    return render(request, "registry/rulings.html", context, status=400 if problems else 200)


def _source(request: HttpRequest, code: str) -> Any:
    if not code:
        return None
    return query_lists.one(code=code[:12], hospital_ids=request.authority.hospitals(P.RAISE_QUERIES))


def _given(request: HttpRequest) -> dict[str, str]:
    """Return what the form starts with: what was sent, or the question of a data query."""
    if request.method == "POST":
        return {name: request.POST.get(name, "") for name in ("element", "question", "answer", "from")}
    code = request.GET.get("from", "")
    if not code or not policy.can(request.authority, P.RAISE_QUERIES):
        return {}
    query = _source(request, code)
    return {"element": f"{query.registry.code}:{query.element}", "question": query.question, "from": query.code}


def _publish(request: HttpRequest) -> HttpResponse:
    registry_code, _, element = request.POST.get("element", "").partition(":")
    registry = next((each for each in definitions.registries() if each.code == registry_code), None)
    if registry is None:
        raise Refusal("Choose the field that the ruling is about.")
    actions.publish(
        registry=registry,
        element=element,
        question=request.POST.get("question", ""),
        answer=request.POST.get("answer", ""),
        by=request.user,
        at=request.now,
        query=_source(request, request.POST.get("from", "")),
    )
    messages.success(request, "The ruling stands beside the field for every abstractor.")
    return redirect("registry:rulings")


@requires(P.RAISE_QUERIES)
@require_POST
def end(request: HttpRequest, ruling_id: int) -> HttpResponse:
    """End a ruling that holds no more."""
    actions.end(ruling_id=ruling_id, by=request.user, at=request.now)
    messages.success(request, "The ruling has ended; it leaves the form.")
    return redirect("registry:rulings")
