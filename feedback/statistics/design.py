"""The design in two pieces: a small table of the patterns that occur, and the columns that vary freely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.coding import Categorical, Coding, encode

FEW_VALUES = 12
LARGEST_LOOKUP = 1 << 22


@dataclass(frozen=True)
class Design:
    """n rows by k named columns, stored as ``table[pattern]`` beside ``dense``.

    Attributes
    ----------
    names : k column names, the intercept first.
    pattern : (n,) int32 index into ``table``.
    table : (P, kd) float, one row for each combination of few-valued columns that occurs.
    dense : (kc, n) float, the columns with many values.
    discrete, free : positions of both kinds among the k columns.
    """

    names: tuple[str, ...]
    pattern: np.ndarray
    table: np.ndarray
    dense: np.ndarray
    discrete: tuple[int, ...]
    free: tuple[int, ...]

    def rows(self, chosen: np.ndarray) -> np.ndarray:
        """Return the (m, k) rows with the given (m,) indices."""
        part = np.empty((len(chosen), len(self.names)))
        part[:, list(self.discrete)] = self.table[self.pattern[chosen]]
        part[:, list(self.free)] = self.dense[:, chosen].T
        return part

    def matrix(self) -> np.ndarray:
        """Return the (n, k) float matrix itself."""
        return self.rows(np.arange(len(self.pattern)))

    def linear(self, beta: np.ndarray) -> np.ndarray:
        """Return the (n,) products xβ for (k,) coefficients."""
        eta = (self.table @ beta[list(self.discrete)])[self.pattern]
        for row, position in enumerate(self.free):
            eta += beta[position] * self.dense[row]
        return eta

    def without(self, names: tuple[str, ...]) -> Design:
        """Return the same rows without the named columns."""
        gone = {self.names.index(name) for name in names}
        keep = [position for position in range(len(self.names)) if position not in gone]
        place = {position: new for new, position in enumerate(keep)}
        discrete = [number for number, position in enumerate(self.discrete) if position not in gone]
        free = [number for number, position in enumerate(self.free) if position not in gone]
        return Design(
            names=tuple(self.names[position] for position in keep),
            pattern=self.pattern,
            table=self.table[:, discrete],
            dense=self.dense[free],
            discrete=tuple(place[self.discrete[number]] for number in discrete),
            free=tuple(place[self.free[number]] for number in free),
        )


def _few_valued(values: np.ndarray) -> Categorical | None:
    """Code a numeric column by its distinct values when there are at most ``FEW_VALUES`` of them, NaN as −1."""
    found = _distinct(values[:2000])
    codes, strange = _places(values, found)
    if len(found) <= FEW_VALUES and np.isfinite(values[strange]).any():
        found = _distinct(values)
        codes, strange = _places(values, found)
    if len(found) > FEW_VALUES:
        return None
    codes[strange] = -1
    return Categorical(codes=codes, levels=tuple(repr(float(value)) for value in found))


def _distinct(values: np.ndarray) -> np.ndarray:
    return np.unique(values[np.isfinite(values)])


def _places(values: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each value's place in the sorted ``found`` and whether it is not there at all."""
    if not 0 < len(found) <= FEW_VALUES:
        return np.zeros(len(values), dtype=np.int32), np.ones(len(values), dtype=bool)
    codes = np.minimum(np.searchsorted(found, values), len(found) - 1).astype(np.int32)
    return codes, found[codes] != values


def renumber(key: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Number the distinct keys 0, 1, … in increasing order."""
    if size <= max(LARGEST_LOOKUP, len(key)):
        seen = np.zeros(size, dtype=bool)
        seen[key] = True
        number = np.cumsum(seen, dtype=np.int32) - 1
        return number[key], int(number[-1]) + 1
    found, number = np.unique(key, return_inverse=True)
    return number.astype(np.int32), len(found)


def _patterns(
    n: int, columns: tuple[Categorical | np.ndarray, ...]
) -> tuple[np.ndarray, int, list[Categorical | None]]:
    """Number the combinations of few-valued columns; None stands for a column of many values."""
    key, size = np.zeros(n, dtype=np.int64), 1
    coded: list[Categorical | None] = []
    for column in columns:
        few = column if isinstance(column, Categorical) else _few_valued(column)
        coded.append(few)
        if few is not None:
            width = len(few.levels) + 1
            if size * width > LARGEST_LOOKUP:
                narrow, size = renumber(key, size)
                key = narrow.astype(np.int64)
            key = key * width + (few.codes + 1)
            size *= width
    pattern, n_patterns = renumber(key, size)
    return pattern, n_patterns, coded


def assemble(
    *, n: int, codings: tuple[Coding, ...], columns: tuple[Categorical | np.ndarray, ...]
) -> tuple[Design, np.ndarray]:
    """Build the design of n rows, an intercept first.

    Parameters
    ----------
    n : number of rows.
    codings, columns : one settled coding and one column for each adjuster, in order.

    Returns
    -------
    design : ``Design``.
    unseen : (n,) bool, rows with a level no coding has met (all False on the rows a coding was learned from).
    """
    pattern, n_patterns, coded = _patterns(n, columns)
    first = np.zeros(n_patterns, dtype=np.int64)
    first[pattern[::-1]] = np.arange(n - 1, -1, -1)
    names, table, dense = ["(Intercept)"], [np.ones((n_patterns, 1))], []
    discrete, free = [0], []
    unseen = np.zeros(n, dtype=bool)
    for coding, column, few in zip(codings, columns, coded, strict=True):
        place = range(len(names), len(names) + len(coding.names))
        names.extend(coding.names)
        if few is None:
            block, strange = encode(coding, column)
            dense.append(block.T)
            free.extend(place)
            unseen |= strange
            continue
        sample = (
            Categorical(codes=column.codes[first], levels=column.levels)
            if isinstance(column, Categorical)
            else column[first]
        )
        block, strange = encode(coding, sample)
        table.append(block)
        discrete.extend(place)
        unseen |= strange[pattern]
    return (
        Design(
            names=tuple(names),
            pattern=pattern,
            table=np.concatenate(table, axis=1),
            dense=np.ascontiguousarray(np.concatenate(dense)) if dense else np.empty((0, n)),
            discrete=tuple(discrete),
            free=tuple(free),
        ),
        unseen,
    )
