"""Upload a file of cases for a named person: check it, and if wanted commit it."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from registry.actions import uploads
from registry.intake.sheet import DESK
from registry.selectors import definitions, periods
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound
from sites.refusals import Refusal
from sites.selectors import hospitals, people

SHOWN = 50


class Command(BaseCommand):
    """The same actions as the upload page, with the rights of the named person; larger files are taken than over the web."""

    help = "Check a file of cases, and commit it with --commit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take registry, file, person and reasons."""
        parser.add_argument("registry", help="the registry's code")
        parser.add_argument("file", type=Path, help="CSV or XLSX")
        parser.add_argument("--by", required=True, help="e-mail address of the person who does this")
        parser.add_argument("--hospital", type=int, help="id of the hospital; without it the file spans hospitals")
        parser.add_argument(
            "--hospital-column", default="", help="header of the column that names the hospital of each row"
        )
        parser.add_argument("--period", default="", help="label of the period, for a registry without dates")
        parser.add_argument("--commit", action="store_true", help="commit when nothing is to be mended")
        parser.add_argument("--reason", default="", help="one reason for all soft findings and for changed cases")

    def handle(self, *args: Any, **options: Any) -> None:
        """Receive, check, print, commit."""
        at = timezone.now()
        try:
            person = people.by_email(email=options["by"])
            with self._rights(person, options["hospital"], at), transaction.atomic():
                self._import(options, person, at)
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.reasons)) from refusal

    @contextmanager
    def _rights(self, person: Any, hospital_id: int | None, at: datetime) -> Iterator[None]:
        """Bind what the person may; a file across hospitals is worked on as the machine, once the person may send one."""
        held = policy.authority(person, on=at.date())
        if hospital_id is not None:
            policy.require(held, P.IMPORT_CASES, hospital_id=hospital_id)
            scope = held.scope()
        else:
            policy.require(held, P.IMPORT_ACROSS)
            with bound(held.scope()), transaction.atomic():
                scope = policy.system(name="import_cases").scope().narrowed(person=person.pk)
        with bound(scope):
            yield

    def _import(self, options: dict[str, Any], person: Any, at: datetime) -> None:
        registry, path = definitions.registry(code=options["registry"]), options["file"]
        period = next((row for row in periods.of_registry(registry) if row.label == options["period"]), None)
        upload = uploads.receive(
            registry=registry,
            hospital=hospitals.one(hospital_id=options["hospital"]) if options["hospital"] else None,
            file_name=path.name,
            content=path.read_bytes(),
            period=period,
            limits=DESK,
            by=person,
            at=at,
        )
        header = options["hospital_column"] or upload.mapping["hospital"]
        uploads.choose_columns(
            upload=upload, chosen=upload.mapping["columns"], hospital_header=header, by=person, at=at
        )
        collected = uploads.check(upload=upload, at=at)
        counts = upload.counts
        self.stdout.write(
            f"{counts['rows']} rows: {counts['new']} new, {counts['changed']} changed, {counts['same']} the same."
        )
        for finding in collected.written[:SHOWN]:
            self.stdout.write(f"row {finding.row}, {finding.column}: {finding.message} {finding.remedy}")
        if collected.n_hard or not options["commit"]:
            self.stdout.write(f"{collected.n_hard} values to mend, {collected.n_soft} to explain; nothing was changed.")
            return
        names = (*collected.soft_names, uploads.CHANGE)
        uploads.explain(upload=upload, reasons=dict.fromkeys(names, options["reason"]), by=person, at=at)
        done = uploads.commit(upload=upload, by=person, at=at)
        self.stdout.write(f"Committed: {done['new']} new, {done['changed']} changed, {done['same']} left.")
