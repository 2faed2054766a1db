"""What is said about an audit's disagreements: the hospital responds, the centre settles, the hospital corrects its case."""

from datetime import date, datetime

from django.db import transaction

from registry.actions import amendments, cases
from registry.actions.audits import locked, move, record, require_step
from registry.actions.case_merge import Change
from registry.actions.case_values import hold_open
from registry.auditing.reading import as_answers
from registry.calendar import local_day
from registry.dictionary.checks import check_case
from registry.dictionary.elements import FieldType, Severity
from registry.lifecycle import AuditState
from registry.models import Audit, ElementDisagreement
from registry.selectors import cases as case_selectors
from registry.selectors import dictionaries
from sites.models import Person
from sites.refusals import NotFound, Refusal

ANSWERS = ("ACCEPT", "DISPUTE")
RULINGS = ("FIRST", "SECOND", "OTHER")


@transaction.atomic
def respond(*, disagreement_id: int, response: str, words: str, by: Person, at: datetime) -> ElementDisagreement:
    """Accept the second reading, or dispute it with what the chart says."""
    row = _locked(disagreement_id)
    if row.audit.status != AuditState.PRELIMINARY.value:
        raise Refusal("The hospital's time to respond to this audit is over, or has not begun.")
    if response not in ANSWERS:
        raise Refusal("Accept the second reading or dispute it.")
    if response == "DISPUTE" and not words.strip():
        raise Refusal("Say what the chart says and where it stands: the centre decides by it.")
    row.response, row.response_words, row.responded_by, row.responded_at = response, words.strip(), by, at
    row.save(update_fields=["response", "response_words", "responded_by", "responded_at"])
    return row


@transaction.atomic
def accept_rest(*, audit_id: int, by: Person, at: datetime) -> int:
    """Accept every disagreement that nobody has answered yet."""
    held = locked(audit_id)
    if held.status != AuditState.PRELIMINARY.value:
        raise Refusal("The hospital's time to respond to this audit is over, or has not begun.")
    rows = ElementDisagreement.objects.filter(audit=held, response="")
    return rows.update(response="ACCEPT", responded_by=by, responded_at=at)


@transaction.atomic
def send_response(*, audit_id: int, by: Person, at: datetime) -> Audit:
    """Hand the hospital's response to the centre; every disagreement has its answer."""
    held = locked(audit_id)
    require_step(held, AuditState.RESPONDED)
    left = ElementDisagreement.objects.filter(audit=held, response="").count()
    if left:
        raise Refusal(f"{left} of the disagreements have no answer yet. Accept or dispute each, or accept all that are left.")
    move(held, AuditState.RESPONDED, at=at)
    record("respond to audit", held, by=by, at=at)
    return held


@transaction.atomic
def close_window(*, audit_id: int, by: Person, at: datetime) -> Audit:
    """Go on without the hospital, after its window has passed; what it did not answer counts as accepted."""
    held = locked(audit_id)
    require_step(held, AuditState.RESPONDED)
    if held.respond_by is None or local_day(at, zone=held.hospital.time_zone) <= held.respond_by:
        raise Refusal(f"The hospital has until {held.respond_by}. Go on after that day.")
    move(held, AuditState.RESPONDED, at=at)
    record("close response window", held, by=by, at=at)
    return held


def _require_value(row: ElementDisagreement, text: str, *, today: date) -> None:
    """Refuse another value that the element could not hold in any case."""
    if not text:
        raise Refusal("Say which value stands.")
    dictionary = dictionaries.load(row.audit_case.version)
    element = dictionary.element(row.element)
    if element.type is FieldType.CHECKBOX:
        problems = [f"{element.name} has no choice {code}." for code in text.split(",") if code not in element.codes]
    else:
        found = check_case(dictionary, {element.name: text}, today=today)
        wrong = [item for item in found if item.column == element.name and item.severity is Severity.HARD]
        problems = [f"{item.message} {item.remedy}".strip() for item in wrong]
    if problems:
        raise Refusal(*problems)


