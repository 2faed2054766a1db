"""Times the check and the commit of a file (reading, checks, revisions and audit included) beside raw COPY of the same file, side by side
in one run, and prints the ratios, by the clock and by the processor; a measurement, not a test.

The yardstick is a bare typed table (each column the narrowest of date, timestamp, integer, real and text that holds it) with a primary key,
unique (hospital, case number) and an index on (hospital, date): the least that a registry could do with the file.

Run from the project folder: ``OPENBLAS_NUM_THREADS=1 python -m bench.upload [ROWS]`` (100000 when left out). It starts a database server of its
own; both sides use it, with the same settings.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tests import plugin

REPETITIONS = 3
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)
KINDS = (
    ("date", r"^\d{4}-\d{2}-\d{2}$"),
    ("timestamp", r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"),
    ("integer", r"^-?\d{1,9}$"),
    ("real", r"^-?\d*\.?\d+$"),
)


def main(rows: int) -> None:
    """Interleave both and print medians."""
    with plugin.started():
        os.environ.update(plugin.variables())
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        _measure(rows)


def _measure(rows: int) -> None:
    from config.example import generate
    from config.example.truths import load, resized
    from tests import databases

    truths = load()
    made = generate.generate(truths=resized(truths, hospitals=1, cases=rows, latest=truths.quarters))
    (code, data), surgeons = next(iter(made.files.items())), [s.code for s in made.truths.surgeons]
    width = data.partition(b"\n")[0].count(b",") + 1
    print(f"{rows:,} rows × {width} columns, {len(data) / 1e6:.1f} MB", flush=True)
    taken: dict[str, list[Taken]] = {"raw COPY": [], "check": [], "commit": []}
    with databases.cloned(databases.migrated()) as world:
        place = _Place(code, surgeons, first=truths.first_day, quarters=truths.quarters)
        for number in range(REPETITIONS):
            taken["raw COPY"].append(_raw(world, data))
            with databases.as_role("cairn_worker"):
                checked, committed = place.upload(f"bench-{number}", data)
            taken["check"].append(checked)
            taken["commit"].append(committed)
    taken["both"] = [one + other for one, other in zip(taken["check"], taken["commit"], strict=True)]
    for part in ("clock", "processor"):
        print(f"by the {part}:")
        raw = statistics.median(getattr(one, part) for one in taken["raw COPY"])
        for name, each in taken.items():
            seconds = [getattr(one, part) for one in each]
            median = statistics.median(seconds)
            shown = ", ".join(f"{one:.2f}" for one in seconds)
            print(
                f"{name:>9}: {median:7.2f} s {rows / median:10,.0f} rows/s   raw COPY / this = {raw / median:5.2f}   ({shown})"
            )


@dataclass(frozen=True)
class Taken:
    """Seconds that some work took: by the clock, and of the processor (this process and its backend of the database)."""

    clock: float
    processor: float

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.clock + other.clock, self.processor + other.processor)


def _timed(work: Callable[[], object], *, backend: int) -> Taken:
    begin, own, theirs = time.perf_counter(), time.process_time(), _processor(backend)
    work()
    return Taken(time.perf_counter() - begin, time.process_time() - own + _processor(backend) - theirs)


def _processor(pid: int) -> float:
    """Read the processor seconds of a process from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _raw(world: object, data: bytes) -> Taken:
    """COPY the file into a bare typed table with a primary key and two indexes, and commit."""
    import io

    import pandas as pd

    sample = pd.read_csv(io.BytesIO(data), dtype=str)
    columns = [f'"{name}" {_kind(sample[name].dropna())}' for name in sample.columns]
    with plugin.joined().superuser.connection(world.registry) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(
            "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hospital_id bigint NOT NULL DEFAULT 1,"
            f" {', '.join(columns)})"
        )
        connection.execute(
            "CREATE UNIQUE INDEX ON bare (hospital_id, case_id); CREATE INDEX ON bare (hospital_id, operated_on)"
        )
        names = ", ".join(f'"{name}"' for name in sample.columns)

        def copy() -> None:
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY bare ({names}) FROM STDIN WITH (FORMAT csv, HEADER)") as stream,
            ):
                for start in range(0, len(data), 1 << 20):
                    stream.write(data[start : start + (1 << 20)])

        return _timed(copy, backend=connection.info.backend_pid)


