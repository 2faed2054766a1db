"""The whole stack on a durable database of its own, filled from the tests' universe, whose parts can be killed and come back."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from config.embedded import lock, places, ports, postgres, probe, processes, servers, services, valkey
from config.embedded.supervisor import Supervisor
from tests import dumps, plugin

WEB = services.WEB
WORKER = replace(
    services.WORKER,
    command=(*services.CELERY, "worker", "--loglevel", "WARNING", "--include", "tests.drill.work", "-c", "2"),
)


@dataclass
class Stack:
    """What runs, and the one way to kill each part."""

    where: places.Places
    supervisor: Supervisor
    postgres: processes.Child
    valkey: processes.Child

    def kill(self, part: str) -> None:
        """Kill one part as a power cut of its process would, and bring it back."""
        if part == "postgres":
            os.kill(self.postgres.process.pid, signal.SIGKILL)
            self.postgres.process.wait()
            self.postgres = postgres.start(places=self.where, programs=postgres.find(self.where), durable=True)
        elif part == "broker":
            os.kill(self.valkey.process.pid, signal.SIGKILL)
            self.valkey.process.wait()
            self.valkey = valkey.start(places=self.where, durable=True)
        else:
            service, child = self.supervisor.running[part]
            processes.kill_group(child.process.pid)
            child.process.wait()
            self.supervisor.start((service,))

    def revive(self) -> None:
        """Start again whatever died of the loss of another part, as the supervisor of a house would."""
        for service, child in list(self.supervisor.running.values()):
            if not child.alive():
                self.supervisor.start((service,))

    def web_answers(self, *, within: float = 90.0) -> None:
        """Wait until the web takes requests; its health page also asks for a worker, so it is not asked."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self.revive()
            if not probe.unhealthy(f"{self.supervisor.addresses.web_url}/sign-in/", host="localhost"):
                return
            time.sleep(0.3)
        raise TimeoutError("The web did not come back.")


@contextmanager
def running(template: Path) -> Iterator[Stack]:
    """Start everything on a copy of a dumped world."""
    where = places.settle(data=Path(tempfile.mkdtemp(prefix="cairn-drill-")))
    with lock.held(where.lock), servers.running(places=where, durable=True) as both:
        os.environ[plugin.WHERE] = str(where.data)
        world = where.data / "world"
        dumps.restore(servers=both, registry="cairn", portal="cairn_portal", data=world, source=template)
        supervisor = Supervisor(
            servers=replace(both, places=replace(where, data=world)),
            addresses=services.Addresses(web=ports.any_free(), portal=ports.any_free()),
            say=lambda words: None,
            overrides={"CAIRN_PLAIN_STATIC": "1"},
        )
        (world / "logs").mkdir(exist_ok=True)
        stack = Stack(where=where, supervisor=supervisor, postgres=both.children[0], valkey=both.children[1])
        try:
            supervisor.run_steps([services.MIGRATE])
            supervisor.start((WEB, WORKER, services.BEAT))
            stack.web_answers()
            yield stack
        finally:
            supervisor.stop()
            for child in (stack.valkey, stack.postgres):
                processes.stop(child, patience=30)
