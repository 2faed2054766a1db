"""Give somebody the link with which they set a password, and take the password."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from sites import audit
from sites.access import links
from sites.models import Membership, Person
from sites.refusals import Refusal
from sites.selectors import people


def offer(*, membership: Membership, by: Person | str, at: datetime) -> str:
    """Return a one-time link for the person of a membership.

    Whoever holds the link becomes that person, so nobody hands one out for somebody who is known beyond their own
    hospitals: a site lead could otherwise walk into another hospital.
    """
    person = membership.person
    if not person.is_active:
        raise Refusal(f"The account of {person.name} is closed. Ask the coordinating centre.")
    if isinstance(by, Person) and people.known_elsewhere(person_id=person.pk):
        raise Refusal(f"{person.name} has a role elsewhere too. Ask the coordinating centre for a sign-in link.")
    audit.record(
        action="offer sign-in link",
        at=at,
        by=by,
        hospital_id=membership.hospital_id,
        kind="person",
        object_id=str(person.pk),
    )
    return links.link_for(person)


def choose(*, person: Person, password: str, at: datetime) -> None:
    """Set the password that somebody chose behind their link; every session and every other link of theirs ends."""
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        raise Refusal(*error.messages) from error
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record(action="set password", at=at, by=person, kind="person", object_id=str(person.pk))
