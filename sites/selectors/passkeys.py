"""The passkeys of one person, for that person."""

from sites.models import Passkey


def of(*, person_id: int) -> list[Passkey]:
    """Return somebody's passkeys, the newest first."""
    return list(Passkey.objects.filter(person_id=person_id).order_by("-made_at", "-id"))
