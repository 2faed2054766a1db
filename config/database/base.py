"""PostgreSQL, with the sealed scope of the signed-in person bound at the start of every transaction."""

import select
import time

from django.db import Error
from django.db.backends.postgresql import base
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from sites.access.scope import NOTHING, current_scope
from sites.access.seal import sealed

BIND = b"SELECT cairn_bind($1, $2)"
UNBIND = b"SELECT set_config('cairn.scope', '', true)"
# The clock by which a seal ends: the database compares it with its own, so tests that travel in time leave it alone.
clock = time.time


class DatabaseWrapper(base.DatabaseWrapper):
    """Bind the current scope whenever Django leaves autocommit, that is, opens a transaction."""

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)
        if not autocommit:
            try:
                self.bind_scope()
            except Error:
                # Nothing was begun that anybody could go on with; nothing at all where the server is gone.
                if self.connection.pgconn.status == ConnStatus.OK:
                    self.connection.pgconn.exec_(b"ROLLBACK")
                    super()._set_autocommit(True)
                raise

    def bind_scope(self) -> None:
        """Tell PostgreSQL, for this transaction only, whose rows may be seen; begin it in the same breath.

        The signature travels as a parameter: what other log-ins can read of running statements holds none.
        """
        scope, raw = current_scope(), self.connection.pgconn
        begins = raw.transaction_status == TransactionStatus.IDLE
        words = [part.encode() for part in sealed(scope, at=clock())] if scope != NOTHING else []
        with self.wrap_database_errors:
            if not words:
                results = [raw.exec_(b"BEGIN" if begins else UNBIND)]
            else:
                results = _in_one_breath(raw, words) if begins else [raw.exec_params(BIND, words)]
            for result in results:
                if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
                    raise error_from_result(result)

    def is_usable(self) -> bool:
        """Tell whether a kept connection still answers: a server that is gone has closed it, so it has something to read."""
        if self.connection.pgconn.status != ConnStatus.OK:
            return False
        if select.select([self.connection.pgconn.socket], [], [], 0)[0]:
            return super().is_usable()
        return True


def _in_one_breath(raw: PGconn, words: list[bytes]) -> list[PGresult]:
    """Begin a transaction and bind its scope in one round trip. A server that is gone answers once that it is, then never again."""
    raw.enter_pipeline_mode()
    results = []
    try:
        raw.send_query_params(b"BEGIN", None)
        raw.send_query_params(BIND, words)
        raw.pipeline_sync()
        while raw.status == ConnStatus.OK:
            result = raw.get_result()
            if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                break
            results += [result] if result is not None else []
    finally:
        if raw.status == ConnStatus.OK:
            raw.exit_pipeline_mode()
    return results
