"""Expressions, parsed once: on one case here, on a whole frame by `frame`, in the browser by static/expression.js.

The three give the same results; docs/expressions.md is the one normative table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from .frame import TypedFrame
from .frame_evaluation import evaluate_tree
from .functions import FUNCTIONS
from .grammar import COMPARISONS, ExpressionFault, tree_of
from .references import Reference, columns_read, is_current, reference_value, references_in
from .types import Types
from .values import Missing, Value, arithmetic, compare, number_of, truth

__all__ = ["Expression", "ExpressionFault", "Types", "evaluate", "evaluate_frame", "holds", "holds_frame", "parse"]


@dataclass(frozen=True)
class Expression:
    """A parsed expression: its text, its JSON-able tree and every reference in it, in order of appearance."""

    text: str
    tree: list
    references: tuple[Reference, ...]

    @property
    def elements(self) -> tuple[str, ...]:
        """Name the elements referred to, each once, in order of appearance."""
        return tuple(dict.fromkeys(reference.name for reference in self.references))


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse the text of a branching logic, calculation, check or measure.

    Raises ExpressionFault(position, message) for the first thing that cannot be read.
    """
    tree = tree_of(text)
    return Expression(text=text, tree=tree, references=references_in(tree))


def evaluate(expression: Expression, answers: Mapping[str, str], *, types: Types, today: date) -> float | str | None:
    """Evaluate on one case.

    answers: export column → text, blank where absent. today: the day that “today” means (a datetime also gives “now”).
    Returns a number, a text, or None for blank; comparisons give 1.0 or 0.0; a missing state gives its code.
    """
    value = value_of(expression.tree, answers, types, today)
    return value.code if isinstance(value, Missing) else value


def holds(expression: Expression, answers: Mapping[str, str], *, types: Types, today: date) -> bool:
    """Decide whether an expression is true of one case (see evaluate; blank and missing states are not true)."""
    return truth(value_of(expression.tree, answers, types, today))


def evaluate_frame(
    expression: Expression, frame: pd.DataFrame | TypedFrame, *, types: Types, today: date
) -> np.ndarray:
    """Evaluate on every row of a frame of export columns (text, categories or numbers; blank = NA or "").

    Returns shape (rows,): bool for logic and comparisons, float64 with NaN for blank where every row is a number or
    blank, otherwise an object array of float, str and None. Row by row the same as `evaluate` (True = 1.0).
    """
    return evaluate_tree(expression.tree, TypedFrame.of(frame, types=types), today).to_array()


def holds_frame(expression: Expression, frame: pd.DataFrame | TypedFrame, *, types: Types, today: date) -> np.ndarray:
    """Decide for every row whether an expression is true of it. Returns a bool array of shape (rows,)."""
    return evaluate_tree(expression.tree, TypedFrame.of(frame, types=types), today).truths()


def value_of(tree: list, answers: Mapping[str, str], types: Types, today: date) -> Value:
    """Evaluate a tree on one case to a Value (a Missing stays a Missing)."""
    kind = tree[0]
    if kind in ("number", "text"):
        return tree[1]
    if kind == "blank":
        return None
    if kind == "ref":
        return _referred(tree, answers, types)
    if kind == "and":
        return 1.0 if all(truth(value_of(part, answers, types, today)) for part in tree[1:]) else 0.0
    if kind == "or":
        return 1.0 if any(truth(value_of(part, answers, types, today)) for part in tree[1:]) else 0.0
    if kind == "call":
        values = [value_of(part, answers, types, today) for part in tree[2:]]
        return FUNCTIONS[tree[1]][2](values, today)
    values = [value_of(part, answers, types, today) for part in tree[1:]]
    return _operated(kind, values)


def _operated(operator: str, values: list[Value]) -> Value:
    if operator in COMPARISONS:
        return 1.0 if compare(operator, *values) else 0.0
    if operator == "not":
        return 0.0 if truth(values[0]) else 1.0
    if operator == "-":
        number = number_of(values[0])
        return None if number is None else -number
    result = number_of(values[0])
    for value in values[1:]:
        result = arithmetic(operator, result, value)
    return result


def _referred(tree: list, answers: Mapping[str, str], types: Types) -> Value:
    reference = Reference(*tree[1:])
    if not is_current(reference):
        return None
    ticks = types.ticks.get(reference.name)
    values = [types.read(column, answers.get(column)) for column in columns_read(reference, ticks)]
    return reference_value(reference, values, ticks)
