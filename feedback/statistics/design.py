"""The design in two pieces: a small table of the patterns that occur, and the columns that vary freely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.coding import Categorical, Coding, encode_columns

FEW_VALUES = 12
LARGEST_LOOKUP = 1 << 22
FIRST_LOOK = 2000
BLOCK = 16_384


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


@dataclass(frozen=True)
class _Few:
    """A column of few values: ``codes`` (n,) below ``size``, 0 for missing where ``missing`` says that some are."""

    codes: np.ndarray
    size: int
    missing: bool


def _few_valued(column: Categorical | np.ndarray) -> _Few | None:
    """Code a column by its levels, or a numeric one by its distinct values when there are at most ``FEW_VALUES`` of them."""
    if isinstance(column, Categorical):
        missing = bool(column.codes.min() < 0)
        return _Few(codes=column.codes, size=len(column.levels), missing=missing)
    found = _distinct(column[:FIRST_LOOK])
    if len(found) > FEW_VALUES:
        return None
    codes, strange = _places(column, found)
    if strange and (len(found) == 0 or np.isfinite(column[codes < 0]).any()):
        found = _distinct(column)
        if len(found) > FEW_VALUES:
            return None
        codes, strange = _places(column, found)
    return _Few(codes=codes, size=len(found), missing=strange)


def _distinct(values: np.ndarray) -> np.ndarray:
    return np.unique(values[np.isfinite(values)])


def _places(values: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return each value's place in ``found`` as int8, −1 where it is not there, and whether that happens."""
    codes = np.full(len(values), -1, dtype=np.int8)
    seen = 0
    for place, value in enumerate(found):
        here = values == value
        seen += int(np.count_nonzero(here))
        codes += here.view(np.int8) * np.int8(place + 1)
    return codes, seen < len(values)


def renumber(key: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Number the distinct keys (n,) below ``size`` 0, 1, … in increasing order; returns (n,) int32 and how many there are."""
    if size <= max(LARGEST_LOOKUP, len(key)):
        seen = np.zeros(size, dtype=bool)
        seen[key] = True
        number = np.cumsum(seen, dtype=np.int32)
        number -= 1
        return number.take(key), int(number[-1]) + 1
    found, number = np.unique(key, return_inverse=True)
    return number.astype(np.int32), len(found)


def _patterns(n: int, columns: tuple[Categorical | np.ndarray, ...]) -> tuple[np.ndarray, int, list[bool]]:
    """Number the combinations of few-valued columns, and say which columns those are."""
    key, size = np.zeros(n, dtype=np.int64), 1
    few = [_few_valued(column) for column in columns]
    pending: list[_Few] = []
    for column in [item for item in few if item is not None]:
        width = column.size + column.missing
        if size * width > LARGEST_LOOKUP:
            key, size = renumber(_combined(key, pending), size)
            key, pending = key.astype(np.int64), []
        pending.append(column)
        size *= width
    pattern, n_patterns = renumber(_combined(key, pending), size)
    return pattern, n_patterns, [item is not None for item in few]


def _combined(key: np.ndarray, columns: list[_Few]) -> np.ndarray:
    """Append the columns' codes to the keys (n,) as digits, in parts that stay in the cache."""
    for begin in range(0, len(key), BLOCK):
        part = key[begin : begin + BLOCK]
        for column in columns:
            part *= column.size + column.missing
            part += column.codes[begin : begin + BLOCK]
            if column.missing:
                part += 1
    return key


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
    member = members(pattern, n_patterns)
    names, table = ["(Intercept)"], [np.ones((1, n_patterns))]
    discrete, free = [0], []
    dense = np.empty((sum(len(item.names) for item, few in zip(codings, coded, strict=True) if not few), n))
    unseen = np.zeros(n, dtype=bool)
    for coding, column, few in zip(codings, columns, coded, strict=True):
        place = range(len(names), len(names) + len(coding.names))
        names.extend(coding.names)
        if few:
            block, strange = encode_columns(coding, column[member])
            table.append(block)
            discrete.extend(place)
            if strange.any():
                unseen |= strange[pattern]
            continue
        _, strange = encode_columns(coding, column, out=dense[len(free) : len(free) + len(place)])
        free.extend(place)
        if strange.any():
            unseen |= strange
    return (
        Design(
            names=tuple(names),
            pattern=pattern,
            table=np.ascontiguousarray(np.concatenate(table).T),
            dense=dense,
            discrete=tuple(discrete),
            free=tuple(free),
        ),
        unseen,
    )


def members(pattern: np.ndarray, n_patterns: int) -> np.ndarray:
    """Return one row of each pattern, (P,)."""
    member = np.zeros(n_patterns, dtype=np.int64)
    member[pattern] = np.arange(len(pattern))
    return member
