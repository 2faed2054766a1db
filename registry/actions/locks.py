"""The end of a period at a hospital: its word that all is in, and more time in hardship, asked for and decided."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from registry.calendar import day_words, local_day
from registry.lifecycle import PeriodState
from registry.models import LockWaiver, PeriodAttestation, ReportingPeriod
from registry.selectors import locks
from sites import audit
from sites.models import Hospital, Person
from sites.refusals import NotFound, Refusal

WORDS = "The cases of this period are complete and true to the chart, as far as we know."
LONGEST_DELAY = timedelta(days=180)


@transaction.atomic
def attest(*, period: ReportingPeriod, hospital: Hospital, by: Person, at: datetime) -> PeriodAttestation:
    """Give the hospital's word for a period, with the counts of the moment. Refused while drafts stand or day 30 is to come."""
    _require_open(period)
    first = locks.attestable_on(period)
    if first is None:
        raise Refusal("A period without dates is not attested.")
    if local_day(at, zone=hospital.time_zone) < first:
        raise Refusal(f"The last day 30 of {period.label} is on {day_words(first)}. It can be attested from that day on.")
    counts = locks.counts(period=period, hospital_id=hospital.pk)
    if counts.n_drafts:
        n = "1 draft stands" if counts.n_drafts == 1 else f"{counts.n_drafts:,} drafts stand"
        raise Refusal(f"{n} in {period.label}. Submit or withdraw them first, or ask for more time.")
    if not counts.n_submitted:
        raise Refusal(f"There is no submitted case of {period.label} to attest.")
    made = PeriodAttestation.objects.create(
        period=period, hospital=hospital, by=by, at=at, words=WORDS, n_submitted=counts.n_submitted, n_drafts=counts.n_drafts,
        n_frame=counts.n_frame, n_selected=counts.n_selected,
    )  # fmt: skip
    _record("attest period", period, hospital_id=hospital.pk, by=by, at=at, detail={"n_submitted": counts.n_submitted})
    return made


@transaction.atomic
def ask(*, period: ReportingPeriod, hospital: Hospital, until: date, reason: str, by: Person, at: datetime) -> LockWaiver:
    """Ask the centre for a later lock, with the reason."""
    _require_open(period)
    locks_on = locks.locks_on(period)
    problems = [] if reason.strip() else ["Say what keeps the hospital from finishing in time."]
    if locks_on is None or period.starts_on > local_day(at, zone=hospital.time_zone):
        problems.append("This period has no lock to be waived yet.")
    elif not locks_on < until <= locks_on + LONGEST_DELAY:
        problems.append(f"Ask for a day after {day_words(locks_on)}, and at the latest {day_words(locks_on + LONGEST_DELAY)}.")
    if problems:
        raise Refusal(*problems)
    try:
        with transaction.atomic():
            made = LockWaiver.objects.create(period=period, hospital=hospital, reason=reason.strip(), asked_until=until, asked_by=by, asked_at=at)
    except IntegrityError as error:
        raise Refusal("You have asked already; the centre has not decided yet.") from error
    _record("ask for more time", period, hospital_id=hospital.pk, by=by, at=at, reason=reason.strip(), detail={"until": until.isoformat()})
    return made


@transaction.atomic
def decide(*, waiver_id: int, grant: bool, until: date | None, reason: str, by: Person, at: datetime) -> LockWaiver:
    """Grant more time, to the day asked for or another, or refuse it with a reason."""
    waiver = LockWaiver.objects.select_for_update(of=("self",)).select_related("period__registry", "hospital").filter(pk=waiver_id).first()
    if waiver is None:
        raise NotFound
    if waiver.status != "ASKED":
        raise Refusal("This was decided already.")
    _require_open(waiver.period)
    locks_on = locks.locks_on(waiver.period)
    granted = until or waiver.asked_until
    if grant and not locks_on < granted <= locks_on + LONGEST_DELAY:
        raise Refusal(f"Choose a day after {day_words(locks_on)}, and at the latest {day_words(locks_on + LONGEST_DELAY)}.")
    if not grant and not reason.strip():
        raise Refusal("Say why more time is not given.")
    waiver.status, waiver.granted_until = ("GRANTED", granted) if grant else ("REFUSED", None)
    waiver.decided_by, waiver.decided_at, waiver.decision_reason = by, at, reason.strip()
    waiver.save(update_fields=["status", "granted_until", "decided_by", "decided_at", "decision_reason"])
    action = "grant more time" if grant else "refuse more time"
    _record(action, waiver.period, hospital_id=waiver.hospital_id, by=by, at=at, reason=reason.strip(), detail={"until": str(waiver.granted_until)})
    return waiver


def refuse_promised(period: ReportingPeriod, *, today: date, reason: str) -> None:
    """Refuse to close before a day that was promised: the lock date unless a reason is given, a waiver's day in any case.

    A hospital that has attested needs no more time.
    """
    attested = locks.attested(period)
    held = [waiver for waiver in locks.granted(period) if waiver.granted_until > today and waiver.hospital_id not in attested]
    if held:
        raise Refusal(*(f"{waiver.hospital.name} was given until {day_words(waiver.granted_until)}, and has not attested yet." for waiver in held))
    locks_on = locks.locks_on(period)
    if locks_on is not None and today < locks_on and not reason.strip() and locks.waiting_for(period):
        raise Refusal(f"{period.label} was announced to lock on {day_words(locks_on)}. Say why it is closed before.")


def _require_open(period: ReportingPeriod) -> None:
    if period.status != PeriodState.OPEN.value:
        raise Refusal(f"{period.label} is closed.")


def _record(
    action: str, period: ReportingPeriod, *, hospital_id: int, by: Person, at: datetime, reason: str = "", detail: dict | None = None
) -> None:
    audit.record(
        action=action, at=at, by=by, hospital_id=hospital_id, kind="period", object_id=f"{period.registry.code}/{period.label}",
        detail=detail, reason=reason,
    )  # fmt: skip
