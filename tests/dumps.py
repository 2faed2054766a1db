"""Keeps built templates as dumps beside the kept servers, so that a run with throw-away servers need not build them again."""

import os
import shutil
import subprocess
from pathlib import Path

from config.embedded import postgres, roles
from config.embedded.credentials import SUPERUSER
from config.embedded.servers import Servers

KEPT_STATES = 4


def folder(*, kept: Path, name: str) -> Path:
    """Say where the dump of a template is."""
    return kept / "dumps" / name


def keep(*, servers: Servers, registry: str, portal: str, data: Path, to: Path) -> None:
    """Dump both databases and copy the files, whole or not at all; drop the oldest."""
    scratch = to.with_name(f"{to.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for kind, database in (("registry", registry), ("portal", portal)):
        _client(servers, "pg_dump", "-Fc", "--compress=0", "-f", str(scratch / f"{kind}.dump"), database)
    shutil.copytree(data, scratch / "data")
    shutil.rmtree(to, ignore_errors=True)
    scratch.rename(to)
    states = sorted(to.parent.glob(f"{to.name.partition('_')[0]}_*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in states[KEPT_STATES:]:
        shutil.rmtree(old, ignore_errors=True)


def restore(*, servers: Servers, registry: str, portal: str, data: Path, source: Path) -> bool:
    """Bring a kept template back into two new databases, and say whether there was one."""
    if not source.exists():
        return False
    for kind, database, sort in (("registry", registry, roles.REGISTRY), ("portal", portal, roles.PORTAL)):
        roles.drop_database(server=servers.superuser, name=database)
        roles.make_database(server=servers.superuser, name=database, kind=sort)
        _client(servers, "pg_restore", "--exit-on-error", "-d", database, str(source / f"{kind}.dump"))
        with servers.superuser.connection(database) as connection:
            connection.execute("VACUUM ANALYZE")
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(source / "data", data)
    return True


def _client(servers: Servers, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's client programs as superuser."""
    programs = postgres.find(servers.places)
    reach = ["-h", servers.superuser.host, "-p", str(postgres.PORT), "-U", SUPERUSER]
    variables = {"PATH": os.environ["PATH"], "PGPASSWORD": servers.superuser.password, "PGOPTIONS": "-c statement_timeout=0"}
    answer = subprocess.run(
        [programs[program], *reach, *arguments], env=variables, capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise RuntimeError(f"{program} failed:\n{answer.stderr}")
