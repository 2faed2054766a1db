"""Enrol a hospital, and let it take part in registries, for a named person of the centre."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from registry.actions import registries
from registry.selectors import definitions
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound, current_scope
from sites.actions import hospitals
from sites.refusals import Refusal
from sites.selectors import people


class Command(BaseCommand):
    """Its site lead is then granted the role on the People page."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what names the hospital."""
        parser.add_argument("code")
        parser.add_argument("name")
        parser.add_argument("--time-zone", default="America/Detroit")
        parser.add_argument("--registry", action="append", default=[], metavar="REGISTRY[=FILE_CODE]")
        parser.add_argument("--by", required=True, help="e-mail address of the person who does this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Enrol and let take part, or say what is wrong."""
        at = timezone.now()
        try:
            person = people.by_email(email=options["by"])
            held = policy.authority(person, on=at.date())
            policy.require(held, P.ENROL_HOSPITALS)
            with bound(held.scope()), transaction.atomic():
                hospital = hospitals.enrol(
                    code=options["code"],
                    name=options["name"],
                    joined_on=at.date(),
                    time_zone=options["time_zone"],
                    by=person,
                    at=at,
                )
                # The scope was bound before this hospital existed.
                reach = current_scope()
                with bound(reach.narrowed(hospitals=(*reach.hospitals, hospital.pk))):
                    for wish in options["registry"]:
                        code, _, file_code = wish.partition("=")
                        registries.participate(
                            registry=definitions.registry(code=code),
                            hospital=hospital,
                            code=file_code or options["code"],
                            starts_on=at.date(),
                            by=person,
                            at=at,
                        )
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.reasons)) from refusal
        self.stdout.write(f"{hospital.name} is enrolled. Grant its site lead the role on the People page.")
