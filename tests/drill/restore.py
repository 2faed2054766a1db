"""Point-in-time restore: a base backup and archived WAL, brought back to just before an accident, with equal checksums."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg

from config.embedded import places, postgres, processes, roles
from config.embedded.credentials import SUPERUSER
from tests.attack.figure import Figure
from tests.drill.stack import Stack

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
SUM = "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '|' ORDER BY md5(t::text))), '') FROM {} t"
ACCIDENT = "SET session_replication_role = 'replica'; DELETE FROM registry_case; DELETE FROM feedback_siteresult"


def to_a_point_in_time(stack: Stack) -> Iterator[Figure]:
    """Back up, go on working, delete by accident, restore elsewhere to the moment before, compare."""
    server, where = stack.supervisor.servers.superuser, stack.where
    programs = postgres.find(where)
    archive, backup = (_folder(where.postgres_sockets / name) for name in ("archive", "backup"))
    with server.connection() as connection:
        connection.execute("ALTER SYSTEM SET archive_mode = 'on'")
        connection.execute(f"ALTER SYSTEM SET archive_command = 'cp %p {archive}/%f'")
    stack.supervisor.stop()
    stack.kill("postgres")
    reach = ["-h", server.host, "-p", str(postgres.PORT), "-U", SUPERUSER]
    environment = {"PGPASSWORD": server.password, "PATH": "/usr/bin:/bin"}
    subprocess.run(
        [programs["pg_basebackup"], *reach, "-D", str(backup), "-X", "none", "-c", "fast"], env=environment, check=True
    )
    with server.connection("cairn") as connection:
        connection.execute(
            "INSERT INTO sites_auditevent (at, actor, action, object_kind, object_id, detail, reason, request_id)"
            " VALUES (now(), 'drill', 'after the backup', '', '', '{}', '', '')"
        )
        before = sums(connection)
        connection.execute("SELECT pg_create_restore_point('before the accident')")
        connection.execute(ACCIDENT)
        after = sums(connection)
        (segment,) = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    _wait_for(archive / segment)
    began = time.monotonic()
    restored, child = _restored(where, programs=programs, backup=backup, archive=archive)
    try:
        took = time.monotonic() - began
        back = replace(server, host=str(restored.postgres_sockets))
        with back.connection("cairn") as connection:
            now = sums(connection)
        closed = _closed_without_a_scope(back, stack)
    finally:
        processes.stop(child, patience=30)
    differ = [table for table in before if before[table] != now.get(table)]
    size = sum(path.stat().st_size for path in backup.rglob("*") if path.is_file())
    yield Figure(
        attack="A restore to the moment before an accident differs from what was there",
        tried=f"pg_basebackup and archived WAL; {before['registry_case'][0]:,} cases deleted by the superuser, one line written after the backup",
        found=f"{len(differ)} of {len(before)} tables differ in count or checksum; usable after {took:.1f} s ({size / 1e6:.0f} MB)",
        held=not differ and before != after and closed,
        details=(*differ, *(() if closed else ("row security is open",))),
    )


def sums(connection: psycopg.Connection) -> dict[str, tuple]:
    """Count and check every table."""
    tables = [name for (name,) in connection.execute(TABLES).fetchall()]
    return {table: connection.execute(SUM.format(table)).fetchone() for table in tables}


def _wait_for(file: Path) -> None:
    """Wait until a piece of WAL has been archived."""
    deadline = time.monotonic() + 60
    while not file.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{file.name} was not archived.")
        time.sleep(0.2)


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    postgres._give(path)
    return path


def _restored(
    where: places.Places, *, programs: postgres.Programs, backup: Path, archive: Path
) -> tuple[places.Places, processes.Child]:
    """Start a second server on the backup, which reads the archive up to the restore point and then opens."""
    (backup / "recovery.signal").touch()
    with (backup / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"restore_command = 'cp {archive}/%f %p'\nrecovery_target_name = 'before the accident'\n"
            "recovery_target_action = 'promote'\narchive_mode = 'off'\n"
        )
    if places.running_as_root():
        for path in (backup, *backup.rglob("*")):
            shutil.chown(path, places.NOBODY, places.NOBODY)
    other = _Elsewhere(where, cluster=backup, sockets=_folder(where.postgres_sockets / "restored"))
    child = postgres.start(places=other, programs=programs, durable=True)  # type: ignore[arg-type]
    return other, child  # type: ignore[return-value]


class _Elsewhere:
    """The same places, with another cluster and other sockets."""

    def __init__(self, where: places.Places, *, cluster: Path, sockets: Path) -> None:
        self._where, self.postgres, self.postgres_sockets = where, cluster, sockets

    def __getattr__(self, name: str) -> object:
        return getattr(self._where, name)


def _closed_without_a_scope(back: roles.Server, stack: Stack) -> bool:
    """Tell whether the restored server still shows the web nothing while nothing is bound."""
    password = stack.supervisor.servers.credentials.passwords["cairn_web"]
    with psycopg.connect(
        host=back.host, port=back.port, user="cairn_web", password=password, dbname="cairn"
    ) as connection:
        return connection.execute("SELECT count(*) FROM registry_case").fetchone() == (0,)
