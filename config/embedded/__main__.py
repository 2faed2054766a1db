"""The command line behind the Makefile: `python -m config.embedded demo|reset|run|roles|test-servers`."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from config.embedded import credentials, lock, places, ports, roles, servers, services, stack
from config.embedded.refusal import Refusal

DATA = places.PROJECT / ".cairn"


def main(arguments: list[str]) -> int:
    """Do what was asked; a refusal is a sentence and exit status 1, never a traceback."""
    options = parser().parse_args(arguments)
    try:
        return int(options.action(options) or 0)
    except Refusal as refusal:
        print(f"\n{refusal}", file=sys.stderr, flush=True)
        return 1


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(prog="python -m config.embedded", description="Cairn with its own PostgreSQL and Valkey.")
    top.add_argument("--data", type=Path, default=DATA, help="data folder (default: .cairn)")
    commands = top.add_subparsers(required=True)
    demo = commands.add_parser("demo", help="run everything until stopped")
    demo.add_argument("--port", default="8000")
    demo.add_argument("--portal-port", default="8001")
    demo.set_defaults(action=_demo)
    commands.add_parser("reset", help="delete the data").set_defaults(action=_reset)
    run = commands.add_parser("run", help="run one command with the servers up: run cairn_worker manage.py …")
    run.add_argument("login", choices=[name for name in credentials.LOGINS if "portal" not in name])
    run.add_argument("command", nargs=argparse.REMAINDER)
    run.set_defaults(action=_run)
    commands.add_parser("roles", help="create roles and databases on the server of CAIRN_DB_HOST").set_defaults(action=_roles)
    commands.add_parser("test-servers", help="run only the two servers until stopped").set_defaults(action=_test_servers)
    return top


def _demo(options: argparse.Namespace) -> None:
    addresses = services.Addresses(
        web=ports.read("PORT", options.port), portal=ports.read("PORTAL_PORT", options.portal_port)
    )
    stack.demo(data=options.data, addresses=addresses)


def _reset(options: argparse.Namespace) -> None:
    stack.reset(data=options.data)


def _run(options: argparse.Namespace) -> int:
    """Run `python <command>` as the given log-in against the demo's data, which must not be in use."""
    where = places.settle(data=options.data)
    task = services.Service("run", ("python", *options.command), login=options.login, portal_login="cairn_portal_writer")
    with lock.held(where.lock), stack.stoppable(), servers.running(places=where, durable=True) as both:
        variables = services.environment(task, servers=both, addresses=services.Addresses(web=8000, portal=8001))
        return subprocess.run(task.argv(), env=variables, cwd=places.PROJECT, check=False).returncode
    return 1


def _roles(options: argparse.Namespace) -> None:
    """Prepare a server that is not ours (compose, a hospital's own): all passwords come from the environment."""
    server = roles.Server(
        host=_required("CAIRN_DB_HOST"),
        port=int(os.environ.get("CAIRN_DB_PORT", "5432")),
        password=_required("CAIRN_SUPERUSER_PASSWORD"),
        superuser=os.environ.get("CAIRN_SUPERUSER", credentials.SUPERUSER),
    )
    passwords = {login: _required(f"{login.upper()}_PASSWORD") for login in credentials.LOGINS}
    roles.establish(server=server, passwords=passwords)
    stack.say("Roles and databases are in place.")


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise Refusal(f"Set {name} (see .env.example).")
    return value


def _test_servers(options: argparse.Namespace) -> None:
    """Keep the two servers up, without durability, and print how to reach them."""
    where = places.settle(data=options.data / "test")
    with lock.held(where.lock), stack.stoppable(), servers.running(places=where, durable=False) as both:
        task = services.Service("test", ("python",), login="cairn_web", portal_login="cairn_portal_writer")
        variables = services.environment(task, servers=both, addresses=services.Addresses(web=8000, portal=8001))
        for name in sorted(variables):
            if name.startswith(("CAIRN_", "DJANGO_")):
                stack.say(f"export {name}='{variables[name]}'")
        signal.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
