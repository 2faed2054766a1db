"""Comparison of two vectors: the rules of `values.equal` and `values.comparable`, on arrays."""

import operator as op
from functools import cached_property

import numpy as np

from .values import text_of
from .vectors import BLANK, NUMBER, TEXT, Categories, Constant, Vector

ORDERS = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}


def compared(operator: str, left: Vector, right: Vector) -> np.ndarray:
    """Compare two vectors with one of = <> < <= > >=. Returns a bool array of shape (rows,)."""
    if isinstance(left, Categories) and isinstance(right, Constant):
        return _compare(operator, _Side(left, by_category=True), _Side(right, by_category=True))[left.codes]
    if isinstance(left, Constant) and isinstance(right, Categories):
        return _compare(operator, _Side(left, by_category=True), _Side(right, by_category=True))[right.codes]
    return _compare(operator, _Side(left), _Side(right))


class _Side:
    """One side of a comparison, per row or per category: kinds, numbers, instants and texts, each on demand."""

    def __init__(self, vector: Vector, *, by_category: bool = False):
        self.vector = vector
        self.is_plain = not isinstance(vector, Categories)
        if not self.is_plain:
            self.codes = slice(None) if by_category else vector.codes

    @cached_property
    def kinds(self) -> np.ndarray:
        if self.is_plain:
            return np.where(np.isnan(self.numbers), np.int8(BLANK), np.int8(NUMBER))
        return self.vector.kind_table[self.codes]

    @cached_property
    def numbers(self) -> np.ndarray:
        return self.vector.numbers() if self.is_plain else self.vector.number_table[self.codes]

    @cached_property
    def instants(self) -> np.ndarray:
        return np.full(len(self.numbers), np.nan) if self.is_plain else self.vector.instant_table[self.codes]

    @cached_property
    def texts(self) -> list[str]:
        return [""] if self.is_plain else [text_of(value) for value in self.vector.values]

    def ranked(self, ranks: dict[str, int]) -> np.ndarray:
        """Number the texts; a number, which is never compared as text, counts as blank."""
        if self.is_plain:
            return np.zeros(len(self.numbers), dtype=np.int64)
        return np.array([ranks[text] for text in self.texts], dtype=np.int64)[self.codes]


def _compare(operator: str, left: _Side, right: _Side) -> np.ndarray:
    if operator == "=":
        return _equal(left, right)
    if operator == "<>":
        return ~_equal(left, right)
    return _ordered(ORDERS[operator], left, right)


def _equal(left: _Side, right: _Side) -> np.ndarray:
    numeric = (left.kinds == NUMBER) | (right.kinds == NUMBER)
    result = numeric & (left.numbers == right.numbers) if numeric.any() else numeric
    if numeric.all():
        return result
    ranks = _ranks(left, right)
    same = left.ranked(ranks) == right.ranked(ranks)
    texts = (left.kinds == TEXT) & (right.kinds == TEXT)
    if texts.any():
        dated = texts & ~np.isnan(left.instants) & ~np.isnan(right.instants)
        same = np.where(dated, left.instants == right.instants, same)
    return np.where(numeric, result, same)


def _ordered(order, left: _Side, right: _Side) -> np.ndarray:
    known = _known(left) & _known(right)
    texts = (left.kinds == TEXT) & (right.kinds == TEXT)
    if not texts.any():
        return known & order(left.numbers, right.numbers)
    dated = texts & ~np.isnan(left.instants) & ~np.isnan(right.instants)
    result = np.where(dated, order(left.instants, right.instants), False)
    rest = known & ~dated
    if not rest.any():
        return result
    numeric = rest & ~np.isnan(left.numbers) & ~np.isnan(right.numbers)
    result = np.where(numeric, order(left.numbers, right.numbers), result)
    words = (
        texts & np.isnan(left.numbers) & np.isnan(right.numbers) & np.isnan(left.instants) & np.isnan(right.instants)
    )
    if words.any():
        ranks = _ranks(left, right)
        result = np.where(words, order(left.ranked(ranks), right.ranked(ranks)), result)
    return result


def _known(side: _Side) -> np.ndarray:
    return (side.kinds == NUMBER) | (side.kinds == TEXT)


def _ranks(left: _Side, right: _Side) -> dict[str, int]:
    """Number all texts of both sides in code point order, blank first."""
    return {text: rank for rank, text in enumerate(sorted({"", *left.texts, *right.texts}))}
