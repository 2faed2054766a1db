"""Whether a hospital did what the charter lists in a period: yes or no, read from the record of the work."""

from datetime import date, timedelta

from registry.models import Audit, Certification, PeriodAttestation, ReportingPeriod, SnapshotSite
from sites.refusals import Refusal

AUDIT_HOLDS = timedelta(days=2 * 366)


def of(*, hospital_id: int, period: ReportingPeriod) -> dict[str, bool]:
    """Return each item of the charter as done or not done, as of the end of the period."""
    if period.ends_before is None:
        raise Refusal("The period has no dates; a statement speaks about dated ones.")
    frozen = SnapshotSite.objects.filter(hospital_id=hospital_id, snapshot__period=period, n_cases__gt=0)
    return {
        "SUBMITTED": frozen.exists(),
        "ATTESTED": PeriodAttestation.objects.filter(hospital_id=hospital_id, period=period).exists(),
        "CERTIFIED": _certified(hospital_id=hospital_id, registry_id=period.registry_id, on=period.closed_at.date()),
        "AUDITED": Audit.objects.filter(
            hospital_id=hospital_id,
            registry_id=period.registry_id,
            status="FINAL",
            final_at__date__gte=period.ends_before - AUDIT_HOLDS,
            final_at__date__lte=max(period.ends_before, period.closed_at.date()),
        ).exists(),
    }


def _certified(*, hospital_id: int, registry_id: int, on: date) -> bool:
    newest: dict[int, str] = {}
    rows = Certification.objects.filter(hospital_id=hospital_id, registry_id=registry_id, on_day__lte=on).order_by("id")
    for person_id, state in rows.values_list("person_id", "state"):
        newest[person_id] = state
    return "CERTIFIED" in newest.values()
