"""The scope bound to a transaction: whose rows PostgreSQL will show. Nothing bound means no rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.db import connections, transaction
from psycopg.pq import TransactionStatus

LISTS = ("hospitals", "case_hospitals", "result_hospitals", "trail_hospitals", "audit_hospitals")


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Hospitals by kind of row. ``person`` and ``surgeon`` are person ids, 0 for nobody; ``token`` is a secret's digest."""

    person: int = 0
    hospitals: tuple[int, ...] = ()
    case_hospitals: tuple[int, ...] = ()
    result_hospitals: tuple[int, ...] = ()
    trail_hospitals: tuple[int, ...] = ()
    audit_hospitals: tuple[int, ...] = ()
    surgeon: int = 0
    centre: bool = False
    token: str = ""

    def narrowed(self, **changes: object) -> "Scope":
        """Return a copy with some parts replaced."""
        return replace(self, **changes)


NOTHING = Scope()
_current: ContextVar[Scope] = ContextVar("scope", default=NOTHING)


def current_scope() -> Scope:
    """Return the scope of this request or job; nothing unless somebody bound one."""
    return _current.get()


@contextmanager
def bound(scope: Scope) -> Iterator[Scope]:
    """Bind a scope for every transaction opened inside; an open transaction is told at once."""
    token = _current.set(scope)
    try:
        _tell_open_transaction()
        yield scope
    finally:
        _current.reset(token)
        _tell_open_transaction()


@contextmanager
def own(person: int) -> Iterator[None]:
    """Bind one person's own scope inside a transaction: before signing in there is no other."""
    with bound(Scope(person=person)), transaction.atomic():
        yield


def _tell_open_transaction() -> None:
    connection = connections["default"]
    if connection.connection is None or not connection.in_atomic_block or connection.needs_rollback:
        return
    # A transaction that has failed takes no more statements, and rolling it back takes the scope with it.
    if connection.connection.info.transaction_status != TransactionStatus.INERROR:
        connection.bind_scope()
