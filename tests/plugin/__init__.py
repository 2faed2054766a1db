"""The pytest plugin that gives every run its own PostgreSQL and Valkey before Django's settings are read.

The servers of a checkout are kept in `.cairn/test`, so that migrated templates survive from run to run; a second
run at the same time gets throw-away servers of its own.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest

from config.embedded import credentials, lock, places, servers, services
from config.embedded.refusal import Refusal
from tests.plugin import browser

KEPT = places.PROJECT / ".cairn" / "test"
WHERE = "CAIRN_TEST_DATA"
pytest_plugins = ("tests.plugin.browser", "tests.plugin.network")
_open = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Start the servers, or in a worker join those of the controller."""
    options = early_config.known_args_namespace
    if not (options.help or options.version):
        if "PYTEST_XDIST_WORKER" not in os.environ:
            _open.enter_context(started())
        os.environ.update(variables())
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart() -> None:
    """Look at the code once, before workers start: an edit during the run must not part them."""
    from tests import databases  # needs Django set up, which this module comes before

    databases.states()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _open.close()


@contextmanager
def started() -> Iterator[None]:
    """Run the servers of this session and name their folder in the environment."""
    with ExitStack() as stack:
        try:
            where = places.settle(data=KEPT)
            stack.enter_context(lock.held(where.lock))
            _discard_if_unclean(where)
        except Refusal:
            where = places.settle(data=Path(tempfile.mkdtemp(prefix="cairn-test-")))
            stack.callback(shutil.rmtree, where.data, ignore_errors=True)
            stack.enter_context(lock.held(where.lock))
        with servers.running(places=where, durable=False):
            os.environ[WHERE] = str(where.data)
            # WhiteNoise warns of a folder that is not there, and warnings are errors: it is there before any worker starts.
            (where.data / "static").mkdir(exist_ok=True)
            for leftover in ("worlds", "live-logs"):
                shutil.rmtree(where.data / leftover, ignore_errors=True)
            yield
        _clean(where).touch()


@cache
def _settled(data: str) -> places.Places:
    """Settle once for each process: a test that plays somebody who is not root must not shut the servers' folder meanwhile."""
    return places.settle(data=Path(data))


def joined() -> servers.Servers:
    """Describe the running servers, in the controller and in every worker."""
    where = _settled(os.environ[WHERE])
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return servers.Servers(
        places=where, credentials=credentials.keep(where.credentials), children=(), valkey_database=2 * (int(worker) % 8)
    )


def variables() -> dict[str, str]:
    """Build what the settings read: the web's log-in, with the worker's door to the portal."""
    task = services.Service("test", ("python",), login="cairn_web", portal_login="cairn_portal_writer")
    environment = services.environment(task, servers=joined(), addresses=services.Addresses(web=8000, portal=8001))
    chosen = {name: value for name, value in environment.items() if name.startswith(("CAIRN_", "DJANGO_", "OPENBLAS", "OMP"))}
    return chosen | {"CAIRN_DEMO": "0", "CAIRN_PLAIN_STATIC": "1", "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}


def _clean(where: places.Places) -> Path:
    return where.data / "stopped-cleanly"


def _discard_if_unclean(where: places.Places) -> None:
    """Without fsync a cluster that was not stopped properly is not to be trusted: make a new one."""
    if not _clean(where).exists():
        shutil.rmtree(where.postgres, ignore_errors=True)
    _clean(where).unlink(missing_ok=True)


__all__ = ["browser", "joined", "variables"]
