"""Who is there before anything happens: the people of the centre, the hospitals, their surgeons and abstractors."""

from datetime import date

from django.utils import timezone

from config.example import people as cast
from config.example.truths import Truths
from config.example.world import FILLER, World, machine
from sites.access.roles import Role
from sites.actions import hospitals, memberships, second_factor
from sites.models import Person

LONG_AGO = date(2020, 1, 1)


def centre(world: World, *, password: str) -> None:
    """Add the people of the coordinating centre."""
    with machine():
        for entry in cast.CENTRE:
            second_factor.set_up(person=_add(world, entry, password=password), at=timezone.now())


def _add(world: World, entry: cast.LogIn, *, password: str | None) -> Person:
    now = timezone.now()
    person = memberships.add_person(email=entry.email, name=entry.name, password=password, by=FILLER, at=now)
    for role, hospital in entry.roles:
        memberships.grant(
            person=person,
            role=role,
            hospital=world.hospitals[hospital] if hospital else None,
            starts_on=LONG_AGO,
            by=FILLER,
            at=now,
        )
    world.people[entry.email] = person
    return person


def hospitals_of(world: World, truths: Truths, *, first: str, second: str, password: str) -> None:
    """Enrol the hospitals with their surgeons, an abstractor each, and the log-ins of two of them."""
    now = timezone.now()
    with machine():
        for row in truths.hospitals:
            world.hospitals[row.code] = hospitals.enrol(
                code=row.code, name=row.name, joined_on=LONG_AGO, time_zone="America/Detroit", by=FILLER, at=now
            )
    with machine():
        for entry in cast.at_hospitals(first, second):
            _add(world, entry, password=password)
        _surgeons(world, truths, first=first, second=second, password=password)
        for code in world.hospitals:
            email = f"abstractor-{code.lower()}@{cast.DOMAIN}"
            entry = cast.LogIn(
                email=email, name=f"Abstractor of {code}", roles=((Role.ABSTRACTOR, code),), words="abstractor"
            )
            world.importers[code] = _add(world, entry, password=None)


def _surgeons(world: World, truths: Truths, *, first: str, second: str, password: str) -> None:
    now = timezone.now()
    for surgeon in truths.surgeons:
        both = {first, second} <= set(surgeon.hospitals)
        email = f"surgeon@{cast.DOMAIN}" if both else f"{surgeon.code.lower()}@{cast.DOMAIN}"
        person = memberships.add_person(
            email=email, name=surgeon.name, password=password if both else None, by=FILLER, at=now
        )
        world.people[email] = person
        for code in surgeon.hospitals:
            memberships.grant(
                person=person,
                role=Role.SURGEON,
                hospital=world.hospitals[code],
                starts_on=LONG_AGO,
                surgeon_code=surgeon.code,
                by=FILLER,
                at=now,
            )
