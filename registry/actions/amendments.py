"""Amend a case of a closed period: one person proposes with a reason, a second one decides."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from registry.actions import case_rows
from registry.actions.case_merge import Change, merge
from registry.actions.case_values import derive, hold_open
from registry.actions.cases import NotReady
from registry.lifecycle import AmendmentState, CaseState
from registry.models import Amendment, Case
from registry.selectors import dictionaries
from sites import audit
from sites.models import Person
from sites.refusals import NotFound, Refusal


@transaction.atomic
def propose(*, case_id: int, changes: Mapping[str, Change], reason: str, by: Person, at: datetime) -> Amendment:
    """Propose changes to a case of a closed period; nothing changes until a second person approves."""
    case = case_rows.locked(case_id)
    if hold_open(case.period_id):
        raise Refusal("The reporting period of this case is open: change the case itself.")
    if case.status == CaseState.WITHDRAWN:
        raise Refusal("This case was withdrawn; there is nothing to amend.")
    if not reason.strip():
        raise Refusal("Say why this should change: the second person decides by it.")
    dictionary = dictionaries.load(case.version)
    before = dictionaries.layout(case.version).unpack(case.answers)
    merged = merge(dictionary=dictionary, answers=before, changes=changes)
    _refuse_unmerged(merged.conflicts, [item.words for item in merged.rejected])
    if not merged.applied:
        raise Refusal("Nothing would change: the case holds these values already.")
    amendment = Amendment.objects.create(
        case=case,
        hospital_id=case.hospital_id,
        changes={column: [before.get(column), merged.answers.get(column)] for column in merged.applied},
        reason=reason.strip(),
        proposed_by=by,
        proposed_at=at,
    )
    _record("propose amendment", amendment, case, by=by, at=at, reason=amendment.reason)
    return amendment


def _refuse_unmerged(conflicts: tuple[str, ...], words: list[str]) -> None:
    if words:
        raise Refusal(*words)
    if conflicts:
        raise Refusal("The case has changed since this was written. Look at it again and propose anew.")


@transaction.atomic
def approve(*, amendment_id: int, by: Person, at: datetime) -> Amendment:
    """Approve a change that somebody else proposed, and make it, as a revision that names both."""
    amendment, case = _held(amendment_id, by)
    closed_at = case.period.closed_at if case.period else None
    dictionary = dictionaries.governed_at(case.version, registry=case.registry, at=closed_at)
    before = dictionaries.layout(case.version).unpack(case.answers)
    changes = {column: Change(known=old or "", new=new or "") for column, (old, new) in amendment.changes.items()}
    merged = merge(dictionary=dictionary, answers=before, changes=changes)
    _refuse_unmerged(merged.conflicts, [item.words for item in merged.rejected])
    derived = derive(
        registry=case.registry,
        hospital=case.hospital,
        dictionary=dictionary,
        answers=merged.answers,
        explained=case_rows.explained(case),
        at=at,
    )
    if case.status == CaseState.SUBMITTED and derived.hard:
        raise NotReady("With this change the case would hold an error. Refuse it with a remark.", findings=derived.hard)
    case_rows.write(
        case,
        derived,
        changes=case_rows.differences(before, derived.answers),
        by=amendment.proposed_by,
        second=by,
        at=at,
        reason=amendment.reason,
    )
    return _decide(amendment, case, AmendmentState.APPROVED, by=by, at=at, reason="")


@transaction.atomic
def refuse(*, amendment_id: int, reason: str, by: Person, at: datetime) -> Amendment:
    """Refuse a proposed change, with a reason that its author reads."""
    amendment, case = _held(amendment_id, by)
    if not reason.strip():
        raise Refusal("Say why, so that the proposer can do better.")
    return _decide(amendment, case, AmendmentState.REFUSED, by=by, at=at, reason=reason.strip())


def _held(amendment_id: int, by: Person) -> tuple[Amendment, Case]:
    amendment = Amendment.objects.select_for_update(of=("self",)).select_related("proposed_by").filter(pk=amendment_id).first()
    if amendment is None:
        raise NotFound
    if amendment.status != AmendmentState.PROPOSED:
        raise Refusal("This amendment has been decided already.")
    if amendment.proposed_by_id == by.pk:
        raise Refusal("You proposed this change; a second person decides on it.")
    return amendment, case_rows.locked(amendment.case_id)


def _decide(amendment: Amendment, case: Case, to: AmendmentState, *, by: Person, at: datetime, reason: str) -> Amendment:
    amendment.status = to.value
    amendment.decided_by, amendment.decided_at, amendment.decision_reason = by, at, reason
    amendment.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    action = "approve amendment" if to is AmendmentState.APPROVED else "refuse amendment"
    _record(action, amendment, case, by=by, at=at, reason=reason)
    return amendment


def _record(action: str, amendment: Amendment, case: Case, *, by: Person, at: datetime, reason: str) -> None:
    audit.record(
        action=action,
        at=at,
        by=by,
        hospital_id=case.hospital_id,
        kind="case",
        object_id=case.code,
        detail={"amendment": amendment.pk, "columns": sorted(amendment.changes)},
        reason=reason,
    )
