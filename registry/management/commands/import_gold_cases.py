"""Publish the practice cases of a TOML file, for a named person."""

import tomllib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from registry.actions import training
from registry.selectors import definitions
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound
from sites.refusals import Refusal
from sites.selectors import people


class Command(BaseCommand):
    """A file holds [base] answers, [weights], [tolerances] and [[case]] with title, vignette, given and answers."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and the registry."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--registry", required=True)
        parser.add_argument("--by", required=True, help="e-mail address of the person who does this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish all of them or none."""
        at = timezone.now()
        try:
            read = tomllib.loads(options["file"].read_text())
            person = people.by_email(email=options["by"])
            held = policy.authority(person, on=at.date())
            policy.require(held, P.RUN_AUDITS)
            with bound(held.scope()), transaction.atomic():
                registry = definitions.registry(code=options["registry"])
                for case in read["case"]:
                    training.write_gold(
                        registry=registry,
                        title=case["title"],
                        vignette=case["vignette"],
                        answers=read.get("base", {}) | case["answers"],
                        given=case.get("given", {}),
                        weights=read.get("weights", {}),
                        tolerances=read.get("tolerances", {}),
                        by=person,
                        at=at,
                    )
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.reasons)) from refusal
        except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        self.stdout.write(f"{len(read['case'])} practice cases are published.")
