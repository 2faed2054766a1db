"""Data queries that the data themselves answer: called whenever a case is written, whichever door the change came through."""

from collections.abc import Collection, Mapping
from datetime import datetime

from registry.calendar import local_day
from registry.dictionary.elements import Severity
from registry.lifecycle import CaseState, QueryState
from registry.models import Case, DataQuery, DataQueryMessage, FindingReason
from registry.selectors import dictionaries
from registry.selectors.data_queries import UNSETTLED
from sites.models import Person

WORDS = {
    "CORRECTED": "The value was corrected.",
    "CONFIRMED": "The value was confirmed with a reason.",
    "CASE_GONE": "The case was withdrawn.",
}


def settle(*, case: Case, changes: Collection[str], by: Person | None, at: datetime) -> None:
    """Close or answer what a change to a case answers, in its transaction. The case is held by the caller; changes: its columns."""
    rows = DataQuery.objects.select_for_update(of=("self",)).select_related("rule").filter(case_id=case.pk, status__in=UNSETTLED)
    for query in rows.order_by("id"):
        fires, explained = _finds(query, case, at)
        settle_one(
            query,
            is_gone=case.status == CaseState.WITHDRAWN,
            changed=query.column in changes,
            fires=fires,
            explained=explained,
            revision=case.revision,
            by=by,
            at=at,
        )


def settle_many(*, changes: Mapping[int, Collection[str]], by: Person, at: datetime) -> None:
    """Do the same for the cases of a batch that was written: changed columns by case id."""
    asked = DataQuery.objects.filter(case_id__in=list(changes), status__in=UNSETTLED).values_list("case_id", flat=True).distinct()
    heavy = [f"version__{name}" for name in dictionaries.HEAVY]
    for case in Case.objects.filter(pk__in=list(asked)).select_related("hospital", "version").defer(*heavy).order_by("pk"):
        settle(case=case, changes=changes[case.pk], by=by, at=at)


def _finds(query: DataQuery, case: Case, at: datetime) -> tuple[bool, bool]:
    """Tell whether the rule behind a question still finds something, and whether a reason explains it for the value as it stands."""
    found = dictionaries.compiled(case.version, rule=query.rule) if query.rule is not None else None
    if found is None:
        return False, False
    answers = dictionaries.layout(case.version).unpack(case.answers)
    if not found[1].found(answers, local_day(at, zone=case.hospital.time_zone)):
        return False, False
    if query.rule.severity != Severity.SOFT.value:
        return True, False
    value = answers.get(query.column, "")
    reasons = FindingReason.objects.filter(case_id=case.pk, code=query.rule.code, column=query.column, value=value)
    return True, reasons.exists()


def settle_one(
    query: DataQuery, *, is_gone: bool, changed: bool, fires: bool, explained: bool, revision: int, by: Person | None, at: datetime
) -> None:
    """Decide one question: a rule's is over when the rule finds nothing more; a person's is answered by a change and waits for them."""
    if is_gone:
        close(query, to=QueryState.RESOLVED, outcome="CASE_GONE", by=by, at=at, revision=revision)
    elif query.rule_id is not None and not fires:
        close(query, to=QueryState.RESOLVED, outcome="CORRECTED", by=by, at=at, revision=revision)
    elif query.rule_id is not None and explained:
        close(query, to=QueryState.RESOLVED, outcome="CONFIRMED", by=by, at=at, revision=revision)
    elif changed and query.status in (QueryState.OPEN.value, QueryState.ANSWERED.value):
        query.status, query.outcome, query.revision = QueryState.ANSWERED.value, "CORRECTED", revision
        query.answered_at, query.answered_by = at, by
        query.save(update_fields=["status", "outcome", "revision", "answered_at", "answered_by"])
        say(query, kind="CORRECTED", words=WORDS["CORRECTED"], by=by, at=at, revision=revision)


def close(
    query: DataQuery, *, to: QueryState, outcome: str, by: Person | None, at: datetime, words: str = "", revision: int | None = None
) -> None:
    """Close a question for good, with what came of it."""
    query.status, query.outcome, query.closed_at = to.value, outcome, at
    query.revision = revision if revision is not None else query.revision
    if query.answered_at is None and to is QueryState.RESOLVED:
        query.answered_at, query.answered_by = at, by
    query.save(update_fields=["status", "outcome", "closed_at", "revision", "answered_at", "answered_by"])
    kind = "WITHDRAWN" if to is QueryState.WITHDRAWN else "RESOLVED"
    say(query, kind=kind, words=words or WORDS.get(outcome, ""), by=by, at=at, revision=revision)


def say(query: DataQuery, *, kind: str, words: str, by: Person | None, at: datetime, revision: int | None = None) -> None:
    """Add a line to a question's thread."""
    message = DataQueryMessage(
        query=query, hospital_id=query.hospital_id, by=by, at=at, kind=kind, words=words, revision=revision
    )
    message.save(force_insert=True)
