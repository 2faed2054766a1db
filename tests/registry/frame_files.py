"""Operating lists for tests, and the registry's sampling set up: a little world's rules, lists of operations, and what they bring."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction

from registry.actions import cycles, frames
from registry.actions.cycles import Procedure
from registry.models import Cycle, FrameUpload
from tests.registry.little import NOW, Little, everywhere

FIRST = date(2026, 4, 1)
HEADER = ("case_id", "operated_on", "procedure", "surgeon", "age_years", "asa")
OPEN, LAPAROSCOPIC = "44140", "44204"


def csv(rows: Iterable[Iterable[object]], *, header: tuple[str, ...] = HEADER) -> bytes:
    """Write rows as a list."""
    return "\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)]).encode()


def operations(n_operations: int, *, first: date = FIRST, days: int = 8, start: int = 1, procedure: str | None = None) -> list[tuple[object, ...]]:
    """Make operations in the days from ``first`` on."""
    return [
        (f"F-{start + n:05d}", first + timedelta(days=n % days), procedure or (OPEN, LAPAROSCOPIC)[n % 2], "S1", 40 + n % 50, 1 + n % 4)
        for n in range(n_operations)
    ]


def set_up(little: Little, *, core: int = 5, caps: dict[str, int] | None = None, rare: tuple[str, ...] = (), starts_on: date = FIRST) -> None:
    """Publish one list of procedures and one set of rules."""
    listed = [
        Procedure(code=OPEN, label="Partial colectomy, open", group="open"),
        Procedure(code=LAPAROSCOPIC, label="Laparoscopic", group="keyhole"),
    ]
    with everywhere(), transaction.atomic():
        cycles.publish_list(registry=little.registry, starts_on=starts_on, element="procedure", procedures=listed, by="test", at=NOW)
        cycles.publish_rules(
            registry=little.registry, starts_on=starts_on, core=core, caps=caps or {}, rare=rare, risk_mix=("age_years", "asa"), by="test", at=NOW
        )


def received(little: Little, content: bytes, *, name: str = "list.csv", by: str = "nora") -> FrameUpload:
    """Send a list and choose the columns that were suggested."""
    hospital = little.south if by == "sam" else little.north
    with little.acting(by) as person:
        upload = frames.receive(registry=little.registry, hospital=hospital, file_name=name, content=content, by=person, at=NOW)
        frames.choose_columns(upload=upload, chosen=upload.mapping["columns"], by=person, at=NOW)
        return upload


def checked(little: Little, content: bytes, *, by: str = "nora") -> FrameUpload:
    """Send a list and check it."""
    upload = received(little, content, by=by)
    with little.acting(by):
        frames.check(upload=upload, at=NOW)
    return upload


def committed(little: Little, content: bytes, *, by: str = "nora") -> dict[str, int]:
    """Send a list, check it and commit it."""
    upload = checked(little, content, by=by)
    with little.acting(by) as person:
        upload.status = "COMMITTING"
        return frames.commit(upload=upload, by=person, at=NOW)


def drawn(little: Little, number: int = 1, *, seed: int = 20260401, by: str = "nora") -> Cycle:
    """Draw a cycle."""
    hospital = little.south if by == "sam" else little.north
    with little.acting(by) as person:
        return cycles.draw_cycle(registry=little.registry, hospital=hospital, number=number, seed=seed, by=person, at=NOW)
