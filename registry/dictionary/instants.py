"""Reading many texts as instants at once: the rule of `values.instant_in`, on arrays of characters."""

import numpy as np

from .values import DAY, Value, instant_of

FEW = 256
LENGTHS = (10, 16, 19)
DIGITS = {10: (0, 1, 2, 3, 5, 6, 8, 9), 16: (11, 12, 14, 15), 19: (17, 18)}
SIGNS = {10: {4: "-", 7: "-"}, 16: {13: ":"}, 19: {16: ":"}}
LONGEST_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def instants_of(values: list[Value]) -> np.ndarray:
    """Read values as seconds since 1970-01-01 00:00, NaN where they are no instants: float64 of shape (values,)."""
    if len(values) < FEW:
        return np.array(
            [np.nan if (instant := instant_of(value)) is None else instant for value in values], dtype=float
        )
    texts = [value if isinstance(value, str) else "" for value in values]
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    instants = np.full(len(texts), np.nan)
    for length in LENGTHS:
        places = np.flatnonzero(lengths == length)
        if len(places):
            instants[places] = _parsed([texts[place] for place in places], length)
    return instants


def _parsed(texts: list[str], length: int) -> np.ndarray:
    """Read texts that all have the length of a date (10), a date and time (16) or one with seconds (19)."""
    signs = np.array(texts, dtype=f"U{length}").view(np.uint32).reshape(len(texts), length)
    is_good = np.ones(len(texts), dtype=bool)
    for part in LENGTHS[: LENGTHS.index(length) + 1]:
        for place in DIGITS[part]:
            is_good &= (signs[:, place] >= ord("0")) & (signs[:, place] <= ord("9"))
        for place, sign in SIGNS[part].items():
            is_good &= signs[:, place] == ord(sign)
    if length > 10:
        is_good &= (signs[:, 10] == ord(" ")) | (signs[:, 10] == ord("T"))
    digits = signs.astype(np.int64) - ord("0")

    def number(start: int, end: int) -> np.ndarray:
        total = np.zeros(len(texts), dtype=np.int64)
        for place in range(start, end):
            total = total * 10 + digits[:, place]
        return total

    nothing = np.zeros(len(texts), dtype=np.int64)
    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    hour, minute = (number(11, 13), number(14, 16)) if length > 10 else (nothing, nothing)
    second = number(17, 19) if length > 16 else nothing
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    is_good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    is_good &= day <= LONGEST_DAYS[np.clip(month, 0, 12)] - ((month == 2) & ~is_leap)
    is_good &= (hour <= 23) & (minute <= 59) & (second <= 59)
    seconds = days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second
    return np.where(is_good, seconds, np.nan)


def days_since_1970(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Count days from 1970-01-01 in the Gregorian calendar: int64, any shape.

    Source: Howard Hinnant, chrono-compatible low-level date algorithms (days_from_civil), 2013.
    """
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
