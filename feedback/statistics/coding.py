"""How a recorded column becomes design columns: declared references, splines and missing-value rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from feedback.statistics import spline
from feedback.statistics.refusal import ComparisonRefusal

CODINGS = ("linear", "categorical", "spline3", "spline4", "spline5")
MISSING_RULES = ("category", "mean_indicator")
LARGEST_NUMBER = 1e50
MOST_SHOWN = 60


@dataclass(frozen=True)
class Adjuster:
    """One covariate as declared before any data are seen.

    ``reference`` is a level of a categorical adjuster (the first in sorted order when left out). ``missing`` is
    ``category`` (its own level) or ``mean_indicator``; for a number both put the mean in place and add an indicator.
    ``centre`` and ``scale`` turn a number into (value − centre) / scale before anything else.
    """

    name: str
    coding: str = "linear"
    reference: str | None = None
    missing: str = "category"
    centre: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class Categorical:
    """A column of levels already coded: ``codes`` (n,) integers into ``levels``, −1 for missing."""

    codes: np.ndarray
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: np.ndarray) -> Categorical:
        """Return the chosen rows with the same levels."""
        return Categorical(codes=self.codes[rows], levels=self.levels)


@dataclass(frozen=True)
class Coding:
    """An adjuster after it has met the data: everything needed to code new rows in exactly the same way.

    ``levels`` are the non-reference levels in column order; ``indicator`` says whether a missing-value column exists.
    """

    adjuster: Adjuster
    names: tuple[str, ...]
    reference: str | None = None
    levels: tuple[str, ...] = ()
    knots: tuple[float, ...] = ()
    fill: float = 0.0
    indicator: bool = False
    empty_levels: tuple[str, ...] = field(default=())


def _level_order(level: str) -> tuple:
    try:
        number = float(level)
    except ValueError:
        return (1, 0.0, level)
    return (0, number, level) if math.isfinite(number) else (1, 0.0, level)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            return None
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    text = str(value).strip()
    return text or None


def as_categorical(values: Categorical | Sequence | np.ndarray) -> Categorical:
    """Read a column as levels; blank, None and NaN are missing, 2.0 and 2 are the same level.

    Parameters
    ----------
    values : (n,) text, numbers or an already coded ``Categorical``.

    Returns
    -------
    ``Categorical`` with levels sorted (numbers before words, numbers by size).
    """
    if isinstance(values, Categorical):
        return values
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        plain = array.astype(float)
        good = np.isfinite(plain)
        found, codes = np.unique(plain[good], return_inverse=True)
        coded = np.full(len(plain), -1, dtype=np.int32)
        coded[good] = codes
        return Categorical(codes=coded, levels=tuple(str(_text(float(value))) for value in found))
    index: dict[str, int] = {}
    coded = np.fromiter(
        (-1 if (text := _text(value)) is None else index.setdefault(text, len(index)) for value in array.tolist()),
        dtype=np.int32,
        count=len(array),
    )
    levels = sorted(index, key=_level_order)
    rank = np.empty(len(levels) + 1, dtype=np.int32)
    rank[-1] = -1
    for position, level in enumerate(levels):
        rank[index[level]] = position
    return Categorical(codes=rank[coded], levels=tuple(levels))


def _number(value: object, *, name: str) -> float:
    try:
        return math.nan if _text(value) is None else float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError) as error:
        shown = " ".join(str(value).split())[:MOST_SHOWN]
        raise ComparisonRefusal(
            "BAD_INPUT", (f"Column {name} holds a value that is not a number: {shown}.",)
        ) from error


def as_numbers(values: Sequence | np.ndarray, *, name: str) -> np.ndarray:
    """Read a column as numbers, NaN for missing or infinite.

    Raises
    ------
    ComparisonRefusal ``BAD_INPUT`` naming the first value that is not a number.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        array = np.array([_number(value, name=name) for value in array.tolist()])
    array = array.astype(float, copy=False)
    good = np.isfinite(array)
    return array if good.all() else np.where(good, array, np.nan)


