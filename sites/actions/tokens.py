"""Make and revoke the tokens of a hospital's computers."""

import secrets
from datetime import datetime, timedelta

from sites import audit
from sites.access.secrets import digest
from sites.models import ApiToken, Hospital, Person

LIFETIME = timedelta(days=365)


def create(*, person: Person, hospital: Hospital, name: str, at: datetime) -> str:
    """Create a token and return it; it is shown once and cannot be read again."""
    token = secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        hospital=hospital,
        person=person,
        name=name,
        digest=digest(token),
        created_at=at,
        expires_at=at + LIFETIME,
    )
    audit.record(action="create token", at=at, by=person, hospital_id=hospital.pk, kind="token", object_id=str(row.pk))
    return token


def revoke(*, token: ApiToken, by: Person, at: datetime) -> None:
    """Revoke a token at once."""
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    audit.record(
        action="revoke token", at=at, by=by, hospital_id=token.hospital_id, kind="token", object_id=str(token.pk)
    )
