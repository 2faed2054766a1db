"""PostgreSQL, with the scope of the signed-in person bound at the start of every transaction."""

import re
import select

from django.db.backends.postgresql import base
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from sites.access.scope import current_scope

# Ids, braces and the hexadecimal digest of a token: nothing that could end a quoted text.
PLAIN = re.compile(r"[0-9a-f{},]*")


class DatabaseWrapper(base.DatabaseWrapper):
    """Bind the current scope whenever Django leaves autocommit, that is, opens a transaction."""

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)
        if not autocommit:
            self.bind_scope()

    def bind_scope(self) -> None:
        """Tell PostgreSQL, for this transaction only, whose rows may be seen; begin it in the same breath."""
        calls = ", ".join(
            f"set_config('{name}', '{_plain(value)}', true)" for name, value in current_scope().settings()
        )
        raw = self.connection.pgconn
        begin = "BEGIN; " if raw.transaction_status == TransactionStatus.IDLE else ""
        result = raw.exec_(f"{begin}SELECT {calls}".encode())
        if result.status != ExecStatus.TUPLES_OK:
            with self.wrap_database_errors:
                raise error_from_result(result)

    def is_usable(self) -> bool:
        """Tell whether a kept connection still answers: a server that is gone has closed it, so it has something to read."""
        if select.select([self.connection.pgconn.socket], [], [], 0)[0]:
            return super().is_usable()
        return True


def _plain(value: str) -> str:
    if not PLAIN.fullmatch(value):
        raise ValueError("A scope holds only numbers and digests.")
    return value
