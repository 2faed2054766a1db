"""Read reporting periods, how far each is, and who contributed."""

from dataclasses import dataclass

from django.db import connection

from registry.intake.dates import Span
from registry.lifecycle import PeriodState
from registry.models import OperationCount, Participation, Registry, ReportingPeriod, Snapshot
from sites.models import Job
from sites.refusals import NotFound


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one hospital has in a period: counts by status, and its own count of eligible operations."""

    hospital_id: int
    hospital: str
    n_submitted: int
    n_drafts: int
    n_withdrawn: int
    n_eligible: int | None


def spans(*, registry_id: int, hold: bool = False) -> list[Span]:
    """Return the dated periods of a registry; with ``hold`` none of them can close until our transaction ends."""
    lock = " FOR SHARE" if hold else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, label, starts_on, ends_before, status = 'OPEN' FROM registry_reportingperiod"
            " WHERE registry_id = %s ORDER BY ordinal" + lock,
            [registry_id],
        )
        rows = cursor.fetchall()
    return [
        Span(id=id, label=label, starts_on=start, ends_before=end, is_open=is_open)
        for id, label, start, end, is_open in rows
    ]


def of_registry(registry: Registry) -> list[ReportingPeriod]:
    """Return the periods of a registry, the newest first."""
    return list(
        ReportingPeriod.objects.filter(registry=registry).select_related("closed_by", "close_job").order_by("-ordinal")
    )


def one(*, period_id: int) -> ReportingPeriod:
    """Return one period."""
    period = ReportingPeriod.objects.filter(pk=period_id).select_related("registry", "closed_by", "close_job").first()
    if period is None:
        raise NotFound
    return period


def open_ones(registry: Registry) -> list[ReportingPeriod]:
    """Return the open periods of a registry, the newest first."""
    return list(ReportingPeriod.objects.filter(registry=registry, status=PeriodState.OPEN.value).order_by("-ordinal"))


def snapshots(period: ReportingPeriod) -> list[Snapshot]:
    """Return the snapshots of a period, the newest first."""
    return list(Snapshot.objects.filter(period=period).order_by("-number"))


def numbered_snapshots(registry: Registry) -> dict[int, Snapshot]:
    """Return the newest snapshot of each period of a registry, by period id."""
    rows = Snapshot.objects.filter(registry=registry).order_by("number")
    return {row.period_id: row for row in rows}


def refreeze_job(period: ReportingPeriod) -> Job | None:
    """Return the newest job that froze a closed period again."""
    return Job.objects.filter(key__startswith=f"refreeze:{period.pk}:").order_by("-id").first()


def contributions(period: ReportingPeriod) -> list[Contribution]:
    """Return what each participating hospital within reach has in a period; counts only, no case is read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hospital_id, status, n FROM cairn_case_counts(%s)", [period.pk])
        counted = {(hospital_id, status): n for hospital_id, status, n in cursor.fetchall()}
    eligible = dict(OperationCount.objects.filter(period=period).values_list("hospital_id", "n_eligible"))
    rows = (
        Participation.objects.filter(registry_id=period.registry_id)
        .select_related("hospital")
        .order_by("hospital__name")
    )
    return [
        Contribution(
            hospital_id=row.hospital_id,
            hospital=row.hospital.name,
            n_submitted=counted.get((row.hospital_id, "SUBMITTED"), 0),
            n_drafts=counted.get((row.hospital_id, "DRAFT"), 0) + counted.get((row.hospital_id, "REVIEW"), 0),
            n_withdrawn=counted.get((row.hospital_id, "WITHDRAWN"), 0),
            n_eligible=eligible.get(row.hospital_id),
        )
        for row in rows
    ]
