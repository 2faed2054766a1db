"""Expressions on a whole frame: the same tree as for one case, on vectors. Results equal the scalar ones row by row.

Work is done per distinct value wherever a column has categories; row-wise arithmetic is numpy's.
"""

from collections.abc import Callable
from datetime import date

import numpy as np

from .comparison import compared
from .frame import TypedFrame
from .functions import FUNCTIONS, whole_number
from .grammar import COMPARISONS
from .kernels import KERNELS, whole_powers
from .references import Reference, columns_read, is_current, reference_value
from .values import MOST_WHOLE, Value, arithmetic
from .vectors import Categories, Constant, Numbers, Truths, Vector


def evaluate_tree(tree: list, frame: TypedFrame, today: date) -> Vector:
    """Evaluate a tree on every row of a typed frame."""
    kind = tree[0]
    if kind in ("number", "text"):
        return Constant(tree[1], len(frame))
    if kind == "blank":
        return Constant(None, len(frame))
    if kind == "ref":
        return _referred(Reference(*tree[1:]), frame)
    if kind in ("and", "or"):
        return _joined(kind, tree[1:], frame, today)
    if kind == "call":
        vectors = [evaluate_tree(part, frame, today) for part in tree[2:]]
        return _called(tree[1], vectors, frame, today)
    vectors = [evaluate_tree(part, frame, today) for part in tree[1:]]
    return _operated(kind, vectors, frame)


def _joined(kind: str, parts: list, frame: TypedFrame, today: date) -> Truths:
    result = np.full(len(frame), kind == "and")
    for part in parts:
        truths = evaluate_tree(part, frame, today).truths()
        result = result & truths if kind == "and" else result | truths
    return Truths(result)


def _operated(operator: str, vectors: list[Vector], frame: TypedFrame) -> Vector:
    if operator in COMPARISONS:
        return Truths(compared(operator, *vectors))
    if operator == "not":
        return Truths(~vectors[0].truths())
    if operator == "-":
        return Numbers(-vectors[0].numbers())
    result = vectors[0].numbers()
    for vector in vectors[1:]:
        result = _computed(operator, result, vector)
    return Numbers(result)


def _computed(operator: str, left: np.ndarray, vector: Vector) -> np.ndarray:
    if operator == "^":
        exponent = whole_number(vector.value) if isinstance(vector, Constant) else None
        if exponent is not None and abs(exponent) <= MOST_WHOLE:
            return whole_powers(left, exponent)
        return mapped(lambda pair: arithmetic("^", *pair), [Numbers(left), vector]).numbers()
    right = vector.numbers()
    with np.errstate(all="ignore"):
        if operator == "+":
            result = left + right
        elif operator == "*":
            result = left * right
        elif operator == "/":
            result = np.where(right == 0, np.nan, left / right)
        else:
            result = np.where(right == 0, np.nan, np.fmod(left, right))
    return np.where(np.isfinite(result), result, np.nan)


def _called(name: str, vectors: list[Vector], frame: TypedFrame, today: date) -> Vector:
    if name == "if":
        return chosen(vectors[0].truths(), vectors[1], vectors[2])
    kernel = KERNELS.get(name)
    if kernel is not None:
        result = kernel(vectors, today)
        if result is not None:
            return result
    function = FUNCTIONS[name][2]
    return mapped(lambda values: function(values, today), vectors)


def chosen(condition: np.ndarray, first: Vector, second: Vector) -> Vector:
    """Take the first vector where the condition holds and the second elsewhere."""
    if first.is_numeric() and second.is_numeric():
        return Numbers(np.where(condition, first.numbers(), second.numbers()))
    one, other = first.categories(), second.categories()
    codes = np.where(condition, one.codes.astype(np.int32), other.codes.astype(np.int32) + np.int32(len(one.values)))
    return Categories(codes, [*one.values, *other.values])


def mapped(function: Callable[[list[Value]], Value], vectors: list[Vector]) -> Categories:
    """Apply a scalar function to every distinct combination of values that occurs."""
    parts = [vector.categories() for vector in vectors]
    combined = np.zeros(len(parts[0]), dtype=np.int64)
    combinations: list[tuple] = [()]
    for part in parts:
        if len(part.values) == 1:
            combinations = [(*combination, part.values[0]) for combination in combinations]
            continue
        width = len(part.values)
        distinct, combined = _condensed(combined * width + part.codes, len(combinations) * width)
        combinations = [(*combinations[number // width], part.values[number % width]) for number in distinct]
    return Categories(combined, [function(list(combination)) for combination in combinations])


def _condensed(codes: np.ndarray, width: int) -> tuple[list[int], np.ndarray]:
    """Renumber codes so that only those that occur remain: (the old numbers, the new codes)."""
    if width <= 4 * len(codes) + 64:
        occurs = np.zeros(width, dtype=bool)
        occurs[codes] = True
        distinct = np.flatnonzero(occurs)
        renumbered = np.zeros(width, dtype=np.int64)
        renumbered[distinct] = np.arange(len(distinct))
        return distinct.tolist(), renumbered[codes]
    distinct, inverse = np.unique(codes, return_inverse=True)
    return distinct.tolist(), inverse


def _referred(reference: Reference, frame: TypedFrame) -> Vector:
    if not is_current(reference):
        return Constant(None, len(frame))
    ticks = frame.types.ticks.get(reference.name)
    if ticks is None and reference.code is None:
        return frame.vector(reference.name)
    columns = columns_read(reference, ticks)
    return mapped(
        lambda values: reference_value(reference, values, ticks), [frame.vector(column) for column in columns]
    )