def learn(adjuster: Adjuster, values: Categorical | np.ndarray) -> Coding:
    """Settle the columns of one adjuster from the rows a model will be fitted on.

    Parameters
    ----------
    adjuster : the declaration.
    values : (n,) ``Categorical`` for a categorical adjuster, else (n,) float with NaN for missing.

    Raises
    ------
    ComparisonRefusal ``BAD_INPUT`` for an unknown coding or rule, a scale of 0, a reference no row has, or a column
    without any value.

    Source: van Buuren, Flexible Imputation of Missing Data, 2018, §1.3.7 (indicator method, for prediction only).
    """
    if adjuster.coding not in CODINGS or adjuster.missing not in MISSING_RULES or adjuster.scale == 0:
        raise ComparisonRefusal(
            "BAD_INPUT",
            (
                f"Adjuster {adjuster.name}: coding {adjuster.coding}, missing rule {adjuster.missing} or scale not allowed.",
            ),
        )
    if isinstance(values, Categorical):
        return _learn_levels(adjuster, values)
    present = values if _whole(values) else values[np.isfinite(values)]
    if len(present) == 0:
        raise ComparisonRefusal("BAD_INPUT", (f"Column {adjuster.name} has no value at all.",))
    ends = (np.array([present.min(), present.max()], dtype=float) - adjuster.centre) / adjuster.scale
    if np.abs(ends).max() > LARGEST_NUMBER:
        raise ComparisonRefusal("BAD_INPUT", (f"Column {adjuster.name} holds a number beyond ±{LARGEST_NUMBER:g}.",))
    indicator = len(present) < len(values)
    tail = (f"{adjuster.name}:missing",) if indicator else ()
    knots: tuple[float, ...] = ()
    if adjuster.coding.startswith("spline"):
        knots = spline.place_knots((present - adjuster.centre) / adjuster.scale, count=int(adjuster.coding[-1]))
    if len(knots) >= 3:
        bent = tuple(f"{adjuster.name}:spline{number}" for number in range(2, len(knots)))
        names = (adjuster.name, *bent, *tail)
    else:
        knots, names = (), (adjuster.name, *tail)
    return Coding(
        adjuster=adjuster,
        names=names,
        knots=knots,
        fill=float((present.mean() - adjuster.centre) / adjuster.scale),
        indicator=indicator,
    )


def _learn_levels(adjuster: Adjuster, values: Categorical) -> Coding:
    indicator = bool((values.codes < 0).any())
    known = values.codes[values.codes >= 0] if indicator else values.codes
    counts = np.bincount(known, minlength=len(values.levels))
    used = [level for level, count in zip(values.levels, counts, strict=True) if count]
    if not used:
        raise ComparisonRefusal("BAD_INPUT", (f"Column {adjuster.name} has no value at all.",))
    reference = used[0] if adjuster.reference is None else str(adjuster.reference)
    if reference not in used:
        raise ComparisonRefusal(
            "BAD_INPUT", (f"Adjuster {adjuster.name}: no row has the reference level {reference}.",)
        )
    levels = [level for level in used if level != reference]
    names = tuple(f"{adjuster.name}{level}" for level in levels)
    return Coding(
        adjuster=adjuster,
        names=(*names, f"{adjuster.name}:missing") if indicator else names,
        reference=reference,
        levels=tuple(levels),
        indicator=indicator,
        empty_levels=tuple(level for level, count in zip(values.levels, counts, strict=True) if not count),
    )


def encode(coding: Coding, values: Categorical | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code rows by a settled coding.

    Parameters
    ----------
    coding : from ``learn``.
    values : (n,) as for ``learn``.

    Returns
    -------
    columns : (n, len(coding.names)) float.
    unseen : (n,) bool, True where the row has a level (or a missing value) the coding has never met; such rows are
        an error for the caller to list, never silently the reference.
    """
    columns, unseen = encode_columns(coding, values)
    return columns.T, unseen


def encode_columns(
    coding: Coding, values: Categorical | np.ndarray, *, out: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Code rows as ``encode`` does, the columns one after the other: (len(coding.names), n), into ``out`` if given."""
    n = len(values)
    columns = np.empty((len(coding.names), n)) if out is None else out
    if isinstance(values, Categorical):
        place = {level: position for position, level in enumerate(coding.levels)}
        target = np.array(
            [-1 if level == coding.reference else place.get(level, -2) for level in values.levels]
            + [len(coding.levels) if coding.indicator else -2]
        )
        column = target[values.codes]
        hit = column >= 0
        columns[:] = 0.0
        columns[column[hit], np.nonzero(hit)[0]] = 1.0
        return columns, column == -2
    number = columns[0]
    np.subtract(values, coding.adjuster.centre, out=number)
    if coding.adjuster.scale != 1.0:
        number /= coding.adjuster.scale
    absent = np.zeros(n, dtype=bool) if _whole(number) else ~np.isfinite(number)
    if absent.any():
        number[absent] = coding.fill
    if coding.knots:
        columns[: len(coding.knots) - 1] = spline.basis(number, knots=coding.knots).T
    if coding.indicator:
        columns[-1] = absent
        return columns, np.zeros(n, dtype=bool)
    return columns, absent


def _whole(values: np.ndarray) -> bool:
    """Say whether all (n,) values are finite; a finite sum proves it at once."""
    with np.errstate(over="ignore", invalid="ignore"):
        quick = bool(np.isfinite(values.sum()))
    return quick or bool(np.isfinite(values).all())
