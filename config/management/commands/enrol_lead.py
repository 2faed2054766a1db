"""Enrol the first person of the coordinating centre; everybody else is then granted a role on the site."""

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from sites.access import policy
from sites.access.roles import Role
from sites.access.scope import bound
from sites.actions import memberships
from sites.refusals import Refusal


class Command(BaseCommand):
    """``manage.py enrol_lead EMAIL NAME``: the password is asked for, or read from CAIRN_LEAD_PASSWORD."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address and the name."""
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the person and grant the role."""
        password = os.environ.get("CAIRN_LEAD_PASSWORD") or getpass.getpass("Password: ")
        now = timezone.now()
        with transaction.atomic():
            actor = policy.system(name="enrol_lead")
        try:
            with bound(actor.scope()), transaction.atomic():
                person = memberships.add_person(
                    email=options["email"], name=options["name"], password=password, by=actor.name, at=now
                )
                memberships.grant(
                    person=person, role=Role.CENTRE_LEAD, hospital=None, starts_on=now.date(), by=actor.name, at=now
                )
        except Refusal as refusal:
            raise CommandError(" ".join(refusal.reasons)) from refusal
        self.stdout.write(f"{person.email} leads the coordinating centre.")
