"""Data queries: the list, one question with its thread, what one does with it, and the questions beside a field of a case."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from registry.actions import case_reads, data_queries, query_raising
from registry.selectors import cases, definitions, dictionaries, query_lists
from registry.selectors.query_lists import AGES, STATES, Filter
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotAllowed, NotFound, Refusal
from sites.selectors import hospitals

COLUMNS = ["Due", "Question", "Case", "Where it stands", "Asked"]


def _reach(request: HttpRequest) -> tuple[int, ...]:
    asks = request.authority.hospitals(P.RAISE_QUERIES)
    return tuple(sorted({*asks, *request.authority.hospitals(P.ENTER_CASES)}))


@requires(P.ENTER_CASES, P.RAISE_QUERIES)
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the questions to one's hospitals, those due first; filtered, paged by key."""
    return _list(request)


def _list(request: HttpRequest, *, problems: tuple[str, ...] = (), of: str = "", status: int = 200) -> HttpResponse:
    reach, names = _reach(request), hospitals.names(hospital_ids=_reach(request))
    wanted, kept = _filter(request, names)
    today = request.now.date()
    found = query_lists.listed(hospital_ids=reach, wanted=wanted, now=request.now, today=today)
    case_reads.listed(
        cases=[(line.hospital_id, line.case_code) for line in found.lines if line.case_key],
        by=request.user, at=request.now, view="data queries",
    )  # fmt: skip
    address = reverse("registry:data-queries")
    asks = policy.can(request.authority, P.RAISE_QUERIES)
    context = {
        "found": found,
        "chips": [
            (words, f"{address}?{urlencode(kept | {'show': name})}", found.counts[name], name == wanted.state)
            for name, (words, _) in STATES.items()
        ],
        "kept": kept | {"show": wanted.state},
        "next_url": f"{address}?{urlencode(kept | {'show': wanted.state, 'after': found.next})}" if found.next else "",
        "first_url": f"{address}?{urlencode(kept | {'show': wanted.state})}" if wanted.after else "",
        "hospitals": [(str(pk), name) for pk, name in names.items()] if len(names) > 1 else [],
        "elements": [(name, f"{label} ({n:,})") for name, label, n in found.elements],
        "ages": list(AGES.items()),
        "columns": [*COLUMNS, "Hospital"] if len(names) > 1 else COLUMNS,
        "asks": asks,
        "burden": [] if asks else query_lists.burden(hospital_ids=reach, at=request.now),
        "several": len(names) > 1,
        "weekly": [(row, f"weekly-{row.code}") for row in definitions.registries()] if asks else [],
        "most_weekly": query_raising.MOST_WEEKLY,
        "problems": [(words, f"#weekly-{of}" if of else "#weekly") for words in problems],
    }
    return render(request, "registry/data_queries.html", context, status=status)


@requires(P.RAISE_QUERIES)
@require_POST
def weekly(request: HttpRequest, registry: str) -> HttpResponse:
    """Set how many new questions one abstractor of a registry is asked in seven days."""
    found, told = definitions.registry(code=registry), request.POST.get("n", "").strip()
    try:
        n = int(told) if told.isdecimal() and len(told) < 6 else -1
        query_raising.set_weekly(registry=found, n=n, by=request.user, at=request.now)
    except Refusal as refusal:
        return _list(request, problems=refusal.reasons, of=found.code, status=400)
    messages.success(request, f"{found.title}: at most {n} new questions a week for each abstractor.")
    return redirect("registry:data-queries")


def _filter(request: HttpRequest, names: dict[int, str]) -> tuple[Filter, dict[str, str]]:
    given = {name: request.GET.get(name, "")[:100] for name in ("show", "hospital", "element", "age", "mine", "after")}
    hospital = int(given["hospital"]) if given["hospital"].isdecimal() and len(given["hospital"]) < 9 else None
    state = given["show"] if given["show"] in STATES else "open"
    kept = {name: given[name] for name in ("hospital", "element", "age", "mine") if given[name]}
    wanted = Filter(
        state=state,
        hospital_id=hospital if hospital in names else None,
        element=given["element"],
        age=given["age"],
        mine=request.user.pk if given["mine"] else None,
        after=given["after"],
    )
    return wanted, kept


