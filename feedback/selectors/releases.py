"""Read releases: those under way, what members may read, and the ledger of everything the payer ever received."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet

from feedback import preview
from feedback.models import Comparison, MeasureRun, Release, ReleaseObjection
from registry.models import Participation, ReportingPeriod
from sites.refusals import NotFound

PEOPLE = ("prepared_by", "checked_by", "second_checked_by", "released_by", "withdrawn_by")


def _rows() -> QuerySet[Release]:
    return Release.objects.select_related(
        "run__comparison__registry", "run__measure", "hospital", "period__registry", *PEOPLE
    )


def listed() -> list[Release]:
    """Return all releases, newest first."""
    return list(_rows().order_by("-pk"))


def one(*, code: str) -> Release:
    """Return one release."""
    row = _rows().filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def shown(*, code: str) -> Release:
    """Return a release that members may read: in preview, or once released."""
    row = one(code=code)
    if row.status != Release.Status.PREVIEW and row.released_at is None:
        raise NotFound
    return row


def in_preview() -> list[Release]:
    """Return what is in preview and may be read here, the first to leave first."""
    return list(_rows().filter(status=Release.Status.PREVIEW).order_by("preview_until", "pk"))


def by_id(*, release_id: int) -> Release:
    """Return the release a job works on."""
    return _rows().get(pk=release_id)


def waiting_for(*, person_id: int) -> list[Release]:
    """Return what this person may check: prepared and checked by others."""
    rows = _rows().filter(status__in=[Release.Status.SUBMITTED, Release.Status.CHECKED]).exclude(prepared_by=person_id)
    return [row for row in rows.order_by("pk") if row.checked_by_id != person_id]


def ready(*, today: date) -> list[Release]:
    """Return what can be released: the preview is over and nobody objects."""
    rows = _rows().filter(status=Release.Status.PREVIEW, preview_until__lt=today)
    return [row for row in rows.order_by("pk") if not standing(release=row)]


def standing(*, release: Release, hospital_ids: tuple[int, ...] | None = None) -> list[ReleaseObjection]:
    """Return the objections that stand against a release, of some hospitals or of all that may be read here."""
    rows = ReleaseObjection.objects.filter(release=release, taken_back_at__isnull=True).select_related("hospital", "by")
    return list((rows if hospital_ids is None else rows.filter(hospital_id__in=hospital_ids)).order_by("id"))


def may_object(*, release: Release, hospital_ids: tuple[int, ...], today: date) -> tuple[int, ...]:
    """Return for which of these hospitals somebody may object now: they take part, the preview is open, none does yet."""
    if release.status != Release.Status.PREVIEW or preview.is_over(until=release.preview_until, today=today):
        return ()
    against = {row.hospital_id for row in standing(release=release, hospital_ids=hospital_ids)}
    return tuple(pk for pk in hospital_ids if pk not in against and takes_part(release=release, hospital_id=pk))


def takes_part(*, release: Release, hospital_id: int) -> bool:
    """Tell whether a release is about this hospital: its own statement, or an aggregate of a registry it takes part in."""
    registry = release.run.comparison.registry_id if release.run_id else release.period.registry_id
    return (
        release.hospital_id in {None, hospital_id}
        and Participation.objects.filter(registry_id=registry, hospital_id=hospital_id).exists()
    )


@dataclass(frozen=True, kw_only=True)
class Received:
    """One line of the ledger; ``code`` is empty and the words are few where it is another hospital's alone."""

    code: str
    kind: str
    title: str
    label: str
    sha256: str
    rules: str
    prepared_by: str
    checked_by: str | None
    second_checked_by: str | None
    released_by: str | None
    released_at: datetime
    delivered_at: datetime | None
    withdrawn_at: datetime | None
    withdrawal: str
    own: bool


def ledger() -> list[Received]:
    """Return everything that was ever released to the payer, newest first, for every member."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_payer_ledger()")
        names = [column.name for column in cursor.description]
        return [Received(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def candidates() -> list[MeasureRun]:
    """Return the published, compared measures, newest comparison first."""
    rows = MeasureRun.objects.filter(comparison__status=Comparison.Status.PUBLISHED, refusal=[])
    return list(
        rows.select_related("measure", "comparison__registry").order_by("-comparison__published_at", "measure__title")
    )


def candidate(*, run_id: str) -> MeasureRun:
    """Return one of them."""
    row = next((run for run in candidates() if str(run.pk) == run_id), None)
    if row is None:
        raise NotFound
    return row


def statement_periods() -> list[ReportingPeriod]:
    """Return the closed, dated periods a participation statement may speak about, newest first."""
    rows = ReportingPeriod.objects.filter(status="CLOSED", ends_before__isnull=False).select_related("registry")
    return list(rows.order_by("registry__title", "-ordinal")[:40])


def participants(*, registry_ids: set[int]) -> list[tuple[int, str]]:
    """Return the hospitals that take part in these registries, by name, as the centre sees them."""
    rows = Participation.objects.filter(registry_id__in=registry_ids).select_related("hospital")
    return sorted({(row.hospital_id, row.hospital.name) for row in rows}, key=lambda one: one[1])


def participation(*, period_id: int, hospital_id: int) -> tuple[ReportingPeriod, Participation]:
    """Return the period and the hospital's part in its registry."""
    period = next((row for row in statement_periods() if row.pk == period_id), None)
    part = Participation.objects.filter(hospital_id=hospital_id).select_related("hospital")
    found = part.filter(registry_id=period.registry_id).first() if period else None
    if found is None:
        raise NotFound
    return period, found
