"""Let somebody set up a new authenticator app, after the app and the recovery codes are lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from sites.actions import second_factor
from sites.selectors import people


class Command(BaseCommand):
    """``manage.py reset_second_factor EMAIL``: make sure first, by voice or face, that it is this person who asks."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Forget the app and the recovery codes; it stands in the trail."""
        person = people.by_email(email=options["email"])
        second_factor.reset(person=person, by="reset_second_factor", at=timezone.now())
        self.stdout.write(f"{person.email} sets up a new app at the next sign-in.")
