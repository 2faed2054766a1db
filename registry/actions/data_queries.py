"""Data queries: a person of the centre asks about a value, the hospital confirms it or corrects it, the centre resolves or asks on."""

from datetime import datetime, timedelta

from django.db import transaction

from registry.actions import case_rows
from registry.actions.case_rows import Reason
from registry.actions.case_values import derive, hold_open
from registry.actions.query_settling import close, say
from registry.calendar import local_day
from registry.dictionary.elements import Severity
from registry.lifecycle import CaseState, QueryState
from registry.models import Case, DataQuery, DataQueryValue
from registry.selectors import dictionaries
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

DAYS = 14
URGENT_DAYS = 5
LONGEST = 1000
PRIORITIES = {1: "urgent", 2: "usual", 3: "when there is time"}


@transaction.atomic
def raise_on(*, case: Case, column: str, question: str, priority: int, by: Person, at: datetime) -> DataQuery:
    """Ask a hospital about one value of one of its cases. The caller may read the case: a value is never asked about unseen here."""
    dictionary = dictionaries.load(case.version)
    if not dictionary.has_column(column):
        raise Refusal("The case has no such field.")
    if case.status == CaseState.WITHDRAWN:
        raise Refusal("This case was withdrawn; there is nothing to ask.")
    words = _words(question, "Write the question.")
    if priority not in PRIORITIES:
        raise Refusal("Say how urgent the question is.")
    held = dictionaries.layout(case.version).unpack(case.answers)
    query = DataQuery(
        code=random_code(),
        registry_id=case.registry_id,
        hospital_id=case.hospital_id,
        case=case,
        case_code=case.code,
        period_id=case.period_id,
        element=dictionary.element_of(column).name,
        column=column,
        question=words,
        priority=priority,
        raised_by=by,
        raised_at=at,
        opened_at=at,
        due_on=local_day(at, zone=case.hospital.time_zone) + timedelta(days=URGENT_DAYS if priority == 1 else DAYS),
    )
    query.save(force_insert=True)
    DataQueryValue(query=query, hospital_id=case.hospital_id, value=held.get(column, "")).save(force_insert=True)
    say(query, kind="ASKED", words=words, by=by, at=at)
    _record("raise data query", query, by=by, at=at)
    return query


@transaction.atomic
def confirm(*, query_id: int, words: str, by: Person, at: datetime) -> DataQuery:
    """Answer that the value is right. For a soft rule that is the reason it wants, so the question is over; else the centre looks."""
    query, case = _with_case(query_id)
    _require(query, QueryState.OPEN)
    reason = _words(words, "Say what the chart shows.")
    query.answered_at, query.answered_by = at, by
    if query.rule is not None and query.rule.severity == Severity.SOFT.value:
        _explain(query, case, reason, by=by, at=at)
        close(query, to=QueryState.RESOLVED, outcome="CONFIRMED", by=by, at=at, words=reason)
    else:
        query.status, query.outcome = QueryState.ANSWERED.value, "CONFIRMED"
        query.save(update_fields=["status", "outcome", "answered_at", "answered_by"])
        say(query, kind="CONFIRMED", words=reason, by=by, at=at)
    _record("confirm value", query, by=by, at=at)
    return query


def _explain(query: DataQuery, case: Case, words: str, *, by: Person, at: datetime) -> None:
    """Keep the reason under the rule for the value as it stands, and count what is left to explain in a draft."""
    held = dictionaries.layout(case.version).unpack(case.answers)
    value = held.get(query.column, "")
    case_rows.explain(case, [Reason(code=query.rule.code, column=query.column, value=value, words=words)], by=by, at=at)
    if case.status != CaseState.DRAFT or not hold_open(case.period_id):
        return
    derived = derive(
        registry=case.registry,
        hospital=case.hospital,
        dictionary=dictionaries.governed(case.version, registry=case.registry),
        answers=held,
        explained=case_rows.explained(case),
        at=at,
    )
    case.n_soft = len(derived.soft)
    case.save(update_fields=["n_soft"])


