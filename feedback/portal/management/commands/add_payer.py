"""Add an account of the payer to the portal, give it a new password, or let it set up a new authenticator app."""

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from feedback.portal import second_factor
from feedback.portal.models import PayerAccount


class Command(BaseCommand):
    """``manage.py add_payer EMAIL NAME``: the password is asked for, or read from CAIRN_PAYER_PASSWORD."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address and the name."""
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument(
            "--forget-app", action="store_true", help="the next sign-in sets up a new authenticator app"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the account."""
        password = os.environ.get("CAIRN_PAYER_PASSWORD") or getpass.getpass("Password: ")
        account, made = PayerAccount.objects.get_or_create(
            email=options["email"].lower(), defaults={"name": options["name"]}
        )
        account.set_password(password)
        account.save()
        if options["forget_app"]:
            second_factor.forget(account, at=timezone.now())
        self.stdout.write(f"{account.email} {'added' if made else 'changed'}.")
