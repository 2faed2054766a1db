"""One-time links with which somebody sets a password: signed, good for three days, dead once used."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import base36_to_int, int_to_base36

from sites.models import Person


class _Signer(PasswordResetTokenGenerator):
    """Sign over the password, the latest sign-in and the address, so that any of them ends the link."""

    key_salt = "sites.access.links"


_signer = _Signer()


def link_for(person: Person) -> str:
    """Return what stands in the address of the person's link."""
    return f"{int_to_base36(person.pk)}-{_signer.make_token(person)}"


def person_behind(link: str) -> Person | None:
    """Return whose link this is; None for one that was used, is too old, was made up, or is of nobody active."""
    number, _, token = link.partition("-")
    try:
        person = Person.objects.filter(pk=base36_to_int(number), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return person if person is not None and _signer.check_token(person, token) else None
