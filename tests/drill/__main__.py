"""Kill web, workers, broker and PostgreSQL under load, kill an import twenty times, restore to a point in time; print and write figures.

Run from the project folder: ``python -m tests.drill [--rounds N] [--only PART …]``. Exit code 1 when something was lost.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from config.embedded.stack import stoppable
from tests import plugin
from tests.attack.figure import Figure

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trust.md"
BEGIN, END = "<!-- make drill -->", "<!-- end of make drill -->"
HEAD = "| drill | done | found | |\n|---|---|---|---|"
PARTS = ("postgres", "web", "broker", "worker")
WAITING = "SELECT count(*) FROM sites_job WHERE task = 'drill.count' AND status <> 'DONE'"
PAUSE_SECONDS = 3.0
PATIENCE_SECONDS = 240.0


def main(arguments: list[str]) -> int:
    """Drill, print, write."""
    options = argparse.ArgumentParser(prog="make drill", description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="how often each of the four parts is killed")
    options.add_argument("--only", nargs="*", default=[], help="kills, import or restore; nothing is written then")
    options.add_argument("--build", action="store_true", help="only build the universe, in a process of its own")
    chosen = options.parse_args(arguments)
    if chosen.build:
        print(_built())
        return 0
    said = subprocess.run(
        [sys.executable, "-m", "tests.drill", "--build"], stdout=subprocess.PIPE, text=True, check=True
    )
    figures = []
    from tests.drill import stack

    with stoppable(), stack.running(plugin.KEPT / "dumps" / said.stdout.split()[-1]) as running:
        _settings()
        from tests.drill import imported, restore

        drills: dict[str, Callable[[], Iterator[Figure]]] = {
            "kills": lambda: kills(running, rounds=chosen.rounds),
            "import": imported.killed_imports,
            "restore": lambda: restore.to_a_point_in_time(running),
        }
        for name, drill in drills.items():
            if chosen.only and name not in chosen.only:
                continue
            for figure in drill():
                figures.append(figure)
                print(figure.row(), *figure.details[:8], sep="\n    ", flush=True)
    if not chosen.only:
        write(figures)
    return 0 if figures and all(figure.held for figure in figures) else 1


def _built() -> str:
    """Build the tests' universe if need be, and return the name of its dump."""
    with plugin.started():
        _settings()
        from tests import databases

        return databases.universe().registry


def _settings() -> None:
    """Set Django up on the servers that now run, as the web's role."""
    os.environ.update(plugin.variables())
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    import_module("config.celery")


def kills(running: object, *, rounds: int) -> Iterator[Figure]:
    """Kill each part in turn while people save and jobs are queued; then look for everything that was acknowledged."""
    from tests.drill.load import Load
    from tests.house.catalog import ask

    load = Load(port=running.supervisor.addresses.web)
    load.begin()
    for turn in range(rounds * len(PARTS)):
        time.sleep(PAUSE_SECONDS)
        running.kill(PARTS[turn % len(PARTS)])
        running.web_answers()
    time.sleep(PAUSE_SECONDS)
    load.end()
    from tests.databases import as_role

    deadline = time.monotonic() + PATIENCE_SECONDS
    with as_role("superuser"):
        while ask(WAITING)[0][0] and time.monotonic() < deadline:
            running.revive()
            time.sleep(1)
        kept = dict(
            ask(
                "SELECT client_seq, changes -> 'evidence_note' ->> 1 FROM registry_caserevision WHERE client_seq LIKE 'drill-%%'"
            )
        )
        done = dict(ask("SELECT object_id::int, count(*) FROM sites_auditevent WHERE action = 'drill' GROUP BY 1"))
    lost = [seq for seq, value in load.saved.items() if kept.get(seq) != value]
    not_once = [str(n) for n in load.queued if done.get(n) != 1] + [
        f"{n} twice" for n, times in done.items() if times > 1
    ]
    tried = f"{rounds * len(PARTS)} SIGKILLs under load: {', '.join(PARTS)}"
    yield Figure(
        attack="Acknowledged writes are lost",
        tried=tried,
        found=f"{len(lost)} of {len(load.saved):,} lost; {load.refused.total():,} got no answer or an error and were sent again",
        held=bool(load.saved) and not lost,
        details=(*lost, f"not acknowledged, by status: {dict(load.refused)}"),
    )
    yield Figure(
        attack="A queued job runs never or twice",
        tried="the same kills",
        found=f"{len(not_once)} of {len(load.queued):,} jobs not exactly once",
        held=bool(load.queued) and not not_once,
        details=tuple(not_once),
    )


def write(figures: list[Figure]) -> None:
    """Put the figures between their marks in docs/trust.md."""
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    table = "\n".join((HEAD, *(figure.row() for figure in figures)))
    PAGE.write_text(f"{before}{BEGIN}\nMeasured on {datetime.now(UTC):%-d %B %Y}.\n\n{table}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
