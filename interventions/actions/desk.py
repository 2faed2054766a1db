"""The site desk: note a contact, promise and close, tick a step of joining, prepare, hold, report and answer a visit."""

from datetime import date, datetime, timedelta

from interventions.models import OnboardingTick, SiteContact, SitePromise, SiteVisit
from interventions.selectors.desk import STEPS
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

State, Visit = SitePromise.State, SiteVisit.State
LONGEST_PROMISE = SitePromise._meta.get_field("words").max_length
REMIND, DUE = timedelta(days=7), timedelta(days=30)


def contact(*, hospital_id: int, kind: str, on_day: date, words: str, by: Person, at: datetime) -> None:
    """Note a contact in words that both sides read."""
    if on_day > at.date():
        raise Refusal("A contact that is still to come is a promise: write it there.")
    if not words.strip():
        raise Refusal("Say in a few words what it was about.")
    SiteContact.objects.create(hospital_id=hospital_id, kind=kind, on_day=on_day, words=words, at=at, by=by)
    audit.record(
        action="note a contact",
        at=at,
        by=by,
        hospital_id=hospital_id,
        kind="desk",
        detail={"kind": kind, "on": on_day.isoformat()},
    )


def promise(
    *,
    hospital_id: int,
    side: str,
    words: str,
    due_on: date,
    owner_id: int,
    remind_on: date | None = None,
    visit: SiteVisit | None = None,
    by: Person,
    at: datetime,
) -> SitePromise:
    """Write down what one side promised, with a day, somebody who sees to it, and a reminder (a week before, unless said)."""
    if due_on < at.date():
        raise Refusal("The day has passed already: promise a day from today on.")
    if not words.strip():
        raise Refusal("Say what is promised.")
    remind_on = max(at.date(), due_on - REMIND) if remind_on is None else remind_on
    if remind_on > due_on:
        raise Refusal("A reminder comes before the day itself.")
    made = SitePromise.objects.create(
        hospital_id=hospital_id, visit=visit, side=side, words=words, due_on=due_on, remind_on=remind_on, owner_id=owner_id, made_at=at,
        made_by=by,
    )  # fmt: skip
    audit.record(
        action="promise",
        at=at,
        by=by,
        hospital_id=hospital_id,
        kind="desk",
        object_id=str(made.pk),
        detail={"side": side},
    )
    return made


def close(
    *, promise_id: int, hospital_ids: tuple[int, ...], side: str, state: str, words: str, by: Person, at: datetime
) -> None:
    """Close a promise of one's own side: kept, or dropped with the reason."""
    row = SitePromise.objects.select_for_update().filter(pk=promise_id, hospital_id__in=hospital_ids, side=side).first()
    if row is None:
        raise NotFound
    if row.state != State.OPEN:
        raise Refusal("This was closed already.")
    if state not in (State.KEPT, State.DROPPED):
        raise Refusal("A promise is kept or dropped.")
    if state == State.DROPPED and not words.strip():
        raise Refusal("Say why it is dropped: the other side reads it.")
    row.state, row.closing, row.closed_at, row.closed_by = state, words, at, by
    row.save(update_fields=["state", "closing", "closed_at", "closed_by"])
    audit.record(
        action=f"promise {row.get_state_display()}",
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="desk",
        object_id=str(row.pk),
    )


def tick(*, hospital_id: int, step: str, side: str, ticked: bool, by: Person, at: datetime) -> None:
    """Say for one side that a step of joining is done, or take that back."""
    if step not in dict(STEPS):
        raise Refusal("There is no such step.")
    OnboardingTick.objects.create(hospital_id=hospital_id, step=step, side=side, ticked=ticked, at=at, by=by)
    audit.record(
        action="tick a step of joining" if ticked else "untick a step of joining", at=at, by=by, hospital_id=hospital_id, kind="desk", object_id=step,
        detail={"side": side},
    )  # fmt: skip


def prepare_visit(
    *, hospital_id: int, on_day: date, purpose: str, preparation: str, by: Person, at: datetime
) -> SiteVisit:
    """Plan a visit: day, purpose, what is prepared."""
    if on_day < at.date():
        raise Refusal("Plan a visit from today on.")
    made = SiteVisit.objects.create(
        code=random_code(),
        hospital_id=hospital_id,
        on_day=on_day,
        purpose=purpose,
        preparation=preparation,
        made_at=at,
        made_by=by,
    )
    audit.record(action="prepare a visit", at=at, by=by, hospital_id=hospital_id, kind="visit", object_id=made.code)
    return made


def _visit(code: str, hospital_ids: tuple[int, ...], *states: str) -> SiteVisit:
    row = SiteVisit.objects.select_for_update().filter(code=code, hospital_id__in=hospital_ids).first()
    if row is None:
        raise NotFound
    if row.state not in states:
        raise Refusal("The visit is at another step. Reload the page.")
    return row


def hold_visit(*, code: str, hospital_ids: tuple[int, ...], held: bool, by: Person, at: datetime) -> None:
    """Say that the visit took place (a contact by itself), or that it was cancelled."""
    row = _visit(code, hospital_ids, Visit.PREPARED)
    if held and row.on_day > at.date():
        raise Refusal("The day of the visit has not come.")
    row.state = Visit.HELD if held else Visit.CANCELLED
    row.save(update_fields=["state"])
    audit.record(
        action="hold a visit" if held else "cancel a visit",
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="visit",
        object_id=code,
    )
    if held:
        contact(hospital_id=row.hospital_id, kind="VISIT", on_day=row.on_day, words=row.purpose, by=by, at=at)


def report_visit(
    *,
    code: str,
    hospital_ids: tuple[int, ...],
    report: str,
    ours: str,
    theirs: str,
    their_owner_id: int,
    by: Person,
    at: datetime,
) -> None:
    """Send the report, with what each side promised: one promise a line, due in 30 days; who sees to theirs is said by the caller."""
    row = _visit(code, hospital_ids, Visit.HELD)
    if not report.strip():
        raise Refusal("A report says what was seen and agreed.")
    if any(len(line.strip()) > LONGEST_PROMISE for line in (*ours.splitlines(), *theirs.splitlines())):
        raise Refusal(f"A promise is at most {LONGEST_PROMISE} characters long. Write the longer one as two lines.")
    row.state, row.report, row.reported_at, row.reported_by = Visit.REPORTED, report, at, by
    row.save(update_fields=["state", "report", "reported_at", "reported_by"])
    for side, lines, owner_id in (("CENTRE", ours, by.pk), ("HOSPITAL", theirs, their_owner_id)):
        for words in (line.strip() for line in lines.splitlines()):
            if words:
                promise(
                    hospital_id=row.hospital_id,
                    side=side,
                    words=words,
                    due_on=at.date() + DUE,
                    owner_id=owner_id,
                    visit=row,
                    by=by,
                    at=at,
                )
    audit.record(action="report a visit", at=at, by=by, hospital_id=row.hospital_id, kind="visit", object_id=code)


def answer_visit(*, code: str, hospital_ids: tuple[int, ...], words: str, by: Person, at: datetime) -> None:
    """Take the hospital's word on the report."""
    row = _visit(code, hospital_ids, Visit.REPORTED)
    if not words.strip():
        raise Refusal("Say whether the report is right.")
    row.state, row.answer, row.answered_at, row.answered_by = Visit.ANSWERED, words, at, by
    row.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    audit.record(
        action="answer a visit's report", at=at, by=by, hospital_id=row.hospital_id, kind="visit", object_id=code
    )
