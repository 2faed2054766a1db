"""PostgreSQL, with the scope of the signed-in person bound at the start of every transaction."""

from typing import Any

from django.db.backends.postgresql import base

from sites.access.scope import current_scope


class DatabaseWrapper(base.DatabaseWrapper):
    """Bind the current scope whenever Django leaves autocommit, that is, opens a transaction."""

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)
        if not autocommit:
            self.bind_scope()

    def bind_scope(self) -> None:
        """Tell PostgreSQL, for this transaction only, whose rows may be seen."""
        names_values: list[Any] = []
        for name, value in current_scope().settings():
            names_values += [name, value]
        calls = ", ".join(["set_config(%s, %s, true)"] * (len(names_values) // 2))
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {calls}", names_values)
