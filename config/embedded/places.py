"""Where the embedded servers keep their things: data, sockets, logs, and the copy outside when `nobody` cannot walk in."""

import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from config.embedded.refusal import Refusal

NOBODY = 65534
OUTSIDE = Path("/var/lib/cairn")
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """Every folder of one stack; `outside` is set when the database must live away from `data`."""

    data: Path
    identity: str
    outside: Path | None

    @property
    def postgres(self) -> Path:
        return (self.outside or self.data) / "postgres"

    @property
    def software(self) -> Path | None:
        return self.outside / "software" if self.outside else None

    @property
    def sockets(self) -> Path:
        """Socket paths may not exceed about 100 bytes, hence a short folder of our own."""
        return Path("/tmp") / f"cairn-{self.identity}"

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "postgres"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey" / "valkey.sock"

    @property
    def valkey(self) -> Path:
        return self.data / "valkey"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def credentials(self) -> Path:
        return self.data / "credentials.json"

    @property
    def children(self) -> Path:
        return self.data / "children.json"

    @property
    def lock(self) -> Path:
        return self.data / "lock"


def running_as_root() -> bool:
    return os.geteuid() == 0


def walkable_by_nobody(path: Path) -> bool:
    """Tell whether a stranger may walk down to `path`; folders that do not exist yet are ours to make."""
    for folder in (path, *path.parents):
        try:
            mode = folder.stat().st_mode
        except FileNotFoundError:
            continue
        if not mode & stat.S_IXOTH:
            return False
    return True


def settle(*, data: Path, outside: Path = OUTSIDE) -> Places:
    """Make the folders of the stack that lives in `data`, and say where they are; touches nothing a running stack uses."""
    data = data.expanduser().resolve()
    try:
        data.mkdir(parents=True, exist_ok=True)
        if running_as_root():
            data.chmod(0o711)
        else:
            data.chmod(0o700)
    except OSError as error:
        raise Refusal(f"The data folder {data} cannot be made or used ({error.strerror}). Choose another: DATA_DIR=…") from error
    identity = _identity(data / "identity")
    places = Places(data=data, identity=identity, outside=_outside(data=data, identity=identity, base=outside))
    for folder in (places.logs, places.valkey, data / "snapshots", data / "uploads"):
        folder.mkdir(mode=0o700, exist_ok=True)
    return places


def remove(places: Places) -> None:
    """Delete the data folder, the copy outside and the sockets."""
    remove_sockets(places)
    if places.outside:
        shutil.rmtree(places.outside, ignore_errors=True)
        if not any(places.outside.parent.iterdir()):
            places.outside.parent.rmdir()
    for child in places.data.iterdir():
        if child != places.lock:
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()


def _identity(file: Path) -> str:
    """Read or invent the random name of this data folder, so that no other clone inherits its database."""
    if not file.exists():
        file.write_text(secrets.token_hex(6))
    return file.read_text().strip()


def _outside(*, data: Path, identity: str, base: Path) -> Path | None:
    """PostgreSQL refuses to run as root and then runs as `nobody`, who must be able to reach its data."""
    if not running_as_root():
        return None
    if walkable_by_nobody(data) and walkable_by_nobody(PROJECT) and not (base / identity).exists():
        return None
    if (data / "postgres").exists():
        raise Refusal(
            f"The database in {data} can no longer be reached by the user “nobody”, as which PostgreSQL runs. "
            "Move the folder back to where it was, or start anew with `make demo-reset`."
        )
    base.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = base / identity
    folder.mkdir(mode=0o711, exist_ok=True)
    folder.chmod(0o711)
    return folder


def fresh_sockets(places: Places) -> None:
    """Make the socket folders anew (call it with the lock held), refusing one that somebody else put in our way."""
    remove_sockets(places)
    try:
        places.sockets.mkdir(mode=0o711)
    except FileExistsError as error:
        raise Refusal(f"{places.sockets} belongs to somebody else. Remove it, then try again.") from error
    places.sockets.chmod(0o711)
    places.postgres_sockets.mkdir(mode=0o700)
    places.valkey_socket.parent.mkdir(mode=0o700)
    if running_as_root():
        os.chown(places.postgres_sockets, NOBODY, NOBODY)


def remove_sockets(places: Places) -> None:
    """Delete the socket folders of a stack that has stopped."""
    shutil.rmtree(places.sockets, ignore_errors=True)
