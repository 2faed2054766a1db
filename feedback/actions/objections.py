"""A hospital's word against a release in preview: it stops everything until the hospital itself takes it back."""

from datetime import datetime

from feedback import preview
from feedback.models import Release, ReleaseObjection
from sites import audit
from sites.models import Person
from sites.refusals import NotFound, Refusal


def raise_against(*, release: Release, hospital_id: int, reason: str, by: Person, at: datetime) -> ReleaseObjection:
    """Object for a hospital while the preview is open, with the reason that the centre reads."""
    if release.hospital_id not in {None, hospital_id}:
        raise NotFound
    if release.status != Release.Status.PREVIEW or preview.is_over(until=release.preview_until, today=at.date()):
        raise Refusal("A hospital can object while a release is in preview, up to the last day that is named.")
    if ReleaseObjection.objects.filter(release=release, hospital_id=hospital_id, taken_back_at__isnull=True).exists():
        raise Refusal("Your hospital objects already.")
    made = ReleaseObjection.objects.create(release=release, hospital_id=hospital_id, reason=reason, by=by, at=at)
    _record("object to release", made, by=by, at=at, reason=reason)
    return made


def take_back(*, release: Release, hospital_id: int, by: Person, at: datetime) -> None:
    """Take a standing objection back; it stays on record."""
    row = ReleaseObjection.objects.filter(release=release, hospital_id=hospital_id, taken_back_at__isnull=True).first()
    if row is None:
        raise Refusal("Your hospital does not object.")
    row.taken_back_by, row.taken_back_at = by, at
    row.save(update_fields=["taken_back_by", "taken_back_at"])
    _record("take objection back", row, by=by, at=at)


def _record(action: str, row: ReleaseObjection, *, by: Person, at: datetime, reason: str = "") -> None:
    audit.record(
        action=action,
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="release",
        object_id=row.release.code,
        reason=reason,
    )
