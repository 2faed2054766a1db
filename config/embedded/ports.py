"""The two addresses people open: are they whole numbers, different, and free?"""

import socket
from collections.abc import Mapping

from config.embedded.refusal import Refusal


def read(name: str, text: str) -> int:
    """Read a port number as typed, `PORT=8010`."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Refusal(f"{name}={text} is not a port number; choose one between 1024 and 65535.")
    return int(text)


def free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """Let the system choose a free port, for tests."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(wanted: Mapping[str, int]) -> None:
    """Refuse when two ports are the same or one is taken, naming the way out."""
    if len(set(wanted.values())) < len(wanted):
        raise Refusal(f"{' and '.join(wanted)} must be different ports.")
    for name, port in wanted.items():
        if not free(port):
            raise Refusal(
                f"Port {port} is taken by another program, or may not be used by you. "
                f"Stop that program, or choose another port: make demo {name}={port + 10}"
            )