@requires(P.ENTER_CASES, P.RAISE_QUERIES)
@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one question with its thread and what one can do with it."""
    return _page(request, code)


def _page(request: HttpRequest, code: str, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    query = query_lists.one(code=code, hospital_ids=_reach(request))
    context = _thread_context(request, [query]) | {"problems": [(words, "#say") for words in problems], "query": query}
    thread = context["threads"][0]
    if thread.value is not None:
        _note_read(request, query.hospital_id, query.case_code, query.element)
    context["case_key"] = cases.key_of(case_id=query.case_id, scope=request.authority.scope())
    context["credibility"] = [query.registry.title, query.hospital.name]
    return render(request, "registry/data_query.html", context, status=status)


def _thread_context(request: HttpRequest, queries: list[Any]) -> dict[str, Any]:
    today = request.now.date()
    hospital_id = queries[0].hospital_id if queries else None
    answers = hospital_id is not None and policy.can(request.authority, P.ENTER_CASES, hospital_id=hospital_id)
    staff = query_lists.colleagues(hospital_id=hospital_id, on=today) if answers else []
    return {
        "threads": query_lists.threads(queries, today=today),
        "answers": answers,
        "asks": policy.can(request.authority, P.RAISE_QUERIES),
        "colleagues": [(str(person.pk), person.name) for person in staff],
    }


def _note_read(request: HttpRequest, hospital_id: int, case_code: str, element: str) -> None:
    case_reads.value_seen(hospital_id=hospital_id, case_code=case_code, by=request.user, at=request.now, part=element)


@requires(P.ENTER_CASES, P.RAISE_QUERIES)
@require_POST
def act(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm, remark, assign, ask again, resolve or withdraw; the page or, beside a field, its fragment comes back."""
    query = query_lists.one(code=code, hospital_ids=_reach(request))
    try:
        done = _do(request, query)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        if request.htmx:
            return _beside(request, query.case_code, query.element, problems=refusal.reasons)
        return _page(request, code, problems=refusal.reasons, status=400)
    if request.htmx:
        return _beside(request, query.case_code, query.element)
    messages.success(request, done)
    stays = request.POST.get("act", "") in ("remark", "take", "hand")
    return redirect("registry:data-query", code=code) if stays else redirect("registry:data-queries")


def _do(request: HttpRequest, query: Any) -> str:
    """Do what the button says, if the person's side may; say what was done."""
    name, words = request.POST.get("act", ""), request.POST.get("words", "")
    given = {"query_id": query.pk, "by": request.user, "at": request.now}
    if name == "remark":
        data_queries.remark(**given, words=words)
        return "Your remark stands in the thread."
    if name in ("confirm", "take", "hand"):
        policy.require(request.authority, P.ENTER_CASES, hospital_id=query.hospital_id)
    elif name in ("ask_on", "resolve", "withdraw"):
        policy.require(request.authority, P.RAISE_QUERIES, hospital_id=query.hospital_id)
    else:
        raise Refusal("Choose what to do with the question.")
    if name == "confirm":
        data_queries.confirm(**given, words=words)
        return "The value is confirmed."
    if name in ("take", "hand"):
        data_queries.assign(**given, to=request.user if name == "take" else _colleague(request, query))
        return "The question is assigned."
    if name == "resolve":
        data_queries.resolve(**given)
        return "The question is closed."
    {"ask_on": data_queries.ask_on, "withdraw": data_queries.withdraw}[name](**given, words=words)
    return "The question goes back to the hospital." if name == "ask_on" else "The question is taken back."


def _colleague(request: HttpRequest, query: Any) -> Any:
    to = request.POST.get("to", "")
    if not to:
        return None
    staff = query_lists.colleagues(hospital_id=query.hospital_id, on=request.now.date())
    found = next((person for person in staff if str(person.pk) == to), None)
    if found is None:
        raise Refusal("Choose somebody who abstracts for this hospital.")
    return found


@requires(P.ENTER_CASES, P.RAISE_QUERIES, P.READ_CASES, P.IDENTIFY)
@require_safe
def beside(request: HttpRequest, code: str, element: str) -> HttpResponse:
    """Show the questions about one field of a case, for the panel beside the form."""
    return _beside(request, code, element)


def _beside(request: HttpRequest, code: str, element: str, *, problems: tuple[str, ...] = ()) -> HttpResponse:
    case = cases.one(code=code, scope=request.authority.scope())
    dictionary = dictionaries.load(case.version)
    queries = query_lists.of_case(case=case, element=element)
    if not dictionary.has_element(element) and not queries:
        raise NotFound
    context = _thread_context(request, queries)
    _note_read(request, case.hospital_id, case.code, element)
    columns = dictionary.element(element).columns if dictionary.has_element(element) else ()
    context |= {
        "case": case,
        "element": element,
        "problems": problems,
        "label": cases.label(dictionary, columns[0]) if len(columns) == 1 else element,
        "columns": [(column, cases.label(dictionary, column)) for column in columns],
        "priorities": [(str(number), words) for number, words in data_queries.PRIORITIES.items()],
    }
    return render(request, "registry/data_query_beside.html", context)


@requires(P.RAISE_QUERIES)
@require_POST
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Ask about one value of a case that one may read."""
    case = cases.one(code=code, scope=request.authority.scope())
    policy.require(request.authority, P.RAISE_QUERIES, hospital_id=case.hospital_id)
    column, priority = request.POST.get("column", "")[:110], request.POST.get("priority", "2")
    query = data_queries.raise_on(
        case=case,
        column=column,
        question=request.POST.get("question", ""),
        priority=int(priority) if priority in ("1", "2", "3") else 0,
        by=request.user,
        at=request.now,
    )
    if request.htmx:
        return _beside(request, case.code, query.element)
    messages.success(request, "The question is with the hospital.")
    return redirect("registry:data-query", code=query.code)
