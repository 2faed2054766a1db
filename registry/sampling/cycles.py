"""The calendar of cycles: stretches of whole days, one after another from a first day. No clock, no hospital."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 8


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Cycles of ``days`` days, numbered from 1; cycle 1 begins on ``first_on``.

    Eight days make the first weekday move on by one from cycle to cycle, so that no weekday is favoured.
    Source: the eight-day cycle of NSQIP (Shiloach et al. 2010).
    """

    first_on: date
    days: int = DAYS

    def __post_init__(self) -> None:
        """Refuse cycles without days. Raises ValueError."""
        if self.days < 1:
            raise ValueError("A cycle has at least one day.")

    def number(self, day: date) -> int:
        """Return the number (1 …) of the cycle that holds a day. Raises ValueError for a day before the first cycle."""
        if day < self.first_on:
            raise ValueError(f"{day.isoformat()} is before the first cycle.")
        return (day - self.first_on).days // self.days + 1

    def span(self, number: int) -> tuple[date, date]:
        """Return the half-open days (from, before) of a cycle. Raises ValueError for a number below 1."""
        if number < 1:
            raise ValueError("Cycles are numbered from 1.")
        start = self.first_on + timedelta(days=(number - 1) * self.days)
        return start, start + timedelta(days=self.days)

    def over(self, *, since: date, on: date) -> Iterator[int]:
        """Give the numbers of the cycles that begin on ``since`` or later and are over on the day ``on``."""
        number = 1 if since <= self.first_on else self.number(since)
        if self.span(number)[0] < since:
            number += 1
        while self.span(number)[1] <= on:
            yield number
            number += 1