@transaction.atomic
def remark(*, query_id: int, words: str, by: Person, at: datetime) -> DataQuery:
    """Say something in the thread without answering; both sides may."""
    query = _locked(query_id)
    if query.status not in (QueryState.OPEN.value, QueryState.ANSWERED.value):
        raise Refusal("This question is closed. Ask a new one.")
    say(query, kind="REMARK", words=_words(words, "Write something first."), by=by, at=at)
    _record("remark on data query", query, by=by, at=at)
    return query


@transaction.atomic
def assign(*, query_id: int, to: Person | None, by: Person, at: datetime) -> DataQuery:
    """Give a question to one person of the hospital, or back to the hospital. The view has made sure that the person works there."""
    query = _locked(query_id)
    if query.status not in (QueryState.OPEN.value, QueryState.WAITING.value):
        raise Refusal("Only a question that is open is given to somebody.")
    if query.assignee_id == (to.pk if to else None):
        return query
    query.assignee = to
    query.save(update_fields=["assignee"])
    say(query, kind="ASSIGNED", words=to.name if to else "", by=by, at=at)
    _record("assign data query", query, by=by, at=at, detail={"to": to.pk if to else None})
    return query


@transaction.atomic
def ask_on(*, query_id: int, words: str, by: Person, at: datetime) -> DataQuery:
    """Put an answered question again: the answer does not settle it."""
    query = _locked(query_id)
    _require(query, QueryState.ANSWERED)
    reason = _words(words, "Say what is still open.")
    query.status, query.outcome, query.answered_at, query.answered_by = QueryState.OPEN.value, "", None, None
    query.opened_at, query.due_on = at, at.date() + timedelta(days=DAYS)
    query.save(update_fields=["status", "outcome", "answered_at", "answered_by", "opened_at", "due_on"])
    say(query, kind="ASKED_ON", words=reason, by=by, at=at)
    _record("ask data query again", query, by=by, at=at)
    return query


@transaction.atomic
def resolve(*, query_id: int, by: Person, at: datetime) -> DataQuery:
    """Accept the answer of a hospital."""
    query = _locked(query_id)
    _require(query, QueryState.ANSWERED)
    close(query, to=QueryState.RESOLVED, outcome=query.outcome or "CONFIRMED", by=by, at=at, words="The answer settles it.")
    _record("resolve data query", query, by=by, at=at)
    return query


@transaction.atomic
def withdraw(*, query_id: int, words: str, by: Person, at: datetime) -> DataQuery:
    """Take a question back, with a reason."""
    query = _locked(query_id)
    if query.status not in (QueryState.WAITING.value, QueryState.OPEN.value, QueryState.ANSWERED.value):
        raise Refusal("This question is closed already.")
    reason = _words(words, "Say why the question is taken back.")
    close(query, to=QueryState.WITHDRAWN, outcome="WITHDRAWN", by=by, at=at, words=reason)
    _record("withdraw data query", query, by=by, at=at, reason=reason)
    return query


def _words(text: str, otherwise: str) -> str:
    words = text.strip()
    if not words or "\0" in words:
        raise Refusal(otherwise)
    if len(words) > LONGEST:
        raise Refusal(f"Write at most {LONGEST:,} signs.")
    return words


def _require(query: DataQuery, state: QueryState) -> None:
    if query.status != state.value:
        raise Refusal(f"This question is {query.status.lower()} now; somebody was quicker. Reload the page.")


def _with_case(query_id: int) -> tuple[DataQuery, Case]:
    """Hold the case first and then its question, in the order in which a save holds them."""
    case_id = DataQuery.objects.filter(pk=query_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound
    case = case_rows.locked(case_id)
    return _locked(query_id), case


def _locked(query_id: int) -> DataQuery:
    query = DataQuery.objects.select_for_update(of=("self",)).select_related("rule").filter(pk=query_id).first()
    if query is None:
        raise NotFound
    return query


def _record(action: str, query: DataQuery, *, by: Person, at: datetime, reason: str = "", detail: dict | None = None) -> None:
    audit.record(
        action=action,
        at=at,
        by=by,
        hospital_id=query.hospital_id,
        kind="data query",
        object_id=query.code,
        detail={"case": query.case_code, "column": query.column} | (detail or {}),
        reason=reason,
    )
