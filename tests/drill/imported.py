"""An import killed again and again: either all of it is there afterwards, or nothing."""

import contextlib
import io
import os
import random
import signal
import time
from collections.abc import Iterator

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from config.example import fill
from config.example.world import machine
from registry.actions import registries
from sites.actions import hospitals
from sites.models import Hospital
from tests.attack.figure import Figure
from tests.collaborative import address
from tests.databases import as_role
from tests.house.catalog import ask

KILLS = 20
FILE = fill.HERE / "medpar" / "cases.csv"
LEFT = """
SELECT (SELECT count(*) FROM registry_case c WHERE c.registry_id = r.id),
  (SELECT count(*) FROM registry_caserevision v JOIN registry_case c ON c.id = v.case_id WHERE c.registry_id = r.id),
  (SELECT count(*) FROM registry_upload u WHERE u.registry_id = r.id)
FROM registry_registry r WHERE r.code = %s
"""
READY = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'cairn_worker' AND datname = current_database()"
CONTENT = (
    "SELECT md5(string_agg(c.key || c.answers::text, '|' ORDER BY c.key)) FROM registry_case c"
    " JOIN registry_registry r ON r.id = c.registry_id WHERE r.code = %s"
)


def killed_imports() -> Iterator[Figure]:
    """Time one import; kill twenty others, each into a registry of its own, at moments drawn over that time; take the last up again."""
    with as_role("cairn_worker"):
        enrolled = _hospitals()
        _registry("drill0", enrolled)
        began = time.monotonic()
        status = os.waitpid(_fork("drill0"), 0)[1]
        whole_time = time.monotonic() - began
        draws = random.Random(1)
        codes = [f"drill{turn}" for turn in range(1, KILLS + 1)]
        for code in codes:
            _registry(code, enrolled)
            child = _fork(code)
            time.sleep(draws.uniform(0.05, 0.95) * whole_time)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        with as_role("superuser"):
            _wait_for_their_backends()
            whole, *left = [ask(LEFT, code)[0] for code in ("drill0", *codes)]
        nothing = [code for code, found in zip(codes, left, strict=True) if not any(found)]
        partial = [f"{code}: {found}" for code, found in zip(codes, left, strict=True) if any(found) and found != whole]
        again = os.waitpid(_fork(nothing[-1]), 0)[1] if nothing else 1
        with as_role("superuser"):
            same = bool(nothing) and ask(CONTENT, "drill0") == ask(CONTENT, nothing[-1])
    rows = len(FILE.read_text().splitlines()) - 1
    yield Figure(
        attack="An import that is killed leaves a part of itself",
        tried=f"{KILLS} SIGKILLs at random moments of an import of {rows:,} cases that takes {whole_time:.0f} s",
        found=f"{len(partial)} left a part, {len(nothing)} nothing at all; sent again, the file gave "
        f"{'the same' if same else 'other'} {whole[0]:,} cases",
        held=not partial and len(nothing) > KILLS // 2 and (status, again) == (0, 0) and same and whole[0] == rows,
        details=tuple(partial),
    )


def _wait_for_their_backends() -> None:
    """Wait until PostgreSQL has noticed that the killed are gone: what they had begun is undone, or stands."""
    deadline = time.monotonic() + 60
    while ask(READY)[0][0] > _workers() and time.monotonic() < deadline:
        time.sleep(0.2)


def _workers() -> int:
    """Count the worker's own connections that stay: those that rest."""
    return ask(READY + " AND state = 'idle'")[0][0]


def _hospitals() -> dict[str, Hospital]:
    """Enrol the hospitals of the published admissions."""
    now = timezone.now()
    with machine():
        return {
            code: hospitals.enrol(
                code=f"AZ-{code}", name=f"Hospital {code}", joined_on=fill.LONG_AGO, time_zone="UTC", by=fill.FILLER, at=now
            )
            for code in fill._medpar_codes(FILE.read_bytes())
        }  # fmt: skip


def _registry(code: str, enrolled: dict[str, Hospital]) -> None:
    """Set up a registry for the published admissions, without a case."""
    now = timezone.now()
    with machine():
        made = registries.create(code=code, title="Drill", has_dates=False, has_surgeons=False, by=fill.FILLER, at=now)
        fill._dictionary(made, FILE.parent)
        registries.add_period(registry=made, label="1991", by=fill.FILLER, at=now)
    with machine():
        for number, hospital in enrolled.items():
            registries.participate(
                registry=made, hospital=hospital, code=number, starts_on=fill.LONG_AGO, by=fill.FILLER, at=now
            )


def _fork(code: str) -> int:
    """Import in a child with connections of its own; return its process id."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            call_command(
                "import_cases", code, str(FILE), by=address("staff"), hospital_column="provnum", period="1991",
                commit=True, reason="As in the chart.",
            )  # fmt: skip
        status = 0
    finally:
        os._exit(status)
