"""Read API tokens within the caller's reach."""

from datetime import datetime

from django.db import transaction

from sites.access.scope import Scope, bound
from sites.access.secrets import digest
from sites.models import ApiToken
from sites.refusals import NotFound


def live(*, hospital_ids: tuple[int, ...], at: datetime) -> list[ApiToken]:
    """Return tokens that still work, newest first."""
    rows = ApiToken.objects.filter(hospital_id__in=hospital_ids, revoked_at__isnull=True, expires_at__gt=at)
    return list(rows.select_related("person", "hospital").order_by("-id"))


def one(*, token_id: int, hospital_ids: tuple[int, ...]) -> ApiToken:
    """Return one token of these hospitals."""
    token = ApiToken.objects.filter(pk=token_id, hospital_id__in=hospital_ids).first()
    if token is None:
        raise NotFound
    return token


def by_secret(*, secret: str, at: datetime) -> ApiToken | None:
    """Return the working token with this secret; row security shows it only to who knows the secret."""
    known = digest(secret)
    with bound(Scope(token=known)), transaction.atomic():
        row = ApiToken.objects.filter(digest=known, revoked_at__isnull=True, expires_at__gt=at)
        return row.select_related("person").first()
