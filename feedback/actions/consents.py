"""Give and revoke consent to be named: hospital, measure, audience, until a day. Effective at once."""

from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from feedback.models import MeasureVersion, UnblindingConsent
from registry.models import Participation
from sites import audit
from sites.models import Person
from sites.refusals import NotFound, Refusal

LONGEST = timedelta(days=366)


def give(
    *, hospital_id: int, measure: MeasureVersion, audience: str, expires_on: date, by: Person, at: datetime
) -> UnblindingConsent:
    """Let a hospital be named beside one measure; an earlier consent for the same is replaced."""
    if audience not in UnblindingConsent.Audience.values:
        raise NotFound
    if not Participation.objects.filter(registry=measure.registry_id, hospital_id=hospital_id).exists():
        raise NotFound
    if not at.date() < expires_on <= at.date() + LONGEST:
        raise Refusal("A consent ends on a day in the future, at most a year from now.")
    same = _holding(registry_id=measure.registry_id, hospital_id=hospital_id).filter(
        measure_code=measure.code, audience=audience
    )
    same.update(revoked_by=by, revoked_at=at)
    made = UnblindingConsent.objects.create(
        registry_id=measure.registry_id, hospital_id=hospital_id, measure_code=measure.code, measure_title=measure.title,
        audience=audience, expires_on=expires_on, given_by=by, given_at=at,
    )  # fmt: skip
    _record("give consent to be named", made, by=by, at=at)
    return made


def revoke(*, consent_id: int, hospital_ids: tuple[int, ...], by: Person, at: datetime) -> None:
    """Take a consent back; nobody reads the name from the next request on."""
    row = UnblindingConsent.objects.filter(pk=consent_id, hospital_id__in=hospital_ids).first()
    if row is None:
        raise NotFound
    if row.revoked_at is not None:
        raise Refusal("This consent was taken back already.")
    row.revoked_by, row.revoked_at = by, at
    row.save(update_fields=["revoked_by", "revoked_at"])
    _record("take consent back", row, by=by, at=at)


def _holding(*, registry_id: int, hospital_id: int) -> QuerySet[UnblindingConsent]:
    return UnblindingConsent.objects.filter(registry=registry_id, hospital_id=hospital_id, revoked_at__isnull=True)


def _record(action: str, row: UnblindingConsent, *, by: Person, at: datetime) -> None:
    audit.record(
        action=action, at=at, by=by, hospital_id=row.hospital_id, kind="consent", object_id=str(row.pk),
        detail={"measure": row.measure_code, "audience": row.audience, "until": row.expires_on.isoformat()},
    )  # fmt: skip
