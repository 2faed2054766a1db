"""Close a reporting period: shut it, freeze its snapshot, close it for good."""

from datetime import date, datetime

from registry.actions import locks, snapshots
from registry.lifecycle import PeriodState
from registry.models import ReportingPeriod, Snapshot
from sites import audit, outbox
from sites.models import Person
from sites.refusals import Refusal


def refuse_early(period: ReportingPeriod, *, today: date) -> None:
    """Refuse to close a period whose days are not over."""
    if period.ends_before is not None and today < period.ends_before:
        raise Refusal(
            f"{period.label} runs until {period.ends_before.isoformat()} (not included). Close it after that day."
        )


def start_close(*, period: ReportingPeriod, by: Person, at: datetime, reason: str = "") -> ReportingPeriod:
    """Shut a period against new and changed cases, and queue the freeze; before its announced day only with a reason."""
    refuse_early(period, today=at.date())
    locks.refuse_promised(period, today=at.date(), reason=reason)
    locked = _shut(period)
    locked.close_job = outbox.after_commit("registry.close_period", at=at, by=by, period=locked.pk)
    locked.save(update_fields=["status", "close_job"])
    audit.record(
        action="shut period", at=at, by=by, kind="period", object_id=f"{locked.registry.code}/{locked.label}", reason=reason.strip()
    )
    return locked


def reopen(*, period: ReportingPeriod, by: Person, at: datetime, reason: str) -> ReportingPeriod:
    """Open a period again that was shut but whose freeze did not come through."""
    locked = (
        ReportingPeriod.objects.select_for_update(of=("self",))
        .select_related("registry", "close_job")
        .get(pk=period.pk)
    )
    if locked.status != PeriodState.CLOSING.value or locked.close_job is None or locked.close_job.status != "FAILED":
        raise Refusal("Only a period whose closing failed can be opened again.")
    if not reason.strip():
        raise Refusal("Say why the period opens again.")
    locked.status, locked.close_job = PeriodState.OPEN.value, None
    locked.save(update_fields=["status", "close_job"])
    audit.record(
        action="reopen period",
        at=at,
        by=by,
        kind="period",
        object_id=f"{locked.registry.code}/{locked.label}",
        reason=reason,
    )
    return locked


def finish_close(*, period: ReportingPeriod, by: Person | None, at: datetime, actor: str = "") -> Snapshot:
    """Freeze a period that is shut, and close it."""
    locked = ReportingPeriod.objects.select_for_update(of=("self",)).select_related("registry").get(pk=period.pk)
    if locked.status != PeriodState.CLOSING.value:
        raise Refusal(f"{locked.label} is not being closed.")
    snapshot = snapshots.freeze(period=locked, by=by or actor, at=at)
    locked.status, locked.closed_at, locked.closed_by = PeriodState.CLOSED.value, at, by
    locked.save(update_fields=["status", "closed_at", "closed_by"])
    audit.record(
        action="close period",
        at=at,
        by=by or actor,
        kind="period",
        object_id=f"{locked.registry.code}/{locked.label}",
        detail={"snapshot": snapshot.digest, "n_cases": snapshot.n_cases, "n_drafts": snapshot.n_drafts},
    )
    return snapshot


def close(*, period: ReportingPeriod, by: Person, at: datetime, reason: str = "") -> Snapshot:
    """Shut, freeze and close in one transaction: for the command line and the example collaborative."""
    refuse_early(period, today=at.date())
    locks.refuse_promised(period, today=at.date(), reason=reason)
    locked = _shut(period)
    locked.save(update_fields=["status"])
    return finish_close(period=locked, by=by, at=at)


def start_refreeze(*, period: ReportingPeriod, by: Person, at: datetime) -> None:
    """Queue another snapshot of a closed period, after its cases were amended."""
    if period.status != PeriodState.CLOSED.value:
        raise Refusal(f"{period.label} is not closed.")
    outbox.after_commit("registry.refreeze_period", at=at, by=by, key=snapshots.refreeze_key(period), period=period.pk)
    audit.record(
        action="ask for another snapshot",
        at=at,
        by=by,
        kind="period",
        object_id=f"{period.registry.code}/{period.label}",
    )


def _shut(period: ReportingPeriod) -> ReportingPeriod:
    locked = ReportingPeriod.objects.select_for_update(of=("self",)).select_related("registry").get(pk=period.pk)
    if locked.status != PeriodState.OPEN.value:
        raise Refusal(f"{locked.label} is closed already, or is being closed.")
    locked.status = PeriodState.CLOSING.value
    return locked
