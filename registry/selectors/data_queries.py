"""Read data queries by number: how many are open for a case, for a hospital, in a period. Lists are in query_lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q

from registry.lifecycle import QueryState
from registry.models import DataQuery, Registry

WEEK = timedelta(days=7)
# What a hospital has to do something about; ANSWERED waits for the centre, WAITING for a free place in the week.
TO_ANSWER = (QueryState.OPEN.value,)
UNSETTLED = (QueryState.WAITING.value, QueryState.OPEN.value, QueryState.ANSWERED.value)


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What one hospital still owes in one period (None where the case has none): open, of them overdue, the oldest; answered; in line."""

    hospital_id: int
    period_id: int | None
    n_open: int
    n_overdue: int
    oldest_opened_at: datetime | None
    n_answered: int
    n_waiting: int
    n_resolved: int


def open_counts(*, case_ids: Iterable[int]) -> dict[int, int]:
    """Return how many questions each case has to answer, by case id; a case without any is absent. One query."""
    rows = DataQuery.objects.filter(case_id__in=list(case_ids), status__in=TO_ANSWER)
    return dict(rows.values_list("case_id").annotate(n=Count("id")).values_list("case_id", "n"))


def backlog(*, registry_id: int, today: date, period_id: int | None = None) -> list[Backlog]:
    """Return what each hospital within reach still owes, per period; with ``period_id`` of that period alone. One query."""
    rows = DataQuery.objects.filter(registry_id=registry_id)
    if period_id is not None:
        rows = rows.filter(period_id=period_id)
    is_open = Q(status=QueryState.OPEN.value)
    counted = rows.values("hospital_id", "period_id").annotate(
        n_open=Count("id", filter=is_open),
        n_overdue=Count("id", filter=is_open & Q(due_on__lt=today)),
        oldest_opened_at=Min("opened_at", filter=is_open),
        n_answered=Count("id", filter=Q(status=QueryState.ANSWERED.value)),
        n_waiting=Count("id", filter=Q(status=QueryState.WAITING.value)),
        n_resolved=Count("id", filter=Q(status=QueryState.RESOLVED.value)),
    )
    return [Backlog(**row) for row in counted.order_by("hospital_id", "period_id")]


def opened_this_week(*, registry: Registry, hospital_ids: Iterable[int], at: datetime) -> dict[int, int]:
    """Return how many questions were put to each hospital within the last seven days, by hospital id."""
    rows = DataQuery.objects.filter(registry=registry, hospital_id__in=list(hospital_ids), opened_at__gt=at - WEEK)
    return dict(rows.values_list("hospital_id").annotate(n=Count("id")).values_list("hospital_id", "n"))
