"""Verify the trail: every line is what was sealed, none is gone, and the heads that were noted are in the chain."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from sites.access import policy
from sites.access.scope import bound
from sites.selectors import trail_chain

HEAD = re.compile(r"(\d{1,15}):([0-9a-f]{64})")


class Command(BaseCommand):
    """``manage.py verify_audit [--head POSITION:DIGEST …]``; exit code 1 and every fault when something is wrong."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take heads that were noted elsewhere."""
        parser.add_argument("--head", action="append", default=[], metavar="POSITION:DIGEST")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        noted = {}
        for text in options["head"]:
            match = HEAD.fullmatch(text)
            if match is None:
                raise CommandError(
                    f"{text!r} is no head: write the link's number, a colon and its 64 hex digits.", returncode=2
                )
            noted[int(match[1])] = match[2]
        with transaction.atomic():
            actor = policy.system(name="verify_audit")
        with bound(actor.scope()), transaction.atomic():
            verdict = trail_chain.verify(at=timezone.now(), noted=noted)
        if verdict.faults:
            raise CommandError("\n".join(verdict.faults))
        self.stdout.write(f"{verdict.links} events, all as sealed. Head {verdict.links}:{verdict.head}")
