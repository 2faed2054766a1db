"""Passkeys of a person: add one, show one, take one away. Each call binds the person's own scope."""

from datetime import datetime

from django.conf import settings
from django.db import connection

from sites import audit, passkeys
from sites.access.scope import own
from sites.actions import second_factor
from sites.models import Passkey, Person, RecoveryCode
from sites.refusals import Refusal

MOST = 10


def handle(person: Person) -> bytes:
    """Return what the person's passkeys know them by."""
    return passkeys.handle(key=settings.SECOND_FACTOR_KEY.encode(), person=person.pk)


def known(*, person: Person) -> list[bytes]:
    """Return the names of a person's passkeys."""
    with own(person.pk):
        return [bytes(one) for one in Passkey.objects.filter(person=person).values_list("credential_id", flat=True)]


def add(*, person: Person, name: str, made: passkeys.Made, at: datetime) -> list[str]:
    """Keep a new passkey; return recovery codes, shown once, where the person has none left."""
    with own(person.pk):
        if Passkey.objects.filter(person=person).count() >= MOST:
            raise Refusal(f"You have {MOST} passkeys. Remove one that you no longer use first.")
        if _owner(made.credential_id) is not None:
            raise Refusal("This passkey is here already.")
        Passkey.objects.create(
            person=person,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            made_at=at,
        )
        audit.record(action="add passkey", at=at, by=person)
        left = RecoveryCode.objects.filter(person=person, used_at__isnull=True).exists()
    return [] if left else second_factor.recovery_codes(person=person, at=at)


def remove(*, person: Person, passkey_id: int, at: datetime) -> bool:
    """Take a passkey away; tell whether there was one."""
    with own(person.pk):
        gone, _ = Passkey.objects.filter(person=person, pk=passkey_id).delete()
        if gone:
            audit.record(action="remove passkey", at=at, by=person)
    return bool(gone)


def owner(*, answer: str) -> Person | None:
    """Return whose passkey an answer claims to come from, if the account is open; nothing is proved yet."""
    try:
        wanted = passkeys.credential_of(answer)
    except passkeys.Wrong:
        return None
    found = _owner(wanted)
    return Person.objects.filter(pk=found, is_active=True).first() if found else None


def use(*, person: Person, house: passkeys.House, asked: bytes, answer: str, at: datetime) -> bool:
    """Tell whether an answer comes from one of the person's passkeys and is to this very question."""
    with own(person.pk):
        try:
            wanted = passkeys.credential_of(answer)
            row = Passkey.objects.select_for_update().filter(person=person, credential_id=wanted).first()
            if row is None:
                return False
            row.sign_count = passkeys.used(
                house=house,
                asked=asked,
                answer=answer,
                owner=handle(person),
                public_key=bytes(row.public_key),
                sign_count=row.sign_count,
            )
        except passkeys.Wrong:
            return False
        row.used_at = at
        row.save(update_fields=["sign_count", "used_at"])
        return True


def _owner(credential_id: bytes) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cairn_passkey_owner(%s)", [credential_id])
        return cursor.fetchone()[0]
