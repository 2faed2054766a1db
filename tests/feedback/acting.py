"""Helpers of these tests: reading everything as the worker's machine does, running jobs, looking into the portal."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.example import fill
from tests import plugin
from tests.databases import World, as_role
from tests.sites.acting import machine


@contextmanager
def worker() -> Iterator[None]:
    """Read and write as a job does: the worker's role, every hospital."""
    with as_role("cairn_worker"), machine():
        yield


def run_jobs() -> None:
    """Run every job that waits, as the worker's role."""
    with as_role("cairn_worker"):
        fill.run_jobs()


def in_portal(world: World) -> list[tuple[str, bytes]]:
    """Return the hash and the bytes of every artefact in the portal's database."""
    with plugin.joined().superuser.connection(world.portal) as connection:
        rows = connection.execute("SELECT sha256, body FROM portal_artefact ORDER BY id").fetchall()
    return [(sha256, bytes(body)) for sha256, body in rows]
