"""Read how far components have spread: rows by hospital where they may be read, counts of three and more elsewhere."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from interventions.models import Impact, Toolkit, Uptake


@dataclass(frozen=True)
class Cell:
    """One component at one hospital: when it began and stopped, when it was put off, what stands in the way."""

    toolkit_id: int
    place: int
    component: str
    hospital_id: int
    starts_on: date | None
    stopped_on: date | None
    declined_on: date | None
    hindrance: str
    words: str

    def state(self, on: date) -> str:
        """Say where it stands on a day."""
        if self.starts_on is None:
            return "declined" if self.declined_on else "none"
        if self.starts_on > on:
            return "ahead"
        return "stopped" if self.stopped_on and self.stopped_on <= on else "running"


@dataclass(frozen=True)
class Count:
    """How many other hospitals had begun a component by the end of the quarter that starts on a day."""

    toolkit_id: int
    place: int
    quarter: date
    n: int


def cells(*, toolkit_id: int | None = None) -> list[Cell]:
    """Return the cells within reach: all for the centre, own ones for a hospital. The database decides."""
    return [
        Cell(*row)
        for row in _asked(
            "SELECT * FROM cairn_spread() WHERE %s::bigint IS NULL OR toolkit_id = %s", toolkit_id, toolkit_id
        )
    ]


def counts(*, toolkit_id: int, on: date) -> list[Count]:
    """Return how many other hospitals had begun by quarter, three and more."""
    return [
        Count(*row) for row in _asked("SELECT * FROM cairn_spread_counts(%s) WHERE toolkit_id = %s", on, toolkit_id)
    ]


def reasons(*, toolkit_id: int) -> list[tuple[str, int]]:
    """Return why other hospitals stopped or did not begin, where three or more say the same."""
    return [
        (hindrance, n)
        for hindrance, n in _asked("SELECT hindrance, n FROM cairn_spread_reasons() WHERE toolkit_id = %s", toolkit_id)
    ]


def _asked(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return cursor.fetchall()


def helped(toolkit: Toolkit) -> Impact | None:
    """Return the newest assessment of a toolkit."""
    return Impact.objects.filter(toolkit=toolkit).order_by("-pk").first()


def said(*, toolkit: Toolkit, hospital_ids: tuple[int, ...]) -> list[Uptake]:
    """Return what own hospitals said of the components, newest first."""
    rows = Uptake.objects.filter(toolkit=toolkit, hospital_id__in=hospital_ids).select_related("by", "hospital")
    return list(rows.order_by("-pk"))
