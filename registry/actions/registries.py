"""Set up registries: what is measured, who takes part, and the periods that results speak for."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from registry.models import OperationCount, Participation, Registry, ReportingPeriod, TrainingRules
from sites import audit
from sites.actions import hospitals
from sites.models import Hospital, Person
from sites.refusals import Refusal

MOST_QUARTERS = 80


def create(
    *,
    code: str,
    title: str,
    by: Person | str,
    at: datetime,
    description: str = "",
    has_dates: bool = True,
    has_surgeons: bool = True,
    follow_up_days: int = 30,
) -> Registry:
    """Set up a registry; it takes cases once a dictionary is published."""
    if Registry.objects.filter(code=code).exists():
        raise Refusal(f"There is a registry “{code}” already.")
    registry = Registry.objects.create(
        code=code,
        title=title,
        description=description,
        has_dates=has_dates,
        has_surgeons=has_surgeons,
        follow_up_days=follow_up_days,
    )
    audit.record(action="create registry", at=at, by=by, kind="registry", object_id=code)
    return registry


def participate(
    *, registry: Registry, hospital: Hospital, code: str, starts_on: date, by: Person | str, at: datetime
) -> Participation:
    """Let a hospital contribute, under the code its files use for it."""
    try:
        with transaction.atomic():
            row = Participation.objects.create(registry=registry, hospital=hospital, code=code, starts_on=starts_on)
    except IntegrityError as error:
        raise Refusal(f"{hospital.name} takes part already, or the code “{code}” is taken.") from error
    audit.record(
        action="join registry",
        at=at,
        by=by,
        hospital_id=hospital.pk,
        kind="registry",
        object_id=registry.code,
        detail={"code": code},
    )
    if TrainingRules.objects.filter(registry=registry).exists():
        hospitals.train_first(hospital=hospital, by=by, at=at)
    return row


def add_period(
    *,
    registry: Registry,
    label: str,
    by: Person | str,
    at: datetime,
    starts_on: date | None = None,
    ends_before: date | None = None,
) -> ReportingPeriod:
    """Open a reporting period; in a registry with dates it must not overlap another."""
    if registry.has_dates != (starts_on is not None and ends_before is not None):
        raise Refusal("A period has a first and a last day exactly when the registry has dates.")
    others = ReportingPeriod.objects.filter(registry=registry)
    if starts_on is not None:
        if ends_before <= starts_on:
            raise Refusal("A period ends after it starts.")
        overlap = others.filter(starts_on__lt=ends_before, ends_before__gt=starts_on).first()
        if overlap is not None:
            raise Refusal(f"The period overlaps {overlap.label}.")
    if others.filter(label=label).exists():
        raise Refusal(f"There is a period “{label}” already.")
    newest = others.order_by("-ordinal").first()
    ordinal = 1 if newest is None else newest.ordinal + 1
    period = ReportingPeriod.objects.create(
        registry=registry, label=label, ordinal=ordinal, starts_on=starts_on, ends_before=ends_before
    )
    audit.record(action="open period", at=at, by=by, kind="period", object_id=f"{registry.code}/{label}")
    return period


def add_quarters(*, registry: Registry, first: date, n: int, by: Person | str, at: datetime) -> list[ReportingPeriod]:
    """Open calendar quarters in a row, beginning with the one that holds the day ``first``."""
    if not 1 <= n <= MOST_QUARTERS:
        raise Refusal(f"Between 1 and {MOST_QUARTERS} quarters can be opened at once.")
    year, quarter = first.year, (first.month - 1) // 3
    made = []
    for _ in range(n):
        start = date(year, 3 * quarter + 1, 1)
        label = f"Q{quarter + 1} {year}"
        year, quarter = (year + 1, 0) if quarter == 3 else (year, quarter + 1)
        end = date(year, 3 * quarter + 1, 1)
        made.append(add_period(registry=registry, label=label, starts_on=start, ends_before=end, by=by, at=at))
    return made


def count_operations(
    *, period: ReportingPeriod, hospital_id: int, n_eligible: int, by: Person | str, at: datetime
) -> OperationCount:
    """Keep how many eligible operations a hospital had in a period, by its own count."""
    row, _ = OperationCount.objects.update_or_create(
        period=period, hospital_id=hospital_id, defaults={"registry_id": period.registry_id, "n_eligible": n_eligible}
    )
    audit.record(
        action="count operations",
        at=at,
        by=by,
        hospital_id=hospital_id,
        kind="period",
        object_id=period.label,
        detail={"n_eligible": n_eligible},
    )
    return row
