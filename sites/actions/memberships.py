"""Add people, grant and end the roles they hold."""

from dataclasses import dataclass
from datetime import date, datetime

from sites import audit, outbox
from sites.access import grants
from sites.access.roles import Role
from sites.models import Hospital, Membership, Person
from sites.refusals import Refusal


def add_person(*, email: str, name: str, password: str | None, by: Person | str, at: datetime) -> Person:
    """Add somebody who can sign in; they may nothing until a role is granted."""
    if Person.objects.filter(email__iexact=email).exists():
        raise Refusal(f"{email} already has an account. Grant that person the role instead.")
    person = Person(email=email.lower(), name=name)
    if password is None:
        person.set_unusable_password()
    else:
        person.set_password(password)
    person.save(force_insert=True)
    audit.record(action="add person", at=at, by=by, kind="person", object_id=str(person.pk))
    return person


def grant(
    *,
    person: Person,
    role: Role,
    hospital: Hospital | None,
    starts_on: date,
    by: Person | str,
    at: datetime,
    surgeon_code: str = "",
) -> Membership:
    """Grant a role from a day on; one that was ended on that same day holds again."""
    place = {"person": person, "hospital": hospital, "role": role.value, "starts_on": starts_on}
    wanted = {
        "ends_on": None,
        "surgeon_code": surgeon_code,
        "granted_by": by if isinstance(by, Person) else None,
        "granted_at": at,
    }
    membership, _ = Membership.objects.update_or_create(**place, defaults=wanted)
    audit.record(
        action="grant role",
        at=at,
        by=by,
        hospital_id=hospital.pk if hospital else None,
        kind="membership",
        object_id=str(membership.pk),
        detail={"person": person.pk, "role": role.value},
    )
    grants.project(person, on=at.date())
    return membership


def end(*, membership: Membership, ends_on: date, by: Person | str, at: datetime, reason: str) -> None:
    """End a role: from that day on it is gone, for requests, tokens and jobs alike. What has ended stays ended."""
    if membership.ends_on is not None:
        raise Refusal("This role has an end already. Grant it anew if it is to go on.")
    if ends_on < max(membership.starts_on, at.date()):
        raise Refusal("A role ends today or later, and not before it starts. Choose a later day.")
    membership.ends_on = ends_on
    membership.save(update_fields=["ends_on"])
    audit.record(
        action="end role",
        at=at,
        by=by,
        hospital_id=membership.hospital_id,
        kind="membership",
        object_id=str(membership.pk),
        detail={"person": membership.person_id, "role": membership.role},
        reason=reason,
    )
    grants.project(membership.person, on=at.date())


@dataclass(frozen=True, kw_only=True)
class Welcomed:
    """What came of a welcome: the membership, and whether the person is new to Cairn."""

    membership: Membership
    is_new: bool


def welcome(
    *, email: str, name: str, role: Role, hospital: Hospital, surgeon_code: str, by: Person, at: datetime
) -> Welcomed:
    """Grant a role to somebody by address, adding the person if they are new (they set a password behind a link).

    At a hospital that trains first, an abstractor starts as a trainee.
    """
    granted = Role.TRAINEE if role is Role.ABSTRACTOR and hospital.trains_first else role
    person = Person.objects.filter(email__iexact=email).first()
    is_new = person is None
    open_ones = Membership.objects.filter(hospital=hospital, ends_on__isnull=True)
    held = open_ones.filter(person=person, role__in=[role.value, granted.value]).first() if person else None
    if held is not None:
        raise Refusal(f"{person.name} already is {Role(held.role).words} at {hospital.name}.")
    if surgeon_code and open_ones.filter(surgeon_code=surgeon_code).exists():
        raise Refusal(f"The code {surgeon_code} already stands for another surgeon at {hospital.name}.")
    if person is None:
        person = add_person(email=email, name=name, password=None, by=by, at=at)
    membership = grant(
        person=person, role=granted, hospital=hospital, starts_on=at.date(), by=by, at=at, surgeon_code=surgeon_code
    )
    # A new set of own hospitals has no standing yet: the third floor writes it (by name; nothing here knows how).
    outbox.after_commit("feedback.standings", at=at)
    return Welcomed(membership=membership, is_new=is_new)
