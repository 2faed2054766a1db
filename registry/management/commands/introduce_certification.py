"""Ask for certification in a registry from today on; who abstracts for it already is certified by transition."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from registry.actions import certifications
from registry.selectors import definitions
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound
from sites.refusals import Refusal
from sites.selectors import people


class Command(BaseCommand):
    """Publish practice cases first: without them a trainee can only be certified by hand."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the registry and its declared rules."""
        parser.add_argument("registry")
        parser.add_argument("--gold", type=int, default=3, help="practice cases to pass before real ones")
        parser.add_argument("--reviewed", type=int, default=20, help="released cases before submitting unreviewed")
        parser.add_argument("--by", required=True, help="e-mail address of the person who does this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Introduce, or say what is wrong."""
        at = timezone.now()
        try:
            person = people.by_email(email=options["by"])
            held = policy.authority(person, on=at.date())
            policy.require(held, P.RUN_AUDITS)
            with bound(held.scope()), transaction.atomic():
                registry = definitions.registry(code=options["registry"])
                certifications.introduce(
                    registry=registry, by=person, at=at, n_gold=options["gold"], n_reviewed=options["reviewed"]
                )
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.reasons)) from refusal
        self.stdout.write(f"{registry.title} asks for certification from today on.")
