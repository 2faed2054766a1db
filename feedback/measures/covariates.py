"""Turns a measure's adjusters into plain arrays for a risk model; how they become a design is the statistics' affair."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from feedback.measures.definition import Adjuster, Measure
from registry.dictionary.expression import Types
from registry.dictionary.frame import TypedFrame
from registry.dictionary.values import Missing, text_of
from registry.dictionary.vectors import Categories


@dataclass(frozen=True)
class Covariate:
    """One adjuster on the chosen rows, with its declaration.

    A category has `codes`, int32 of shape (rows,) into `levels` with -1 for blank and missing states; a number has
    `values`, float64 of shape (rows,) in the dictionary's unit with NaN for blank and missing states.
    """

    adjuster: Adjuster
    codes: np.ndarray | None
    levels: tuple[str, ...]
    values: np.ndarray | None

    @property
    def missing(self) -> np.ndarray:
        """Return the bool mask of shape (rows,) of the cases in which the adjuster is not known."""
        return np.isnan(self.values) if self.codes is None else self.codes < 0


def cohort_columns(
    measure: Measure, frame: pd.DataFrame | TypedFrame, *, types: Types, rows: np.ndarray | None = None
) -> tuple[Covariate, ...]:
    """Return one covariate for each adjuster of a measure, in its order.

    frame: one row per case, one column per export column; blank = NA or "". rows: a bool mask or positions of the cases
    that are counted (default all). Levels are those of the frame, numbers before words and by size, whatever the rows.
    A text that is no number counts as missing in a numeric adjuster; an unticked checkbox member is "0".
    """
    typed = TypedFrame.of(frame, types=types)
    chosen = slice(None) if rows is None else rows
    ticks = frozenset(column for pairs in types.ticks.values() for _, column in pairs)
    found = []
    for adjuster in measure.adjusters:
        vector = typed.vector(adjuster.element)
        if adjuster.coding.numeric:
            found.append(Covariate(adjuster=adjuster, codes=None, levels=(), values=vector.numbers()[chosen]))
            continue
        codes, levels = _levels(vector.categories(), blank="0" if adjuster.element in ticks else None)
        found.append(Covariate(adjuster=adjuster, codes=codes[chosen], levels=levels, values=None))
    return tuple(found)


def _levels(column: Categories, *, blank: str | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Recode a column of categories to sorted levels; `blank` is the level that blank means, None when it is missing."""
    names = [
        blank if value is None else None if isinstance(value, Missing) else text_of(value) for value in column.values
    ]
    levels = sorted({name for name in names if name is not None}, key=_order)
    place = {name: at for at, name in enumerate(levels)}
    table = np.array([place.get(name, -1) for name in names], dtype=np.int32)
    return table[column.codes], tuple(levels)


def _order(level: str) -> tuple[int, float, str]:
    """Sort numbers before words, numbers by size."""
    return (0, float(level), level) if level.lstrip("-").replace(".", "", 1).isdecimal() else (1, 0.0, level)
