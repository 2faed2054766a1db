"""Django's own command, which then puts the key that scopes are sealed with into the registry's database."""

import gc
from typing import Any

from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS

from sites.access.seal import keep_key


class Command(migrate.Command):
    """``manage.py migrate``: run at every upgrade, as the owner of the tables, so it is where a new key becomes known."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then keep the key."""
        # Every step draws many models anew: looking for garbage less often takes a quarter off a fresh database's 65 seconds.
        before = gc.get_threshold()
        gc.set_threshold(200_000, 50, 100)
        try:
            super().handle(*args, **options)
        finally:
            gc.set_threshold(*before)
        if options["database"] == DEFAULT_DB_ALIAS and not (options["plan"] or options["check_unapplied"]):
            keep_key()