@transaction.atomic
def rule(*, disagreement_id: int, ruling: str, value: str, words: str, by: Person, at: datetime) -> ElementDisagreement:
    """Settle one disagreement: the first reading stands, the second does, or another value."""
    row = _locked(disagreement_id)
    if row.audit.status != AuditState.RESPONDED.value:
        raise Refusal("This audit is settled after the hospital has responded, and before it is closed.")
    if ruling not in RULINGS:
        raise Refusal("Say which reading stands.")
    if not words.strip():
        raise Refusal("Say why, in a few words: the hospital reads it.")
    settled = {"FIRST": row.first, "SECOND": row.second}.get(ruling, value.strip())
    if ruling == "OTHER":
        _require_value(row, settled, today=local_day(at, zone=row.audit.hospital.time_zone))
    row.ruling, row.ruling_words, row.value, row.ruled_by, row.ruled_at = ruling, words.strip(), settled, by, at
    row.save(update_fields=["ruling", "ruling_words", "value", "ruled_by", "ruled_at"])
    record("settle disagreement", row.audit, by=by, at=at, detail={"element": row.element, "ruling": ruling})
    return row


def needs_ruling(row: ElementDisagreement) -> bool:
    """Tell whether the centre must settle it: disputed, or the two reviewers differ."""
    return not row.ruling and (row.response == "DISPUTE" or row.other is not None)


@transaction.atomic
def finish_rulings(*, audit_id: int, by: Person, at: datetime) -> Audit:
    """Close adjudication: what was disputed is settled one by one; what was accepted stands as read the second time."""
    held = locked(audit_id)
    require_step(held, AuditState.ADJUDICATED)
    rows = list(ElementDisagreement.objects.filter(audit=held))
    left = sum(needs_ruling(row) for row in rows)
    if left:
        raise Refusal(f"{left} of the disagreements still need a ruling.")
    for row in rows:
        if not row.ruling:
            row.ruling, row.ruling_words, row.value, row.ruled_by, row.ruled_at = "SECOND", "accepted", row.second, by, at
            row.save(update_fields=["ruling", "ruling_words", "value", "ruled_by", "ruled_at"])
    move(held, AuditState.ADJUDICATED, at=at)
    record("finish adjudication", held, by=by, at=at)
    return held


@transaction.atomic
def correct(*, disagreement_id: int, by: Person, at: datetime) -> ElementDisagreement:
    """Put the hospital's case right by its own hand: a revision, or an amendment that waits for a second person."""
    row = _locked(disagreement_id)
    if row.audit.status not in (AuditState.ADJUDICATED.value, AuditState.FINAL.value):
        raise Refusal("A case is corrected from an audit once it is settled what stands.")
    if row.correction or row.ruling == "FIRST":
        raise Refusal("There is nothing to correct here.")
    case = case_selectors.by_id(case_id=row.audit_case.case_id)
    dictionary = dictionaries.load(case.version)
    held = case_selectors.answers(case)
    wanted = as_answers(dictionary.element(row.element), row.value or "")
    changes = {column: Change(known=held.get(column, ""), new=text) for column, text in wanted.items()}
    reason = f"Audit {row.audit.code}: the second reading of the chart."
    if hold_open(case.period_id):
        saved = cases.save(
            case_id=case.pk, changes=changes, client_seq=f"audit-{row.pk}", base=case.revision, by=by, at=at, reason=reason
        )
        row.correction = f"revision {saved.revision}"
    else:
        made = amendments.propose(case_id=case.pk, changes=changes, reason=reason, by=by, at=at)
        row.correction = f"amendment {made.pk}"
    row.save(update_fields=["correction"])
    record("correct case from audit", row.audit, by=by, at=at, detail={"element": row.element, "as": row.correction})
    return row


def _locked(disagreement_id: int) -> ElementDisagreement:
    rows = ElementDisagreement.objects.select_for_update(of=("self",)).select_related("audit__hospital", "audit_case")
    row = rows.filter(pk=disagreement_id).first()
    if row is None:
        raise NotFound
    return row
