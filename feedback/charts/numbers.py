"""Numbers as people read them: one place for thin spaces, minus signs and ranges; no HTML, no locale."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

THIN = "\u202f"
MINUS = "\u2212"
EMPTY = "\u2013"


def fixed(value: float | None, *, digits: int = 1) -> str:
    """Write a number with a fixed number of decimals, half away from zero.

    value: any real, None or NaN; digits: decimals, 0 or more.
    Returns an en dash for None and NaN; thousands are separated by commas; a true minus sign; never "−0.0".
    Raises ValueError for an infinite value or negative digits.
    """
    if value is None or math.isnan(value):
        return EMPTY
    if math.isinf(value):
        raise ValueError("an infinite value cannot be written")
    if digits < 0:
        raise ValueError("digits must be 0 or more")
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:,f}".replace("-", MINUS)


def words_rate(rate: float | None, *, digits: int = 1) -> str:
    """Write a rate as per cent: ``0.0291`` becomes ``2.9 %`` with a thin space before the sign that does not break.

    rate: a proportion (0–1; adjusted rates may exceed 1), None or NaN; digits: decimals of the per cent.
    """
    text = fixed(None if rate is None else rate * 100, digits=digits)
    return text if text == EMPTY else f"{text}{THIN}%"


def words_rates(low: float | None, high: float | None, *, digits: int = 1) -> str:
    """Write a range of rates: ``2.2 to 4.3 %``. An unknown end gives an en dash for the whole."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return EMPTY
    return f"{fixed(low * 100, digits=digits)} to {fixed(high * 100, digits=digits)}{THIN}%"


def words_range(low: float | None, high: float | None, *, digits: int = 2) -> str:
    """Write a range of plain numbers: ``0.62 to 1.30``. An unknown end gives an en dash for the whole."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return EMPTY
    return f"{fixed(low, digits=digits)} to {fixed(high, digits=digits)}"


def words_count(value: int | None) -> str:
    """Write a count with commas: ``1,204``; an en dash when there is none to write."""
    return EMPTY if value is None else f"{value:,d}".replace("-", MINUS)


def words_of(part: int, whole: int, *, noun: str = "cases") -> str:
    """Write a numerator with its denominator: ``12 of 412 cases``."""
    return f"{words_count(part)} of {words_count(whole)} {noun}".rstrip()


def words_points(difference: float | None, *, digits: int = 1) -> str:
    """Write a difference of two rates in percentage points with its sign: ``+1.9 points``."""
    text = fixed(None if difference is None else difference * 100, digits=digits)
    if text == EMPTY:
        return text
    sign = "+" if text[0] not in (MINUS, "0") or (text[0] == "0" and re.search("[1-9]", text)) else ""
    return f"{sign}{text} points"


def plain(sentence: str) -> str:
    """Take the emphasis marks out of a sentence: ``**likely better**`` becomes ``likely better``."""
    return re.sub(r"\*\*(.+?)\*\*", r"\1", sentence)


@dataclass(frozen=True, kw_only=True)
class Unit:
    """How a figure's values are written: kind "rate" (0–1, as per cent) or "ratio" (as is), with so many decimals.

    Raises ValueError for another kind.
    """

    kind: str
    digits: int

    def __post_init__(self) -> None:
        if self.kind not in ("ratio", "rate"):
            raise ValueError(f"kind is ratio or rate, not {self.kind!r}")

    def words(self, value: float | None) -> str:
        """Write one value."""
        return words_rate(value, digits=self.digits) if self.kind == "rate" else fixed(value, digits=self.digits)

    def between(self, pair: tuple[float, float] | None) -> str:
        """Write a pair of limits; an en dash for none."""
        if pair is None:
            return EMPTY
        return words_rates(*pair, digits=self.digits) if self.kind == "rate" else words_range(*pair, digits=self.digits)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """Write the ticks of an axis with as few decimals as tell them apart, at most three."""
        scaled = [100 * value for value in values] if self.kind == "rate" else list(values)
        digits = next((few for few in range(3) if all(abs(one - round(one, few)) < 1e-9 for one in scaled)), 3)
        return [
            words_rate(value, digits=digits) if self.kind == "rate" else fixed(value, digits=digits) for value in values
        ]


def unit_of(*, kind: str, digits: int | None = None) -> Unit:
    """Choose the usual decimals for a kind: one for rates, two for ratios."""
    return Unit(kind=kind, digits=digits if digits is not None else 2 if kind == "ratio" else 1)
