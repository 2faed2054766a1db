"""Add people, grant and end the roles they hold."""

from datetime import date, datetime

from sites import audit
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
    """Grant a role from a day on."""
    membership = Membership.objects.create(
        person=person,
        hospital=hospital,
        role=role.value,
        starts_on=starts_on,
        surgeon_code=surgeon_code,
        granted_by=by if isinstance(by, Person) else None,
        granted_at=at,
    )
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
    """End a role; the next request and the next job of the person no longer have it."""
    if ends_on <= membership.starts_on:
        raise Refusal("A role ends after the day it starts. Choose a later day.")
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


def welcome(
    *, email: str, name: str, role: Role, hospital: Hospital, surgeon_code: str, by: Person, at: datetime
) -> Membership:
    """Grant a role to somebody by address, adding the person if they are new (they set a password when they come)."""
    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        person = add_person(email=email, name=name, password=None, by=by, at=at)
    if Membership.objects.filter(person=person, hospital=hospital, role=role.value, ends_on__isnull=True).exists():
        raise Refusal(f"{person.name} already is {role.words} at {hospital.name}.")
    return grant(
        person=person, role=role, hospital=hospital, starts_on=at.date(), by=by, at=at, surgeon_code=surgeon_code
    )
