"""Rounding of numbers as people write them: the shortest decimal is shifted, never the binary fraction."""

import math
from decimal import Decimal

MOST_PLACES = 15


def shifted(number: float, places: int) -> float:
    """Move the decimal point of the shortest decimal that denotes a number; inf where that overflows."""
    return float(Decimal(repr(number)).scaleb(places))


def rounded(number: float, places: int, how: str) -> float | None:
    """Round to `places` decimals (negative: tens, hundreds); None outside −15…15 places.

    how: "round" (ties away from zero), "roundup" (away from zero), "rounddown" (towards zero).
    Source: docs/expressions.md, "Rounding".
    """
    if abs(places) > MOST_PLACES:
        return None
    size = shifted(abs(number), places)
    if not math.isfinite(size):
        return number
    whole = math.floor(size)
    if how == "round":
        whole += size - whole >= 0.5
    elif how == "roundup":
        whole += size > whole
    result = shifted(float(whole), -places)
    return -result if number < 0 else result
