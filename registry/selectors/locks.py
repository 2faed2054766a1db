"""When periods lock, what hospitals have attested, who was given more time, and the countdown in words."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from registry.calendar import due_words
from registry.lifecycle import PeriodState
from registry.models import Case, FrameRow, LockWaiver, Participation, PeriodAttestation, ReportingPeriod
from registry.selectors import periods
from sites.refusals import NotFound

NEAR = timedelta(days=45)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a hospital has in a period."""

    n_submitted: int
    n_drafts: int
    n_frame: int
    n_selected: int


NOTHING = Counts(n_submitted=0, n_drafts=0, n_frame=0, n_selected=0)


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One period at one hospital: when it locks there, what is in it, its latest attestation and the request for more time."""

    period: ReportingPeriod
    hospital_id: int
    hospital: str
    locks_on: date
    attestable_on: date
    counts: Counts
    attestation: PeriodAttestation | None
    waiver: LockWaiver | None


def locks_on(period: ReportingPeriod) -> date | None:
    """Return the day from which a period is due to be closed; None without dates."""
    return period.ends_before + timedelta(days=period.registry.lock_days) if period.ends_before else None


def attestable_on(period: ReportingPeriod) -> date | None:
    """Return the first day on which the follow-up of every case can be known."""
    return period.ends_before + timedelta(days=period.registry.follow_up_days - 1) if period.ends_before else None


def words(on: date, *, today: date) -> str:
    """Say how far the lock is: locks in 12 days, locks today, was due to lock 3 days ago."""
    if on < today:
        return f"was due to lock {(today - on).days} day{'' if (today - on).days == 1 else 's'} ago"
    return f"locks {due_words(on, today=today)}" if on - today < timedelta(days=14) else f"locks in {(on - today).days} days"


def counts(*, period: ReportingPeriod, hospital_id: int) -> Counts:
    """Count the cases and listed operations of a hospital in a period."""
    rows = Case.objects.filter(period=period, hospital_id=hospital_id).order_by()
    states = dict(rows.values_list("status").annotate(n=Count("*")))
    frame = {"total": 0, "taken": 0}
    if period.starts_on:
        listed = FrameRow.objects.filter(
            hospital_id=hospital_id, registry_id=period.registry_id, operated_on__gte=period.starts_on, operated_on__lt=period.ends_before
        )
        frame = listed.aggregate(total=Count("id"), taken=Count("id", filter=Q(outcome__in=["RARE", "CORE"])))
    n_drafts = states.get("DRAFT", 0) + states.get("REVIEW", 0)
    return Counts(n_submitted=states.get("SUBMITTED", 0), n_drafts=n_drafts, n_frame=frame["total"], n_selected=frame["taken"])


def of_hospitals(*, hospital_ids: tuple[int, ...], today: date) -> list[Lock]:
    """Return the open periods that have begun, for each hospital that takes part, the earliest lock first."""
    rows = ReportingPeriod.objects.filter(status=PeriodState.OPEN.value, starts_on__lte=today, registry__participations__hospital_id__in=hospital_ids)
    opened = list(rows.distinct().select_related("registry").order_by("ends_before", "id"))
    if not opened:
        return []
    attestations = {(row.period_id, row.hospital_id): row for row in _attestations(opened, hospital_ids)}
    waivers = {(row.period_id, row.hospital_id): row for row in _waivers(opened).filter(hospital_id__in=hospital_ids)}
    taking = Participation.objects.filter(hospital_id__in=hospital_ids).select_related("hospital").order_by("hospital__name")
    by_registry: dict[int, list[Participation]] = {}
    for row in taking:
        by_registry.setdefault(row.registry_id, []).append(row)
    made = [
        (_lock(period, row, attestations.get((period.pk, row.hospital_id)), waivers.get((period.pk, row.hospital_id))), row)
        for period in opened
        for row in by_registry.get(period.registry_id, [])
    ]
    return [lock for lock, row in made if not _is_before(lock, row)]


def _is_before(lock: Lock, row: Participation) -> bool:
    """Tell whether a period was over before the hospital took part, and nothing of it is here."""
    return lock.period.ends_before is not None and lock.period.ends_before <= row.starts_on and lock.counts == NOTHING


def _lock(period: ReportingPeriod, row: Participation, attestation: PeriodAttestation | None, waiver: LockWaiver | None) -> Lock:
    own = locks_on(period)
    if waiver is not None and waiver.granted_until:
        own = max(own, waiver.granted_until)
    return Lock(
        period=period, hospital_id=row.hospital_id, hospital=row.hospital.name, locks_on=own, attestable_on=attestable_on(period),
        counts=counts(period=period, hospital_id=row.hospital_id), attestation=attestation, waiver=waiver,
    )  # fmt: skip


def _attestations(opened: list[ReportingPeriod], hospital_ids: tuple[int, ...] | None = None) -> list[PeriodAttestation]:
    rows = PeriodAttestation.objects.filter(period__in=opened).select_related("by", "hospital")
    if hospital_ids is not None:
        rows = rows.filter(hospital_id__in=hospital_ids)
    return list(rows.order_by("id"))


def _waivers(opened: list[ReportingPeriod]):
    return LockWaiver.objects.filter(period__in=opened).select_related("hospital", "asked_by", "decided_by").order_by("id")


def attestations(period: ReportingPeriod) -> dict[int, PeriodAttestation]:
    """Return the latest attestation of each hospital within reach, by hospital id."""
    return {row.hospital_id: row for row in _attestations([period])}


def waivers(period: ReportingPeriod) -> list[LockWaiver]:
    """Return the requests for more time of a period, the earliest first."""
    return list(_waivers([period]))


def attested(period: ReportingPeriod) -> frozenset[int]:
    """Return the hospitals (ids) that have attested a period."""
    return frozenset(attestations(period))


def granted(period: ReportingPeriod) -> list[LockWaiver]:
    """Return who was given more time."""
    return list(_waivers([period]).filter(status="GRANTED"))


def waiting_for(period: ReportingPeriod) -> list[str]:
    """Name the hospitals that have cases in a period and have not attested it."""
    done = attested(period)
    rows = periods.contributions(period)
    return [row.hospital for row in rows if (row.n_submitted or row.n_drafts) and row.hospital_id not in done]


def one_waiver(*, waiver_id: int) -> LockWaiver:
    """Return one request within reach."""
    found = LockWaiver.objects.filter(pk=waiver_id).select_related("period__registry", "hospital").first()
    if found is None:
        raise NotFound
    return found


def countdown(*, hospital_ids: tuple[int, ...], today: date) -> str:
    """Say which period locks next at one of these hospitals, when that is near and drafts stand in it; else nothing."""
    for lock in of_hospitals(hospital_ids=hospital_ids, today=today):
        if lock.counts.n_drafts and lock.locks_on - today <= NEAR:
            n = "1 draft stands" if lock.counts.n_drafts == 1 else f"{lock.counts.n_drafts:,} drafts stand"
            return f"{lock.period.label} of {lock.period.registry.title} {words(lock.locks_on, today=today)}: {n} in it."
    return ""
