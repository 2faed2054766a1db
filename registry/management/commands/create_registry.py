"""Create a registry with its quarters, for a named person."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from registry.actions import registries
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound
from sites.refusals import Refusal
from sites.selectors import people


class Command(BaseCommand):
    """Quarters start with the one that holds the given day; a registry without dates gets one period by its label."""

    help = "Create a registry and open its reporting periods."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what names the registry."""
        parser.add_argument("code")
        parser.add_argument("title")
        parser.add_argument("--first-day", type=date.fromisoformat, help="a day of the first quarter, such as 2026-01-01")
        parser.add_argument("--quarters", type=int, default=8)
        parser.add_argument("--period", help="instead of quarters: the label of one period without dates")
        parser.add_argument("--no-surgeons", action="store_true")
        parser.add_argument("--by", required=True, help="e-mail address of the person who does this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, or say what is missing."""
        if (options["first_day"] is None) == (options["period"] is None):
            raise CommandError("Give either --first-day (quarters) or --period (one period without dates).")
        at = timezone.now()
        try:
            person = people.by_email(email=options["by"])
            held = policy.authority(person, on=at.date())
            policy.require(held, P.DEFINE)
            with bound(held.scope()), transaction.atomic():
                registry = registries.create(
                    code=options["code"],
                    title=options["title"],
                    by=person,
                    at=at,
                    has_dates=options["first_day"] is not None,
                    has_surgeons=not options["no_surgeons"],
                )
                if options["period"]:
                    registries.add_period(registry=registry, label=options["period"], by=person, at=at)
                else:
                    registries.add_quarters(
                        registry=registry, first=options["first_day"], n=options["quarters"], by=person, at=at
                    )
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.reasons)) from refusal
        self.stdout.write(f"{registry.title} is there. Next: import_dictionary, load_measure, enrol_hospital.")
