"""Questions that a rule raises on stored cases: in one go, within what an abstractor is asked in a week; the rest waits in line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from registry.actions.data_queries import DAYS
from registry.actions.query_settling import close
from registry.actions.rule_trials import Progress, hits
from registry.dictionary.elements import Severity
from registry.lifecycle import PeriodState, QueryState
from registry.models import (
    DataQuery,
    DataQueryMessage,
    DataQueryValue,
    EditRule,
    FindingReason,
    Registry,
    ReportingPeriod,
)
from registry.selectors.data_queries import UNSETTLED, opened_this_week
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import Refusal
from sites.selectors import people

MOST_RAISED = 5_000


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A value that a rule hits."""

    case_id: int
    case_code: str
    hospital_id: int
    period_id: int | None
    value: str


@transaction.atomic
def ask_about_rule(*, rule: EditRule, ask: str, by: Person, at: datetime, progress: Progress) -> dict[str, int]:
    """Raise one question for each stored case that a published rule hits, the newest cases first; nobody sees a value by it."""
    open_periods = None
    if ask == "open":
        rows = ReportingPeriod.objects.filter(registry_id=rule.registry_id, status=PeriodState.OPEN.value)
        open_periods = frozenset(rows.values_list("pk", flat=True)) | {None}
    found, element, column, done = [], "", "", 0
    for chunk in hits(rule, today=at.date(), statuses=("SUBMITTED",)):
        element, column = chunk.element, chunk.column
        done += len(chunk.ids)
        for place in chunk.is_hit.nonzero()[0].tolist():
            if open_periods is None or chunk.periods[place] in open_periods:
                found.append(
                    Candidate(
                        case_id=chunk.ids[place],
                        case_code=chunk.codes[place],
                        hospital_id=chunk.hospitals[place],
                        period_id=chunk.periods[place],
                        value=chunk.values[place] or "",
                    )
                )
        progress(done, done, f"Looked at {done:,} cases")
    fresh = _not_asked(rule, found, column)
    raised = sorted(fresh, key=lambda candidate: -candidate.case_id)[:MOST_RAISED]
    _raise(rule, raised, element=element, column=column, by=by, at=at)
    opened = open_waiting(registry=rule.registry, at=at)
    said = {"hits": len(found), "raised": len(raised), "opened": opened, "left_out": len(fresh) - len(raised)}
    audit.record(
        action="raise data queries of rule",
        at=at,
        by=by,
        kind="rule",
        object_id=f"{rule.registry.code}/{rule.code}/{rule.version}",
        detail=said,
    )
    return said


def _not_asked(rule: EditRule, found: list[Candidate], column: str) -> list[Candidate]:
    """Leave out what is being asked already, and what a soft rule found and somebody explained for this very value."""
    unsettled = DataQuery.objects.filter(rule__code=rule.code, rule__registry_id=rule.registry_id, status__in=UNSETTLED)
    asked = set(unsettled.values_list("case_id", flat=True))
    explained: set[tuple[int, str]] = set()
    if rule.severity == Severity.SOFT.value:
        reasons = FindingReason.objects.filter(code=rule.code, column=column, case__registry_id=rule.registry_id)
        explained = set(reasons.values_list("case_id", "value"))
    return [each for each in found if each.case_id not in asked and (each.case_id, each.value) not in explained]


def _raise(rule: EditRule, candidates: Iterable[Candidate], *, element: str, column: str, by: Person, at: datetime) -> None:
    question = f"{rule.message} {rule.remedy}".strip()
    rows = [
        DataQuery(
            code=random_code(),
            registry_id=rule.registry_id,
            hospital_id=each.hospital_id,
            case_id=each.case_id,
            case_code=each.case_code,
            period_id=each.period_id,
            element=element,
            column=column,
            rule=rule,
            question=question,
            status=QueryState.WAITING.value,
            raised_at=at,
            due_on=at.date() + timedelta(days=DAYS),
        )
        for each in candidates
    ]
    made = DataQuery.objects.bulk_create(rows, batch_size=1000)
    values = {each.case_id: each.value for each in candidates}
    DataQueryValue.objects.bulk_create(
        (DataQueryValue(query=query, hospital_id=query.hospital_id, value=values[query.case_id]) for query in made), batch_size=1000
    )
    DataQueryMessage.objects.bulk_create(
        (DataQueryMessage(query=query, hospital_id=query.hospital_id, at=at, kind="ASKED", words=question) for query in made),
        batch_size=1000,
    )


@transaction.atomic
def open_waiting(*, registry: Registry, at: datetime) -> int:
    """Open the oldest questions that wait, at each hospital as many as its abstractors take this week; return how many."""
    waiting = DataQuery.objects.filter(registry=registry, status=QueryState.WAITING.value)
    hospital_ids = tuple(sorted(set(waiting.values_list("hospital_id", flat=True))))
    if not hospital_ids:
        return 0
    asked = opened_this_week(registry=registry, hospital_ids=hospital_ids, at=at)
    staff = people.abstractors(hospital_ids=hospital_ids, on=at.date())
    n_opened = 0
    for hospital_id in hospital_ids:
        room = registry.weekly_queries * len(staff.get(hospital_id, ())) - asked.get(hospital_id, 0)
        if room <= 0:
            continue
        rows = waiting.filter(hospital_id=hospital_id).order_by("priority", "id").select_for_update(skip_locked=True)[:room]
        opened = [query.pk for query in rows]
        DataQuery.objects.filter(pk__in=opened).update(
            status=QueryState.OPEN.value, opened_at=at, due_on=at.date() + timedelta(days=DAYS)
        )
        n_opened += len(opened)
    return n_opened


MOST_WEEKLY = 200


@transaction.atomic
def set_weekly(*, registry: Registry, n: int, by: Person, at: datetime) -> Registry:
    """Say how many new questions of rules one abstractor is asked in seven days; what waits opens when there is room."""
    if n == 0:
        raise Refusal(
            f"With 0 no question of a rule would ever open, and what rules find would wait unseen. Choose from 1 to {MOST_WEEKLY};"
            " to stop a rule's questions, retire the rule."
        )
    if not 1 <= n <= MOST_WEEKLY:
        raise Refusal(f"Choose from 1 to {MOST_WEEKLY} new questions a week for each abstractor.")
    locked = Registry.objects.select_for_update(of=("self",)).get(pk=registry.pk)
    before, locked.weekly_queries = locked.weekly_queries, n
    if before != n:
        locked.save(update_fields=["weekly_queries"])
        audit.record(
            action="set weekly questions", at=at, by=by, kind="registry", object_id=registry.code, detail={"from": before, "to": n}
        )
        open_waiting(registry=locked, at=at)
    return locked


@transaction.atomic
def withdraw_of_rule(*, rule: EditRule, by: Person | None, at: datetime) -> int:
    """Take back what a retired rule asked and nobody has answered."""
    rows = DataQuery.objects.select_for_update(of=("self",)).filter(
        rule=rule, status__in=[QueryState.WAITING.value, QueryState.OPEN.value]
    )
    n = 0
    for query in rows.order_by("id"):
        close(query, to=QueryState.WITHDRAWN, outcome="RETIRED", by=by, at=at, words=f"The rule was retired: {rule.reason}")
        n += 1
    return n
