"""Record a try to reach a patient; what it tells is answered in the case at once, so that nobody copies it."""

from datetime import date, datetime

from django.db import transaction

from registry import follow_up
from registry.actions import case_rows, cases
from registry.actions.cases import Change
from registry.calendar import day_words, local_day
from registry.dictionary.elements import DataDictionary, Role
from registry.follow_up import Method, Outcome
from registry.lifecycle import CaseState
from registry.models import Case, ContactAttempt
from registry.selectors import dictionaries
from sites import audit
from sites.models import Person
from sites.refusals import Refusal

LONGEST_NOTE = 1000


@transaction.atomic
def record(
    *,
    case_id: int,
    method: Method,
    outcome: Outcome,
    contact_on: date,
    by: Person,
    at: datetime,
    again_on: date | None = None,
    note: str = "",
) -> ContactAttempt:
    """Keep one attempt. Reached, lost and refused answer the case's follow-up; without an answer one tries again."""
    case = case_rows.locked(case_id)
    dictionary = dictionaries.load(case.version)
    held = dictionaries.layout(case.version).unpack(case.answers)
    problems = _problems(case, dictionary, held, outcome=outcome, contact_on=contact_on, again_on=again_on, at=at)
    if problems:
        raise Refusal(*problems)
    made = ContactAttempt(
        case=case, hospital_id=case.hospital_id, contact_on=contact_on, at=at, by=by, method=method.value, outcome=outcome.value,
        again_on=again_on if outcome is Outcome.NO_ANSWER else None, note=note.strip()[:LONGEST_NOTE],
    )  # fmt: skip
    made.save(force_insert=True)
    told = follow_up.contact_answers(dictionary, method=method, outcome=outcome, on=contact_on)
    if outcome in (Outcome.LOST, Outcome.REFUSED):
        own = (dictionary.roles.get(Role.FOLLOW_UP_METHOD), dictionary.roles.get(Role.FOLLOW_UP_ON))
        told |= {column: "" for column in own if column and held.get(column)}
    changes = {column: Change(known=held.get(column, ""), new=text) for column, text in told.items() if held.get(column, "") != text}
    if changes:
        cases.save(case_id=case.pk, changes=changes, client_seq=f"contact:{made.pk}", base=case.revision, by=by, at=at)
    audit.record(
        action="record contact", at=at, by=by, hospital_id=case.hospital_id, kind="case", object_id=case.code,
        detail={"method": method.value, "outcome": outcome.value},
    )  # fmt: skip
    return made


def _problems(
    case: Case, dictionary: DataDictionary, held: dict[str, str], *, outcome: Outcome, contact_on: date, again_on: date | None, at: datetime
) -> list[str]:
    today, problems = local_day(at, zone=case.hospital.time_zone), []
    if case.status != CaseState.DRAFT.value:
        return [f"The case is {case.status.lower()}. Reopen it before adding to its follow-up."]
    if case.occurred_on is None or case.follow_up_due_on is None:
        return ["The case has no operation date yet, so that nobody knows when day 30 is."]
    if contact_on > today:
        problems.append("A contact that is still to come cannot be recorded. Give the day on which it was tried.")
    if contact_on < case.occurred_on:
        problems.append(f"{day_words(contact_on)} is before the operation, {day_words(case.occurred_on)}.")
    died_on = follow_up.day_of(dictionary, held, Role.DIED_ON)
    if outcome in (Outcome.REACHED, Outcome.LOST) and contact_on < case.follow_up_due_on and died_on is None:
        day = f"Day {case.registry.follow_up_days} is {day_words(case.follow_up_due_on)}"
        problems.append(f"{day}: a contact before it does not complete the follow-up.")
    if again_on is not None and again_on <= contact_on:
        problems.append("The next try comes after this one.")
    return problems
