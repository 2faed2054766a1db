"""Read people and what they hold, within the caller's reach."""

from datetime import date

from django.db import connection
from django.db.models import Q

from sites.models import Membership, Person
from sites.refusals import NotFound


def memberships(*, hospital_ids: tuple[int, ...], with_centre: bool, on: date) -> list[Membership]:
    """Return current and future memberships of hospitals (and of the centre), people by name."""
    where = Q(hospital_id__in=hospital_ids) | (Q(hospital_id__isnull=True) if with_centre else Q(pk__isnull=True))
    return list(
        Membership.objects.filter(where, Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        .select_related("person", "hospital")
        .order_by("hospital__name", "person__name", "id")
    )


def surgeons(*, hospital_ids: tuple[int, ...]) -> dict[tuple[int, str], int]:
    """Return person ids by (hospital, the hospital's own code for the surgeon)."""
    rows = Membership.objects.filter(role="SURGEON", hospital_id__in=hospital_ids).exclude(surgeon_code="")
    return {(h, code): p for h, code, p in rows.order_by("id").values_list("hospital_id", "surgeon_code", "person_id")}


def abstractors(*, hospital_ids: tuple[int, ...], on: date) -> dict[int, list[Person]]:
    """Return who abstracts for each hospital on a day, by hospital id; people by name."""
    rows = Membership.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=on),
        role="ABSTRACTOR",
        hospital_id__in=hospital_ids,
        starts_on__lte=on,
        person__is_active=True,
    )
    found: dict[int, list[Person]] = {}
    for row in rows.select_related("person").order_by("person__name", "person_id"):
        found.setdefault(row.hospital_id, []).append(row.person)
    return found


def by_id(*, person_id: int) -> Person | None:
    """Return one person."""
    return Person.objects.filter(pk=person_id).first()


def active(*, person_id: int) -> Person | None:
    """Return somebody whose account is open."""
    return Person.objects.filter(pk=person_id, is_active=True).first()


def by_email(*, email: str) -> Person:
    """Return the person with this address."""
    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        raise NotFound
    return person


def one(*, membership_id: int, hospital_ids: tuple[int, ...]) -> Membership:
    """Return one membership of these hospitals."""
    row = Membership.objects.filter(pk=membership_id, hospital_id__in=hospital_ids).select_related("person").first()
    if row is None:
        raise NotFound
    return row


def known_elsewhere(*, person_id: int) -> bool:
    """Tell whether somebody holds or held a role beyond the hospitals of the bound scope; nothing else about it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cairn_known_elsewhere(%s)", [person_id])
        return bool(cursor.fetchone()[0])
