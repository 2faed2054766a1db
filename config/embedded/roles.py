"""The database roles, the two databases and who may connect to which: the wall's foundation, for `make demo`, the tests and compose.

A role gets its rights on tables from migrations; here stand only log-ins, membership, CONNECT, time limits and extensions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from config.embedded.credentials import LOGINS, SUPERUSER

OWNERS = {"cairn_migrator": "cairn_owner", "cairn_portal_migrator": "cairn_portal_owner"}
TIME_LIMITS = {
    "cairn_web": {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"},
    "cairn_worker": {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "15min"},
    "cairn_analyst": {"statement_timeout": "5min", "lock_timeout": "5s", "default_transaction_read_only": "on"},
    "cairn_migrator": {"lock_timeout": "10s"},
    "cairn_portal": {"statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"},
    "cairn_portal_writer": {"statement_timeout": "30s", "lock_timeout": "10s"},
    "cairn_portal_migrator": {"lock_timeout": "10s"},
}
EXTENSIONS = ("pg_trgm", "btree_gist", "citext")


@dataclass(frozen=True)
class Kind:
    """What sort of database: who owns it, and who may connect (and make temporary tables)."""

    owner: str
    connect: tuple[str, ...]
    temporary: tuple[str, ...]


REGISTRY = Kind(
    owner="cairn_owner",
    connect=("cairn_migrator", "cairn_web", "cairn_worker", "cairn_analyst"),
    temporary=("cairn_migrator", "cairn_web", "cairn_worker"),
)
PORTAL = Kind(
    owner="cairn_portal_owner",
    connect=("cairn_portal_migrator", "cairn_portal", "cairn_portal_writer"),
    temporary=("cairn_portal_migrator",),
)


@dataclass(frozen=True)
class Server:
    """Where the server is and the superuser's password."""

    host: str
    port: int
    password: str
    superuser: str = SUPERUSER

    @contextmanager
    def connection(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """Connect as superuser, in autocommit."""
        with psycopg.connect(
            host=self.host, port=self.port, user=self.superuser, password=self.password, dbname=database, autocommit=True
        ) as connection:
            yield connection


def establish(*, server: Server, passwords: Mapping[str, str], registry: str = "cairn", portal: str = "cairn_portal") -> None:
    """Create or correct every role and both databases; running it again changes nothing."""
    with server.connection() as connection:
        establish_roles(connection, passwords=passwords)
    make_database(server=server, name=registry, kind=REGISTRY)
    make_database(server=server, name=portal, kind=PORTAL)


def establish_roles(connection: psycopg.Connection, *, passwords: Mapping[str, str]) -> None:
    """Create or correct the roles; a log-in is never superuser, owner, or exempt from row security."""
    for owner in OWNERS.values():
        _ensure_role(connection, owner)
        _run(connection, "ALTER ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION", owner)
    for login in LOGINS:
        _ensure_role(connection, login)
        _run(connection, "ALTER ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION", login)
        # Only the salted verifier travels, so that no statement log ever holds a password.
        verifier = connection.pgconn.encrypt_password(passwords[login].encode(), login.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(verifier)))
        for setting, value in TIME_LIMITS[login].items():
            statement = sql.SQL("ALTER ROLE {} SET {} = {}")
            connection.execute(statement.format(sql.Identifier(login), sql.Identifier(setting), sql.Literal(value)))
    for login, owner in OWNERS.items():
        _run(connection, "GRANT {} TO {}", owner, login)
    for database in ("postgres", "template1"):
        _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)


def make_database(*, server: Server, name: str, kind: Kind, template: str | None = None) -> None:
    """Create the database when absent (empty, or as a copy), then give the rights to connect, which copies do not carry."""
    with server.connection() as connection:
        if not database_exists(connection, name):
            if template is None:
                _run(connection, "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'", name, kind.owner)
            else:
                # Copying the files costs a third of writing every page to the log first.
                _run(connection, "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY", name, kind.owner, template)
        _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
        for login in kind.connect:
            _run(connection, "GRANT CONNECT ON DATABASE {} TO {}", name, login)
        for login in kind.temporary:
            _run(connection, "GRANT TEMPORARY ON DATABASE {} TO {}", name, login)
    if template is None:
        with server.connection(name) as connection:
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            _run(connection, "GRANT USAGE, CREATE ON SCHEMA public TO {}", kind.owner)
            for extension in EXTENSIONS:
                _run(connection, "CREATE EXTENSION IF NOT EXISTS {}", extension)


def drop_database(*, server: Server, name: str) -> None:
    """Drop a database, ending whoever is still connected."""
    with server.connection() as connection:
        _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def note(*, server: Server, database: str) -> str | None:
    """Read the note that stands on a database."""
    with server.connection() as connection:
        question = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        row = connection.execute(question, [database]).fetchone()
    return None if row is None else row[0]


def leave_note(*, server: Server, database: str, words: str) -> None:
    """Write a note on a database; it goes where the database goes, so it cannot outlive it."""
    with server.connection() as connection:
        statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(statement.format(sql.Identifier(database), sql.Literal(words)))


def database_exists(connection: psycopg.Connection, name: str) -> bool:
    """Tell whether the server has a database of this name."""
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _ensure_role(connection: psycopg.Connection, name: str) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None:
        _run(connection, "CREATE ROLE {}", name)


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    """Run a statement with names in the place of its braces, each quoted as an identifier."""
    connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))  # type: ignore[arg-type]
