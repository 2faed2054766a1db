"""What data queries want of a person on the home page: the hospital's to answer, the centre's to accept, a tried rule to publish."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from registry.lifecycle import QueryState, RuleState
from registry.models import DataQuery, EditRule
from sites.access.permissions import Permission as P
from sites.access.policy import Authority


def rows(*, authority: Authority, person_id: int, now: datetime, need: Callable[..., Any]) -> list[Any]:
    """Return at most two rows; one statement for a hospital's people, two for the centre's."""
    answers, asks = authority.hospitals(P.ENTER_CASES), authority.hospitals(P.RAISE_QUERIES)
    found = []
    if answers:
        rows = DataQuery.objects.filter(hospital_id__in=answers, status=QueryState.OPEN.value)
        counted = rows.aggregate(n=Count("*"), late=Count("pk", filter=Q(due_on__lt=now.date())))
        if counted["n"]:
            words = _n(counted["n"], "question about a value waits", "questions about values wait")
            late = f"{counted['late']:,} late" if counted["late"] else ""
            found.append(_row(need, shape="warning" if late else "due", words=words, when=late, query="show=open", action="Answer"))
    if asks:
        n = DataQuery.objects.filter(hospital_id__in=asks, status=QueryState.ANSWERED.value).count()
        if n:
            words = _n(n, "answer waits for you", "answers wait for you")
            found.append(_row(need, shape="current", words=words, when="", query="show=answered", action="Look at them"))
        n = EditRule.objects.filter(status=RuleState.TRIED.value).exclude(author_id=person_id).count()
        if n:
            words = _n(n, "tried rule waits for a second person: you", "tried rules wait for a second person: you")
            found.append(
                need(shape="due", sentence=f"{words}.", when="", url_name="registry:rules", query="", action="Look at it")
            )
    return found


def _n(n: int, one: str, many: str) -> str:
    return f"**1** {one}" if n == 1 else f"**{n:,}** {many}"


def _row(need: Callable[..., Any], *, shape: str, words: str, when: str, query: str, action: str) -> Any:
    return need(shape=shape, sentence=f"{words}.", when=when, url_name="registry:data-queries", query=query, action=action)
