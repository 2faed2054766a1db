"""Priorities: choose one of at most three, give it steps, hand it on, end it; and how far a report came."""

from datetime import date, datetime

from feedback.models import Comparison
from interventions.models import Priority, PriorityStep, ReportStep, Toolkit
from sites import audit
from sites.codes import random_code
from sites.models import Membership, Person
from sites.refusals import NotFound, Refusal

MOST = 3
State, Kind = Priority.State, ReportStep.Kind


def choose(
    *, hospital_id: int, comparison: Comparison, measure: tuple[str, str], watched: tuple[str, str], owner_id: int, toolkit: Toolkit | None,
    lever: str, step: str, due_on: date, by: Person, at: datetime,
) -> Priority:  # fmt: skip
    """Make a measure of a published comparison one of the hospital's three, with owner, lever and next step.

    measure, watched: code and title; watched is what would show that it moves.
    """
    taken = set(Priority.objects.filter(hospital_id=hospital_id, state=State.OPEN).values_list("place", flat=True))
    free = [place for place in range(1, MOST + 1) if place not in taken]
    if not free:
        raise Refusal("Three priorities are open already. Finish one or stop one first: more than three are none.")
    if not lever.strip():
        raise Refusal("Say what you will change.")
    _of_hospital(owner_id, hospital_id=hospital_id, on=at.date())
    made = Priority.objects.create(
        code=random_code(), hospital_id=hospital_id, comparison=comparison, measure_code=measure[0], measure_title=measure[1],
        watched_code=watched[0], watched_title=watched[1], place=free[0], owner_id=owner_id, toolkit=toolkit, lever=lever, made_at=at, made_by=by,
    )  # fmt: skip
    _step(made, words=step, due_on=due_on, by=by, at=at)
    audit.record(
        action="choose priority", at=at, by=by, hospital_id=hospital_id, kind="priority", object_id=made.code,
        detail={"measure": measure[0], "comparison": comparison.code, "place": made.place},
    )  # fmt: skip
    return made


def _of_hospital(person_id: int, *, hospital_id: int, on: date) -> None:
    """Refuse an owner who holds nothing at the hospital today."""
    rows = Membership.objects.filter(person_id=person_id, hospital_id=hospital_id, starts_on__lte=on)
    if not any(row.ends_on is None or row.ends_on > on for row in rows):
        raise Refusal("The owner is somebody of your hospital.")


def _own(code: str, hospital_ids: tuple[int, ...]) -> Priority:
    row = Priority.objects.select_for_update(of=("self",)).filter(code=code, hospital_id__in=hospital_ids).first()
    if row is None:
        raise NotFound
    if row.state != State.OPEN:
        raise Refusal("This priority has ended.")
    return row


def _step(row: Priority, *, words: str, due_on: date | None, by: Person, at: datetime) -> None:
    if not words.strip():
        raise Refusal("Write what was done, or what comes next.")
    if due_on is not None and due_on < at.date():
        raise Refusal("A next step has a day from today on.")
    PriorityStep.objects.create(priority=row, hospital_id=row.hospital_id, words=words, due_on=due_on, at=at, by=by)


def note(
    *, code: str, hospital_ids: tuple[int, ...], words: str, due_on: date | None, by: Person, at: datetime
) -> None:
    """Keep a note of progress, or with a day the next step."""
    row = _own(code, hospital_ids)
    _step(row, words=words, due_on=due_on, by=by, at=at)
    audit.record(
        action="note on priority", at=at, by=by, hospital_id=row.hospital_id, kind="priority", object_id=row.code
    )


def hand_on(*, code: str, hospital_ids: tuple[int, ...], owner_id: int, by: Person, at: datetime) -> None:
    """Give a priority another owner of the hospital."""
    row = _own(code, hospital_ids)
    _of_hospital(owner_id, hospital_id=row.hospital_id, on=at.date())
    row.owner_id = owner_id
    row.save(update_fields=["owner"])
    audit.record(
        action="hand on priority",
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="priority",
        object_id=row.code,
        detail={"owner": owner_id},
    )


def end(*, code: str, hospital_ids: tuple[int, ...], state: str, reason: str, by: Person, at: datetime) -> None:
    """End a priority, done or stopped, with the reason; its place is free again."""
    row = _own(code, hospital_ids)
    if state not in (State.DONE, State.STOPPED):
        raise Refusal("A priority ends as done or as stopped.")
    if not reason.strip():
        raise Refusal("Say why: what you learnt is worth as much as what you reached.")
    row.state, row.ended_on, row.reason = state, at.date(), reason
    row.save(update_fields=["state", "ended_on", "reason"])
    audit.record(
        action="end priority",
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="priority",
        object_id=row.code,
        reason=reason,
        detail={"state": state},
    )


def seen(*, comparison_id: int, hospital_ids: tuple[int, ...], measure_code: str, cases: bool, at: datetime) -> None:
    """Keep that a hospital opened a report, or the cases behind a number of it; the first time alone, and not who."""
    kinds = (Kind.OPENED, Kind.DRILLED) if cases else (Kind.OPENED,)
    rows = [
        ReportStep(comparison_id=comparison_id, hospital_id=pk, kind=kind, measure_code=measure_code, at=at)
        for pk in hospital_ids
        for kind in kinds
    ]
    ReportStep.objects.bulk_create(rows, ignore_conflicts=True)


def acknowledge(*, comparison: Comparison, hospital_ids: tuple[int, ...], by: Person, at: datetime) -> None:
    """Keep that a hospital has taken note of a report, and who says so."""
    for hospital_id in hospital_ids:
        known = ReportStep.objects.filter(
            comparison=comparison, hospital_id=hospital_id, kind=Kind.ACKNOWLEDGED
        ).exists()
        if not known:
            ReportStep.objects.create(
                comparison=comparison, hospital_id=hospital_id, kind=Kind.ACKNOWLEDGED, at=at, by=by
            )
            audit.record(
                action="acknowledge report",
                at=at,
                by=by,
                hospital_id=hospital_id,
                kind="comparison",
                object_id=comparison.code,
            )
