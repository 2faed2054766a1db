"""The whole of Cairn over a world of its own, for the journeys: the processes and commands of `make demo`."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.embedded import fingerprint, ports, services
from config.embedded.places import PROJECT
from config.embedded.supervisor import Supervisor
from tests import plugin
from tests.databases import World, cloned, only_builder, universe


@dataclass(frozen=True)
class Live:
    """The two addresses, the world behind them, and where its processes write their logs."""

    web: str
    portal: str
    world: World
    logs: Path


@pytest.fixture(scope="module")
def live(django_db_blocker: Any) -> Iterator[Live]:
    """Run web, worker, beat and portal on a clone of the universe while the module's tests last."""
    with django_db_blocker.unblock(), cloned(universe()) as made:
        supervisor = _supervisor(made)
        supervisor.overrides = {**supervisor.overrides, "CAIRN_STATIC_ROOT": str(_static())}
        web, portal = supervisor.addresses.web_url, supervisor.addresses.portal_url
        try:
            supervisor.start((services.WEB, services.WORKER, services.BEAT, services.PORTAL))
            supervisor.wait_ready([f"{web}/sign-in/", f"{portal}/sign-in/"])
            yield Live(web=web, portal=portal, world=made, logs=supervisor.servers.places.logs)
        finally:
            supervisor.stop()
            kept = plugin.joined().places.data / "live-logs" / made.registry
            shutil.copytree(supervisor.servers.places.logs, kept, dirs_exist_ok=True)


def _supervisor(made: World) -> Supervisor:
    addresses = services.Addresses(web=ports.any_free(), portal=ports.any_free())
    return Supervisor(
        servers=made.servers(),
        addresses=addresses,
        say=print,
        registry=made.registry,
        portal=made.portal,
        overrides={"CAIRN_PROCESSES": "1", "CELERY_WORKER_CONCURRENCY": "1"},
    )


def _static() -> Path:
    """Collect the static files once per state of the code."""
    kinds = fingerprint.STATIC_KINDS
    state = fingerprint.of(fingerprint.files(PROJECT / "static", kinds=kinds))
    folder = plugin.joined().places.data / "static" / state
    with only_builder("static"):
        if not folder.exists():
            # The folder itself stays: another worker's client may be looking for it at this moment.
            for older in folder.parent.glob("*"):
                shutil.rmtree(older, ignore_errors=True)
            scratch = folder.with_suffix(".new")
            supervisor = Supervisor(
                servers=plugin.joined(),
                addresses=services.Addresses(web=1, portal=2),
                say=print,
                overrides={"CAIRN_STATIC_ROOT": str(scratch)},
            )
            supervisor.run_steps([services.COLLECT_STATIC])
            scratch.rename(folder)
    return folder
