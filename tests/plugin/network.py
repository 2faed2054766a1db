"""Shuts the network: a test may speak to this machine and to nobody else."""

import socket
from typing import Any

import pytest

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex


class NetworkUsed(AssertionError):
    """A test tried to reach another machine."""


def require_local(family: int, address: Any) -> None:
    """Fail unless the address is a socket file or on this machine."""
    if family == socket.AF_UNIX or str(address[0]).startswith(LOCAL):
        return
    raise NetworkUsed(f"A test tried to reach {address!r}; tests run without the network.")


def guarded_connect(self: socket.socket, address: Any) -> None:
    """Connect on this machine only."""
    require_local(self.family, address)
    _connect(self, address)


def guarded_connect_ex(self: socket.socket, address: Any) -> int:
    """Connect on this machine only."""
    require_local(self.family, address)
    return _connect_ex(self, address)


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Put the guard in place for the whole run."""
    socket.socket.connect = guarded_connect  # type: ignore[method-assign]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[method-assign]


def pytest_unconfigure() -> None:
    """Take the guard away again."""
    socket.socket.connect = _connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _connect_ex  # type: ignore[method-assign]
