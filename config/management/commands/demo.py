"""Fill the example collaborative if nothing is there yet, and print its log-ins."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.example import fill, people, recovery
from sites.models import Person


class Command(BaseCommand):
    """``manage.py demo``: fill; ``--print-logins``: only say who can sign in."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the switch."""
        parser.add_argument("--print-logins", action="store_true", help="only print the log-ins")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill or print; never outside a demo."""
        if not settings.DEMO:
            raise CommandError("The example collaborative is only for a demo: set CAIRN_DEMO=1.")
        if options["print_logins"]:
            self._log_ins()
            return
        if Person.objects.exists():
            self.stdout.write("The example collaborative is there already.")
            return
        made = fill.generator.generate()
        _, latest = fill.whole(password=people.PASSWORD, made=made, at_once=hasattr(os, "fork"), say=self.stdout.write)
        last = made.truths.quarters
        self.stdout.write("What was planted, and what the comparison found (rates over the collaborative's):")
        for line in recovery.lines(
            fill.outcomes(latest), collaborative=made, quarters=tuple(range(last - 3, last + 1))
        ):
            self.stdout.write(f"  {line}")
        # The spans of four quarters: all but the latest nominate, the latest confirms.
        for line in recovery.nominated(
            fill.nominations(latest), collaborative=made, quarters=tuple(range(1, last - 3))
        ):
            self.stdout.write(f"  {line}")

    def _log_ins(self) -> None:
        self.stdout.write(f"Every log-in has the password “{people.PASSWORD}”.")
        entries = (*people.CENTRE, *people.at_hospitals("H04", "H07"))
        for entry in entries:
            self.stdout.write(f"  {entry.email:36} {entry.words}")
        self.stdout.write(f"  {'surgeon@' + people.DOMAIN:36} surgeon at both hospitals")
        self.stdout.write(f"  {people.PAYER[0]:36} payer, in the portal")
