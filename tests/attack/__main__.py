"""Run every attack on the universe of the tests, print the figures, and write them into docs/trust.md.

Run from the project folder: ``python -m tests.attack [--only PART …] [--no-write]``. Exit code 1 when something did not hold.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests import plugin
from tests.attack.figure import Figure

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trust.md"
BEGIN, END = "<!-- make attack -->", "<!-- end of make attack -->"
HEAD = "| attack | tried | found | |\n|---|---|---|---|"
MOST_DETAILS = 12


def parts() -> dict[str, Callable[[], Iterator[Figure]]]:
    """Return each part with the world it needs: those that plant something get one of their own."""
    from tests import databases
    from tests.attack import identities, injection, leaks, matrix, releases
    from tests.house.universe import Universe

    def in_a_world(attack: Callable[..., Iterator[Figure]], *, people: bool = True) -> Callable[[], Iterator[Figure]]:
        def run() -> Iterator[Figure]:
            from django.conf import settings

            settings.ALLOWED_HOSTS = ["testserver", "localhost"]
            with databases.cloned(databases.universe()):
                yield from attack(Universe()) if people else attack()

        return run

    return {
        "matrix": in_a_world(matrix.attack),
        "canaries": in_a_world(leaks.canary_scan),
        "swap": in_a_world(identities.swap),
        "linkage": in_a_world(identities.linkage, people=False),
        "releases": releases.attack,
        "payloads": in_a_world(leaks.stored_payloads),
        "sql": in_a_world(injection.attack),
    }


def main(arguments: list[str]) -> int:
    """Attack, print, write."""
    options = argparse.ArgumentParser(prog="make attack", description=__doc__)
    options.add_argument("--only", nargs="*", default=[], help="parts to run; nothing is written then")
    options.add_argument("--no-write", action="store_true", help="leave docs/trust.md as it is")
    chosen = options.parse_args(arguments)
    figures = []
    with plugin.started():
        os.environ.update(plugin.variables())
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        logging.disable(logging.ERROR)  # every refusal would be a line
        for name, run in parts().items():
            if chosen.only and name not in chosen.only:
                continue
            began = time.process_time()
            for figure in run():
                figures.append(figure)
                print(f"{figure.row()}  ({name}, {time.process_time() - began:.0f} s of processor time)", flush=True)
                for line in figure.details[:MOST_DETAILS]:
                    print(f"    {line}", flush=True)
    if not (chosen.only or chosen.no_write):
        write(figures)
    return 0 if all(figure.held for figure in figures) else 1


def write(figures: list[Figure]) -> None:
    """Put the figures between their marks in docs/trust.md."""
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    table = "\n".join((HEAD, *(figure.row() for figure in figures)))
    day = f"Measured on {datetime.now(UTC):%-d %B %Y} on the nine invented hospitals of the tests."
    PAGE.write_text(f"{before}{BEGIN}\n{day}\n\n{table}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
