"""Runs the processes of Cairn over the embedded servers: one-off steps, long-running services, bounded restarts."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import probe, processes
from config.embedded.places import PROJECT
from config.embedded.refusal import Refusal
from config.embedded.servers import Servers
from config.embedded.services import Addresses, Service, environment

STEP_LIMIT = 15 * 60.0
READY_LIMIT = 120.0


@dataclass
class Budget:
    """How often one service may be restarted: at most `limit` times within `window` seconds."""

    limit: int = 3
    window: float = 120.0
    moments: list[float] = field(default_factory=list)

    def spend(self, *, at: float) -> bool:
        """Take one restart if there is one left, and say whether there was."""
        self.moments = [moment for moment in self.moments if at - moment < self.window]
        if len(self.moments) >= self.limit:
            return False
        self.moments.append(at)
        return True


@dataclass
class Echo:
    """Passes on the lines of a growing log."""

    log: Path
    position: int = 0

    def pass_on(self, say: Callable[[str], None]) -> None:
        """Say the whole lines that came since the last time."""
        if not self.log.exists():
            return
        with self.log.open("rb") as stream:
            stream.seek(self.position)
            whole = stream.read().rpartition(b"\n")[0]
        if whole:
            self.position += len(whole) + 1
            say(whole.decode(errors="replace"))


@dataclass
class Supervisor:
    """The children of one stack; `say` tells the person at the terminal."""

    servers: Servers
    addresses: Addresses
    say: Callable[[str], None]
    running: dict[str, tuple[Service, processes.Child]] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    registry: str = "cairn"
    portal: str = "cairn_portal"
    overrides: Mapping[str, str] = field(default_factory=dict)

    def run_steps(self, steps: Sequence[Service]) -> None:
        """Run one-off commands side by side and wait for all; the first that fails stops everything, with its last words."""
        for step in steps:
            (self.servers.places.logs / f"{step.name}.log").unlink(missing_ok=True)
        children = [self._spawn(step) for step in steps]
        self._remember(extra=children)
        echoes = [Echo(child.log) for step, child in zip(steps, children, strict=True) if step.shown]
        deadline = time.monotonic() + STEP_LIMIT
        try:
            while any(child.alive() for child in children):
                self._require_servers()
                for child in children:
                    _require_success(child)
                for echo in echoes:
                    echo.pass_on(self.say)
                if time.monotonic() > deadline:
                    raise Refusal(f"A step took longer than {STEP_LIMIT:.0f} s: {', '.join(c.name for c in children if c.alive())}.")
                time.sleep(0.05)
            for child in children:
                _require_success(child)
            for echo in echoes:
                echo.pass_on(self.say)
        finally:
            for child in children:
                processes.stop(child, patience=5)
            self._remember()

    def start(self, services: Sequence[Service]) -> None:
        """Start long-running services."""
        for service in services:
            self.running[service.name] = (service, self._spawn(service))
        self._remember()

    def wait_ready(self, urls: Sequence[str], *, limit: float = READY_LIMIT) -> None:
        """Wait until every address answers 200; a service that dies meanwhile is not restarted but reported."""
        waiting = list(urls)
        deadline = time.monotonic() + limit
        reason = "no answer"
        while waiting:
            self._require_servers()
            for _, child in self.running.values():
                if not child.alive():
                    raise Refusal(_obituary(child))
            reason = probe.unhealthy(waiting[0], host="localhost")
            if not reason:
                waiting.pop(0)
            elif time.monotonic() > deadline:
                logs = self.servers.places.logs
                raise Refusal(f"{waiting[0]} was not ready after {limit:.0f} s ({reason}). The logs are in {logs}.")
            else:
                # Asking costs the starting processes some of their time.
                time.sleep(0.5)

    def watch(self) -> None:
        """Look after the children until interrupted; restart a dead service while its budget lasts."""
        while True:
            self._require_servers()
            for name, (service, child) in list(self.running.items()):
                if child.alive():
                    continue
                self.say(_obituary(child))
                if not self.budgets.setdefault(name, Budget()).spend(at=time.monotonic()):
                    raise Refusal(f"The {name} process keeps dying, so everything is stopped. Its whole log: {child.log}")
                processes.kill_group(child.process.pid)
                self.running[name] = (service, self._spawn(service))
                self._remember()
                self.say(f"Restarted the {name} process.")
            time.sleep(0.25)

    def stop(self) -> None:
        """Stop the services: first all are told, then each is waited for."""
        children = [child for _, child in self.running.values()]
        for child in children:
            if child.alive():
                child.process.send_signal(child.stop_signal)
        for child in children:
            processes.stop(child, patience=12)
        self.running.clear()

    def _spawn(self, service: Service) -> processes.Child:
        variables = environment(
            service, servers=self.servers, addresses=self.addresses, registry=self.registry, portal=self.portal
        )
        return processes.spawn(
            name=service.name,
            command=service.argv(),
            environment=variables | dict(self.overrides),
            log=self.servers.places.logs / f"{service.name}.log",
            directory=PROJECT,
        )

    def _require_servers(self) -> None:
        for child in self.servers.children:
            if not child.alive():
                raise Refusal(_obituary(child))

    def _remember(self, *, extra: Sequence[processes.Child] = ()) -> None:
        children = [*self.servers.children, *(child for _, child in self.running.values()), *extra]
        processes.remember(self.servers.places.children, children)


def _require_success(child: processes.Child) -> None:
    code = child.process.poll()
    if code:
        raise Refusal(f"The step “{child.name}” failed (exit status {code}). Its log ({child.log}) ends:\n{child.log_end(lines=25)}")


def _obituary(child: processes.Child) -> str:
    code = child.process.poll()
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"stopped with exit status {code}"
    return f"The {child.name} process {how}. Its log ({child.log}) ends:\n{child.log_end()}"