def _kind(values: object) -> str:
    """Choose the narrowest type that holds every text of a column."""
    return next((kind for kind, pattern in KINDS if len(values) and values.str.match(pattern).all()), "text")


class _Place:
    """A hospital with its abstractor and surgeons; each upload gets a registry of its own."""

    def __init__(self, code: str, surgeons: list[str], *, first: date, quarters: int) -> None:
        from django.db import transaction

        from sites.access.roles import Role
        from sites.actions import hospitals, memberships
        from tests.databases import as_role

        self.code, self.first, self.quarters = code, first, quarters
        with as_role("cairn_migrator"), transaction.atomic():
            self.hospital = hospitals.enrol(
                code="bench", name="Bench", joined_on=LONG_AGO, time_zone="UTC", by="bench", at=NOW
            )
            self.person = memberships.add_person(
                email="bench@example.org", name="Bench", password=None, by="bench", at=NOW
            )
            for surgeon in surgeons:
                row = memberships.add_person(
                    email=f"{surgeon}@example.org".lower(), name=surgeon, password=None, by="bench", at=NOW
                )
                memberships.grant(
                    person=row,
                    role=Role.SURGEON,
                    hospital=self.hospital,
                    starts_on=LONG_AGO,
                    surgeon_code=surgeon,
                    by="bench",
                    at=NOW,
                )

    @contextmanager
    def _machine(self) -> Iterator[None]:
        from django.db import transaction

        from sites.access import policy
        from sites.access.scope import bound

        with transaction.atomic():
            scope = policy.system(name="bench").scope()
        with bound(scope), transaction.atomic():
            yield

    def upload(self, name: str, data: bytes) -> tuple[Taken, Taken]:
        """Send, check and commit the file; return what the check and the whole commit took."""
        from registry.actions import uploads
        from registry.intake.sheet import DESK

        registry = self._registry(name)
        with self._machine():
            row = uploads.receive(
                registry=registry,
                hospital=self.hospital,
                file_name="bench.csv",
                content=data,
                limits=DESK,
                by=self.person,
                at=NOW,
            )
            uploads.choose_columns(
                upload=row, chosen=row.mapping["columns"], hospital_header="", by=self.person, at=NOW
            )
        checked = self._timed(lambda: uploads.check(upload=row, at=NOW))
        names = [sort["name"] for sort in row.counts["sorts"]]
        self._within(
            lambda: uploads.explain(upload=row, reasons=dict.fromkeys(names, "As in the chart"), by=self.person, at=NOW)
        )
        return checked, self._timed(lambda: uploads.commit(upload=row, by=self.person, at=NOW))

    def _timed(self, work: Callable[[], object]) -> Taken:
        from django.db import connection

        connection.ensure_connection()
        return _timed(lambda: self._within(work), backend=connection.connection.info.backend_pid)

    def _within(self, work: Callable[[], object]) -> None:
        with self._machine():
            work()

    def _registry(self, name: str) -> object:
        from config.example import generate
        from registry.actions import dictionaries, registries

        folder = Path(generate.__file__).parent / "colorectal"
        with self._machine():
            registry = registries.create(code=name, title=name, by="bench", at=NOW)
            registries.participate(
                registry=registry, hospital=self.hospital, code=self.code, starts_on=LONG_AGO, by="bench", at=NOW
            )
            registries.add_quarters(registry=registry, first=self.first, n=self.quarters, by="bench", at=NOW)
            source, companion = ((folder / file).read_bytes() for file in ("dictionary.csv", "checks.toml"))
            version = dictionaries.draft(
                registry=registry, source=source, companion=companion, by=None, actor="bench", at=NOW
            )
            dictionaries.publish(version=version, by=None, actor="bench", at=NOW)
        return registry


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
