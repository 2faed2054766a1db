"""The second factor: set an app up, check what was typed, recovery codes. Each call binds the person's own scope."""

import secrets
from datetime import datetime

from django.conf import settings

from sites import audit, one_time
from sites.access import policy
from sites.access.scope import own
from sites.access.secrets import digest
from sites.models import Authenticator, Passkey, Person, RecoveryCode

RECOVERY_CODES = 10
# Without letters and digits that look alike.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def needed(*, person: Person, at: datetime) -> bool:
    """Tell whether somebody signs in with a second factor: the coordinating centre must, others may have set one up."""
    if not settings.SECOND_FACTOR:
        return False
    return policy.authority(person, on=at.date()).is_centre or held(person=person)


def held(*, person: Person) -> bool:
    """Tell whether somebody has a second factor that works: an app, or a passkey."""
    return confirmed(person=person) or has_passkey(person=person)


def has_passkey(*, person: Person) -> bool:
    """Tell whether somebody has a passkey."""
    with own(person.pk):
        return Passkey.objects.filter(person=person).exists()


def confirmed(*, person: Person) -> bool:
    """Tell whether somebody has an app that works."""
    with own(person.pk):
        return Authenticator.objects.filter(person=person, confirmed_at__isnull=False).exists()


def secret_of(*, person: Person) -> bytes:
    """Return the secret of somebody's app, with a new one begun where there is none."""
    with own(person.pk):
        row, _ = Authenticator.objects.get_or_create(person=person, defaults={"nonce": secrets.token_bytes(20)})
        return _secret(row)


def current_code(*, person: Person, at: datetime) -> str:
    """Return the code of this moment, which only the demo shows: a code used before is followed by the next."""
    with own(person.pk):
        row = Authenticator.objects.filter(person=person).first()
        return one_time.code(_secret(row), max(one_time.step(at), row.latest_step + 1)) if row else ""


def check(*, person: Person, typed: str, at: datetime) -> bool:
    """Tell whether a code of the app, or an unused recovery code, was typed; it does not work again."""
    plain = typed.replace(" ", "").replace("-", "").lower()
    with own(person.pk):
        row = Authenticator.objects.select_for_update().filter(person=person).first()
        passkey = Passkey.objects.filter(person=person).exists()
        # An app that was begun and never confirmed opens nothing once there is a passkey.
        counts = row is not None and (row.confirmed_at is not None or not passkey)
        step = one_time.match(_secret(row), plain, at=at, after=row.latest_step) if counts else None
        if step is not None:
            first = row.confirmed_at is None
            row.latest_step, row.confirmed_at = step, row.confirmed_at or at
            row.save(update_fields=["latest_step", "confirmed_at"])
            if first:
                audit.record(action="set up second factor", at=at, by=person)
            return True
        works = passkey or (row is not None and row.confirmed_at is not None)
        unused = RecoveryCode.objects.filter(person=person, digest=digest(plain), used_at__isnull=True)
        if not works or not unused.update(used_at=at):
            return False
        audit.record(action="use recovery code", at=at, by=person)
        return True


def recovery_codes(*, person: Person, at: datetime) -> list[str]:
    """Make ten new recovery codes, shown once; earlier ones no longer work."""
    made = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    with own(person.pk):
        RecoveryCode.objects.filter(person=person, used_at__isnull=True).update(used_at=at)
        RecoveryCode.objects.bulk_create([RecoveryCode(person=person, digest=digest(code)) for code in made])
        audit.record(action="make recovery codes", at=at, by=person)
    return [f"{code[:5]}-{code[5:]}" for code in made]


def reset(*, person: Person, by: str, at: datetime) -> None:
    """Forget somebody's app, passkeys and recovery codes; the next sign-in sets a new app up."""
    with own(person.pk):
        Authenticator.objects.filter(person=person).update(
            nonce=secrets.token_bytes(20), latest_step=0, confirmed_at=None
        )
        Passkey.objects.filter(person=person).delete()
        RecoveryCode.objects.filter(person=person, used_at__isnull=True).update(used_at=at)
        audit.record(action="reset second factor", at=at, by=by, kind="person", object_id=str(person.pk))


def set_up(*, person: Person, at: datetime) -> None:
    """Give somebody an app that works, without their having typed a code: only for invented people."""
    with own(person.pk):
        Authenticator.objects.create(person=person, nonce=secrets.token_bytes(20), confirmed_at=at)


def _secret(row: Authenticator) -> bytes:
    return one_time.secret(key=settings.SECOND_FACTOR_KEY.encode(), person=row.person_id, nonce=bytes(row.nonce))
