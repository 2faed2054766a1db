"""The own cases behind a number, as the measure judged them."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feedback.believed import pooled
from feedback.charts import sentences
from feedback.charts.numbers import words_count
from feedback.selectors import dashboard as selectors
from feedback.views.dashboard import crumbs
from sites import audit
from sites.access.gates import requires
from sites.access.permissions import Permission as P

PER_PAGE = 50
SHAPES = {0: "todo", 1: "current", 2: "none", 3: "unclear"}
WORDS = {
    "outcome": {0: "without the outcome", 1: "with the outcome", 2: "left out", 3: "not known"},
    "process": {0: "not done", 1: "done", 2: "left out", 3: "not known"},
}
EXPLAINED = {2, 3}


@requires(P.READ_CASES, P.READ_OWN_STANDING)
@require_safe
def cases(request: HttpRequest, registry: str, measure: str) -> HttpResponse:
    """List own cases: those of the hospital, or a surgeon's own; every look is in the trail."""
    held = request.authority
    reach = held.hospitals(P.READ_CASES)
    seen = selectors.one(
        registry_code=registry,
        measure_code=measure,
        hospital_ids=held.hospitals(P.READ_STANDING),
    )
    adverse = seen.document["measure"]["adverse"]
    if reach:
        judged = selectors.judged(run_id=seen.run_id, hospital_ids=reach, adverse=adverse)
    else:
        judged = selectors.own_judged(run_id=seen.run_id, person_id=request.user.pk, adverse=adverse)
    _record(request, reach, f"{registry} {measure}")
    return render(request, "feedback/cases.html", _context(request, seen, judged, whole=bool(reach)))


def _line(seen: selectors.Seen, *, whole: bool, n: int) -> list[str]:
    """Say on what the judgements rest: the hospital's own line, or a surgeon's cases and what the own hospitals told."""
    window, own = seen.document["window"], list(seen.document["own"].values())
    if whole and len(own) == 1:
        return sentences.credibility(own[0], window=window, provisional=False)
    rest = pooled(one.get("credibility", {}) for one in own)
    return [f"{words_count(n)} cases", window["label"], *sentences.rests(rest)]


def _record(request: HttpRequest, reach: tuple[int, ...], what: str) -> None:
    for hospital_id in reach or (None,):
        audit.record(
            action="read cases of a measure",
            at=request.now,
            by=request.user,
            hospital_id=hospital_id,
            kind="measure",
            object_id=what,
        )


def _context(
    request: HttpRequest, seen: selectors.Seen, judged: list[selectors.JudgedCase], *, whole: bool
) -> dict[str, Any]:
    about = seen.document["measure"]
    words, wanted = WORDS[about["kind"]], request.GET.get("status", "")
    chosen = [case for case in judged if wanted in {"", str(case.status)}]
    page = Paginator(chosen, PER_PAGE).get_page(request.GET.get("page"))
    first = words[1] if about["adverse"] else words[0]
    counts = [(status, sum(case.status == status for case in judged)) for status in (1, 0, 3, 2)]
    return {
        "title": about["title"],
        "credibility": [*_line(seen, whole=whole, n=len(judged)), f"measure version {about['version']}"],
        "sentence": (
            f"How the measure judged each of {'your hospital’s' if whole else 'your own'} cases when the period was frozen: "
            f"those **{first}** on top, the least expected first."
        ),
        "page": page,
        "rows": [
            {
                "code": case.code,
                "shape": SHAPES[case.status],
                "words": words[case.status],
                "why": case.reason if case.status in EXPLAINED else "",
                "risk": sentences.risk(case.expected),
            }
            for case in page
        ],
        "chips": [("All", request.path, len(judged), wanted == "")]
        + [
            (words[status].capitalize(), f"{request.path}?status={status}", n, wanted == str(status))
            for status, n in counts
            if n
        ],
        "columns": ["Case", "Judged", ("Expected risk", "", "num"), "Why"],
        "crumbs": crumbs(seen, "Cases"),
        "plan": (seen.registry, seen.code),
    }
