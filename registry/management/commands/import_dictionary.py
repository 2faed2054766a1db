"""Draft, and if wanted publish, a data dictionary from two files, for a named person."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from registry.actions import dictionaries
from registry.dictionary.faults import DictionaryFaults
from registry.selectors import definitions
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound
from sites.refusals import Refusal
from sites.selectors import people


class Command(BaseCommand):
    """The same actions as the dictionary page."""

    help = "Read a REDCap data dictionary (and its companion checks.toml) into a registry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take registry, files and person."""
        parser.add_argument("registry", help="the registry's code")
        parser.add_argument("dictionary", type=Path, help="the data dictionary (CSV)")
        parser.add_argument("--companion", type=Path, help="checks.toml")
        parser.add_argument("--by", required=True, help="e-mail address of the person who does this")
        parser.add_argument("--publish", action="store_true", help="publish the version at once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Draft and publish, or print every fault."""
        at = timezone.now()
        try:
            person = people.by_email(email=options["by"])
            held = policy.authority(person, on=at.date())
            policy.require(held, P.DEFINE)
            with bound(held.scope()), transaction.atomic():
                self._import(options, person, at)
        except DictionaryFaults as faulty:
            raise CommandError("\n".join(str(fault) for fault in faulty.faults)) from faulty
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.reasons)) from refusal

    def _import(self, options: dict[str, Any], person: Any, at: datetime) -> None:
        companion = options["companion"].read_bytes() if options["companion"] else b""
        version = dictionaries.draft(
            registry=definitions.registry(code=options["registry"]),
            source=options["dictionary"].read_bytes(),
            companion=companion,
            by=person,
            at=at,
        )
        self.stdout.write(f"Version {version.number}: {len(version.columns)} columns, digest {version.digest}")
        if options["publish"]:
            dictionaries.publish(version=version, by=person, at=at)
            self.stdout.write(f"Version {version.number} is published.")
