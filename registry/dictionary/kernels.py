"""Functions of the expression language that have a row-wise numpy form; all others go value by distinct value.

A kernel gives the same as its scalar function in `functions`, or None where it cannot do these arguments.
"""

from datetime import date

import numpy as np

from .functions import UNITS, is_signed, moment, whole_number
from .rounding import MOST_PLACES, rounded
from .values import clock_in
from .vectors import TEXT, Categories, Constant, Numbers, Vector


def whole_powers(base: np.ndarray, exponent: int) -> np.ndarray:
    """Raise to a whole power by squaring, in the order of values.whole_power; NaN where blank or not finite."""
    result, factor, left = np.ones(len(base)), base, abs(exponent)
    with np.errstate(all="ignore"):
        while left:
            if left & 1:
                result = result * factor
            left >>= 1
            if left:
                factor = factor * factor
        result = result if exponent >= 0 else 1.0 / result
    return np.where(np.isfinite(result) & ~np.isnan(base), result, np.nan)


def _finite(array: np.ndarray) -> Numbers:
    return Numbers(np.where(np.isfinite(array), array, np.nan))


def _totals(vectors: list[Vector]) -> tuple[np.ndarray, np.ndarray]:
    """Add the numbers of each row from left to right, skipping blanks: (totals, counts)."""
    totals = np.zeros(len(vectors[0]))
    counts = np.zeros(len(vectors[0]))
    for vector in vectors:
        numbers = vector.numbers()
        present = ~np.isnan(numbers)
        totals = totals + np.where(present, numbers, 0.0)
        counts = counts + present
    return totals, counts


def _sum(vectors, today):
    with np.errstate(all="ignore"):
        totals, counts = _totals(vectors)
    return _finite(np.where(counts == 0, np.nan, totals))


def _mean(vectors, today):
    with np.errstate(all="ignore"):
        totals, counts = _totals(vectors)
        return _finite(totals / counts)


def _min(vectors, today):
    return Numbers(np.fmin.reduce([vector.numbers() for vector in vectors]))


def _max(vectors, today):
    return Numbers(np.fmax.reduce([vector.numbers() for vector in vectors]))


def _abs(vectors, today):
    return Numbers(np.abs(vectors[0].numbers()))


def _sqrt(vectors, today):
    with np.errstate(all="ignore"):
        return _finite(np.sqrt(vectors[0].numbers()))


def _mod(vectors, today):
    number, divisor = vectors[0].numbers(), vectors[1].numbers()
    with np.errstate(all="ignore"):
        return _finite(np.where(divisor == 0, np.nan, np.fmod(number, divisor)))


def _rounding(how: str):
    def kernel(vectors, today):
        places = 0
        if len(vectors) == 2:
            places = whole_number(vectors[1].value) if isinstance(vectors[1], Constant) else None
        if places is None or abs(places) > MOST_PLACES or isinstance(vectors[0], Categories):
            return None
        return Numbers(_rounded(vectors[0].numbers(), places, how))

    return kernel


def _rounded(numbers: np.ndarray, places: int, how: str) -> np.ndarray:
    """Round an array; the few rows too near a boundary for binary arithmetic go through the exact scalar."""
    scale = 10.0 ** abs(places)
    with np.errstate(all="ignore"):
        sizes = np.abs(numbers) * scale if places >= 0 else np.abs(numbers) / scale
        fractions = sizes - np.floor(sizes)
        wholes = np.floor(sizes + (0.5 if how == "round" else 0.0)) if how != "roundup" else np.ceil(sizes)
        results = np.copysign(wholes / scale if places >= 0 else wholes * scale, numbers)
        boundary = 0.5 if how == "round" else np.round(fractions)
        delicate = (np.abs(fractions - boundary) < 1e-4) | (sizes > 1e11)
    for row in np.flatnonzero(delicate & ~np.isnan(numbers)):
        results[row] = rounded(float(numbers[row]), places, how)
    return results


def _datediff(vectors, today):
    rest = vectors[2:]
    if not all(isinstance(vector, Constant) for vector in rest):
        return None
    unit = UNITS.get(rest[0].value) if isinstance(rest[0].value, str) else None
    start, end = (_moments(vector, today) for vector in vectors[:2])
    if unit is None or start is None or end is None:
        return None
    gaps = end - start
    return Numbers((gaps if is_signed([vector.value for vector in rest[1:]]) else np.abs(gaps)) / unit)


def _moments(vector: Vector, today: date) -> np.ndarray | None:
    """Read instants per row; None where some text might be a time of day, which only the scalar function reads."""
    if not isinstance(vector, Categories):
        return np.full(len(vector), np.nan)
    table = vector.instant_table
    for position in np.flatnonzero(np.isnan(table) & (vector.kind_table == TEXT)):
        value = vector.values[position]
        if clock_in(value) is not None:
            return None
        if value in ("today", "now"):
            table = table.copy()
            table[position] = moment(value, today)
    return table[vector.codes]


KERNELS = {
    "sum": _sum,
    "mean": _mean,
    "min": _min,
    "max": _max,
    "abs": _abs,
    "sqrt": _sqrt,
    "mod": _mod,
    "round": _rounding("round"),
    "roundup": _rounding("roundup"),
    "rounddown": _rounding("rounddown"),
    "datediff": _datediff,
}
