"""Load measures from their TOML files, for a named person."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from feedback.actions import measures
from registry.selectors import definitions
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound
from sites.refusals import Refusal
from sites.selectors import people


class Command(BaseCommand):
    """An unchanged file is the version that is already there; a changed one becomes the next version."""

    help = "Load measure files into a registry; the next comparison uses their newest versions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take registry, files and person."""
        parser.add_argument("registry", help="the registry's code")
        parser.add_argument("files", nargs="+", type=Path, help="measure files (TOML)")
        parser.add_argument("--by", required=True, help="e-mail address of the person who does this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load all files, or none and every fault."""
        at = timezone.now()
        try:
            person = people.by_email(email=options["by"])
            held = policy.authority(person, on=at.date())
            policy.require(held, P.DEFINE)
            with bound(held.scope()), transaction.atomic():
                registry = definitions.registry(code=options["registry"])
                for path in options["files"]:
                    version = measures.load(registry=registry, source=path.read_bytes(), by=person, at=at)
                    self.stdout.write(f"{path.name}: {version.code}, version {version.number}")
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.reasons)) from refusal
