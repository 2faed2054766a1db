"""Comparison of two vectors: the rules of `values.equal` and `values.comparable`, on arrays."""

import operator as op

import numpy as np

from .values import text_of
from .vectors import BLANK, NUMBER, TEXT, Categories, Constant, Vector

ORDERS = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}


class _Side:
    """One side of a comparison, per row or per category: kinds, numbers, and (on demand) instants and texts."""

    def __init__(self, vector: Vector, *, by_category: bool):
        self.vector = vector
        if isinstance(vector, Categories):
            self.codes = slice(None) if by_category else vector.codes
            self.kinds = vector.kind_table[self.codes]
            self.numbers = vector.number_table[self.codes]
        else:
            self.numbers = vector.numbers()
            self.kinds = np.where(np.isnan(self.numbers), np.int8(BLANK), np.int8(NUMBER))

    def instants(self) -> np.ndarray:
        if isinstance(self.vector, Categories):
            return self.vector.instant_table[self.codes]
        return np.full(len(self.numbers), np.nan)

    def texts(self) -> list[str]:
        if isinstance(self.vector, Categories):
            return [text_of(value) for value in self.vector.values]
        return [""]

    def ranked(self, ranks: dict[str, int]) -> np.ndarray:
        table = np.array([ranks[text] for text in self.texts()], dtype=np.int64)
        return table[self.codes] if isinstance(self.vector, Categories) else np.zeros(len(self.numbers), dtype=np.int64)


def compared(operator: str, left: Vector, right: Vector) -> np.ndarray:
    """Compare two vectors with one of = <> < <= > >=. Returns a bool array of shape (rows,)."""
    if isinstance(left, Categories) and isinstance(right, Constant):
        return _compare(operator, _Side(left, by_category=True), _Side(right, by_category=True))[left.codes]
    if isinstance(left, Constant) and isinstance(right, Categories):
        return _compare(operator, _Side(left, by_category=True), _Side(right, by_category=True))[right.codes]
    return _compare(operator, _Side(left, by_category=False), _Side(right, by_category=False))


def _compare(operator: str, left: _Side, right: _Side) -> np.ndarray:
    if operator == "=":
        return _equal(left, right)
    if operator == "<>":
        return ~_equal(left, right)
    return _ordered(ORDERS[operator], left, right)


def _equal(left: _Side, right: _Side) -> np.ndarray:
    numeric = (left.kinds == NUMBER) | (right.kinds == NUMBER)
    result = numeric & (left.numbers == right.numbers)
    if numeric.all():
        return result
    ranks = _ranks(left, right)
    same = left.ranked(ranks) == right.ranked(ranks)
    texts = (left.kinds == TEXT) & (right.kinds == TEXT)
    if texts.any():
        first, second = left.instants(), right.instants()
        dated = texts & ~np.isnan(first) & ~np.isnan(second)
        same = np.where(dated, first == second, same)
    return np.where(numeric, result, same)


def _ordered(order, left: _Side, right: _Side) -> np.ndarray:
    known = _known(left) & _known(right)
    result = known & order(left.numbers, right.numbers)
    numeric = ~np.isnan(left.numbers) & ~np.isnan(right.numbers)
    rest = known & ~numeric & (left.kinds == TEXT) & (right.kinds == TEXT)
    if not rest.any():
        return result
    first, second = left.instants(), right.instants()
    result = result | (rest & order(first, second))
    words = rest & np.isnan(left.numbers) & np.isnan(right.numbers) & np.isnan(first) & np.isnan(second)
    if words.any():
        ranks = _ranks(left, right)
        result = result | (words & order(left.ranked(ranks), right.ranked(ranks)))
    return result


def _known(side: _Side) -> np.ndarray:
    return (side.kinds == NUMBER) | (side.kinds == TEXT)


def _ranks(left: _Side, right: _Side) -> dict[str, int]:
    """Number all texts of both sides in code point order."""
    return {text: rank for rank, text in enumerate(sorted({*left.texts(), *right.texts()}))}
