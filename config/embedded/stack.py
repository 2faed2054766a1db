"""`make demo` and `make demo-reset` from start to stop."""

import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.embedded import fingerprint, lock, places, ports, processes, roles, servers, services
from config.embedded.services import Addresses, Service
from config.embedded.supervisor import Supervisor

FIRST_TIME = "being prepared for the first time"


class Stopped(BaseException):
    """Somebody asked us to stop (Ctrl-C or SIGTERM)."""


@dataclass(frozen=True)
class Plan:
    """Which steps come first, all of a row side by side, and which services then run."""

    steps: tuple[tuple[Service, ...], ...]
    services: tuple[Service, ...]
    last_words: Service | None

    @property
    def step_names(self) -> str:
        return ",".join(step.name for row in self.steps for step in row)


DEMO = Plan(
    steps=((services.MIGRATE, services.MIGRATE_PORTAL, services.COLLECT_STATIC), (services.FILL, services.ADD_PAYER)),
    services=(services.WEB, services.WORKER, services.BEAT, services.PORTAL),
    last_words=services.LOG_INS,
)


def say(words: str) -> None:
    """Tell the person at the terminal, at once."""
    print(words, flush=True)


def demo(*, data: Path, addresses: Addresses, plan: Plan = DEMO) -> None:
    """Run the whole of Cairn until somebody stops it."""
    began = time.monotonic()
    where = places.settle(data=data)
    with lock.held(where.lock), stoppable():
        for name in processes.end_survivors(where.children, mark=where.identity):
            say(f"Ended what a killed run had left behind: {name}.")
        ports.require_free({"PORT": addresses.web, "PORTAL_PORT": addresses.portal})
        say("Starting PostgreSQL and Valkey …")
        with servers.running(places=where, durable=True) as both:
            supervisor = Supervisor(servers=both, addresses=addresses, say=say)
            try:
                _bring_up(supervisor, plan=plan)
                say(f"Ready after {time.monotonic() - began:.0f} s. Stop it with Ctrl-C. Data and logs: {where.data}")
                supervisor.watch()
            finally:
                _ignore_further_signals()
                say("Stopping …")
                supervisor.stop()


def reset(*, data: Path) -> None:
    """Delete the example data, so that the next start begins anew."""
    where = places.settle(data=data)
    with lock.held(where.lock):
        processes.end_survivors(where.children, mark=where.identity)
        places.remove(where)
    say(f"The data in {where.data} are deleted.")


def _bring_up(supervisor: Supervisor, *, plan: Plan) -> None:
    """Prepare what the code has not prepared before, start the services, and say where they are."""
    both, addresses = supervisor.servers, supervisor.addresses
    log_ins = both.places.logs / f"{services.LOG_INS.name}.log"
    prepared = f"{fingerprint.of_preparation()} {plan.step_names}"
    fresh = roles.note(server=both.superuser, database=supervisor.registry) != prepared
    fresh |= plan.last_words is not None and not log_ins.exists()
    if fresh:
        _prepare(supervisor, plan=plan)
        roles.leave_note(server=both.superuser, database=supervisor.registry, words=prepared)
    say(f"Starting: {', '.join(service.name for service in plan.services)} …")
    supervisor.start(plan.services)
    if fresh and plan.last_words:
        supervisor.run_steps([plan.last_words])
    supervisor.wait_ready(healthy_urls(plan.services, addresses=addresses))
    say(f"\nCairn              {addresses.web_url}\nPayer portal       {addresses.portal_url}\n")
    if log_ins.exists():
        say(log_ins.read_text(errors="replace"))


def _prepare(supervisor: Supervisor, *, plan: Plan) -> None:
    """Run the steps; while they run, the note of an earlier state must not vouch for this one."""
    server, registry = supervisor.servers.superuser, supervisor.registry
    earlier = roles.note(server=server, database=registry)
    if earlier == FIRST_TIME:
        say("The first preparation was interrupted half-way, so it begins anew …")
        _empty(supervisor)
    first = earlier in {None, FIRST_TIME}
    roles.leave_note(server=server, database=registry, words=FIRST_TIME if first else "being prepared again")
    for row in plan.steps:
        say(f"Preparing: {', '.join(step.name for step in row)} …")
        supervisor.run_steps(row)


def _empty(supervisor: Supervisor) -> None:
    """Drop databases and files that nobody has worked with yet."""
    both = supervisor.servers
    for name in (supervisor.registry, supervisor.portal):
        roles.drop_database(server=both.superuser, name=name)
    for name in ("snapshots", "uploads"):
        shutil.rmtree(both.places.data / name)
        (both.places.data / name).mkdir(mode=0o700)
    roles.establish(server=both.superuser, passwords=both.credentials.passwords)


def healthy_urls(running: Sequence[Service], *, addresses: Addresses) -> list[str]:
    """List the addresses that tell whether a service works; the portal has no page for it but its sign-in."""
    urls = {services.WEB.name: f"{addresses.web_url}/healthz", services.PORTAL.name: f"{addresses.portal_url}/sign-in/"}
    return [urls[service.name] for service in running if service.name in urls]


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into `Stopped`, and leave quietly on it."""

    def stop(number: int, frame: FrameType | None) -> None:
        _ignore_further_signals()
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except Stopped:
        say("Stopped; nothing is left running.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_further_signals() -> None:
    """A second Ctrl-C must not interrupt the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdout.flush()
