"""Days of a column and the reporting period each falls into, worked out once per distinct text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from .columns import codes


@dataclass(frozen=True, kw_only=True)
class Span:
    """A period as half-open days."""

    id: int
    label: str
    starts_on: date
    ends_before: date
    is_open: bool


def day_in(text: str | None) -> date | None:
    """Read the day of an ISO date or date and time; None where it is neither."""
    if not text or len(text) < 10:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def days(array: pa.DictionaryArray) -> np.ndarray:
    """Read a column as days: object array of dates, shape (n,), None where there is none."""
    found = np.array([*(day_in(text) for text in array.dictionary.to_pylist()), None], dtype=object)
    return found[codes(array)]


def spans(array: pa.DictionaryArray, periods: Sequence[Span]) -> np.ndarray:
    """Find the period of each row's day: object array of Span, shape (n,), None where no period covers it."""
    found = [
        next((span for span in periods if day and span.starts_on <= day < span.ends_before), None)
        for day in map(day_in, array.dictionary.to_pylist())
    ]
    return np.array([*found, None], dtype=object)[codes(array)]


def later(moments: np.ndarray, *, by_days: int) -> np.ndarray:
    """Add days to each day; None stays None."""
    known = {day: day + timedelta(days=by_days) for day in set(moments.tolist()) if day is not None}
    return np.array([known.get(day) for day in moments.tolist()], dtype=object)
