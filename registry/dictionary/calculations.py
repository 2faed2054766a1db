"""Calculated elements, computed from the answers; what is stored for them is never trusted."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from .elements import DataDictionary, DataElement, FieldType
from .expression import value_of
from .frame import Texts, TypedFrame
from .frame_evaluation import evaluate_tree
from .validation import decimals
from .values import SPACES, Missing, Value, instant_of, number_of, number_text, text_of
from .vectors import Vector

LONGEST_TEXT = 20_000
LENGTHS = {"date": 10, "datetime": 16}
MIDNIGHT = " 00:00:00"


def calculate(dictionary: DataDictionary, answers: Mapping[str, str], *, today: date) -> dict[str, str]:
    """Give the answers with every calculated element computed anew; blank results are absent.

    Elements are computed after those they need. What an element cannot hold is blank (see `held`).
    """
    computed = {column: text for column, text in answers.items() if text}
    for name in dictionary.calculation_order:
        computed.pop(name, None)
    for name in dictionary.calculation_order:
        element = dictionary.element(name)
        text = held(element, value_of(element.calculation.tree, computed, dictionary.types, today))
        if text:
            computed[name] = text
    return computed


def held(element: DataElement, value: Value) -> str:
    """Write a result as its element holds it, "" where it cannot: the words are docs/expressions.md, "Calculated elements"."""
    if element.kind in ("number", "comma_number"):
        number = number_of(value)
        return "" if number is None else _number(element, number)
    if element.kind in LENGTHS:
        return "" if instant_of(value) is None else _instant(element, text_of(value))
    return "" if isinstance(value, Missing) else text_of(value)[:LONGEST_TEXT].strip(SPACES)


def _number(element: DataElement, number: float) -> str:
    text, most = number_text(number), _most_decimals(element)
    if most is not None and len(text.partition(".")[2]) > most:
        return ""
    return text.replace(".", ",") if element.kind == "comma_number" else text


def _most_decimals(element: DataElement) -> int | None:
    return decimals(element.validation) if element.type is FieldType.TEXT else None


def _instant(element: DataElement, text: str) -> str:
    length = 19 if element.validation.startswith("datetime_seconds") else LENGTHS[element.kind]
    return (text.replace("T", " ") + MIDNIGHT[len(text) - 10 :])[:length]


def calculate_frame(dictionary: DataDictionary, frame: pd.DataFrame | TypedFrame, *, today: date) -> pd.DataFrame:
    """Give a frame of the calculated elements alone, row by row what `calculate` gives: text, None where blank."""
    columns = calculated(dictionary, TypedFrame.of(frame, types=dictionary.types), today=today)
    index = frame.index if isinstance(frame, pd.DataFrame) else pd.RangeIndex(len(frame))
    results = {
        name: pd.Series(np.array([*texts[:-1], None], dtype=object)[codes], index=index, dtype=object)
        for name, (codes, texts) in columns.items()
    }
    return pd.DataFrame(results, index=index)


def calculated(dictionary: DataDictionary, frame: TypedFrame, *, today: date) -> dict[str, Texts]:
    """Compute every calculated element in a typed frame, where the next may refer to it, and give them factorised.

    Each: (codes of shape (rows,), distinct texts with blank as "" at the end). What the frame held for them is replaced;
    each distinct number is put into words once.
    """
    blank = np.zeros(len(frame), dtype=np.int32)
    for name in dictionary.calculation_order:
        frame.add(name, (blank, [""]))
    for name in dictionary.calculation_order:
        element = dictionary.element(name)
        vector = evaluate_tree(element.calculation.tree, frame, today)
        is_plain = element.kind == "number" and _most_decimals(element) is None
        frame.add(name, _numbers(vector.numbers()) if is_plain else _texts(element, vector))
    return {name: frame.texts(name) for name in dictionary.calculation_order}


def _numbers(numbers: np.ndarray) -> Texts:
    distinct, codes = np.unique(numbers, return_inverse=True)
    n = int(np.count_nonzero(~np.isnan(distinct)))
    words = {text: place for place, text in enumerate(dict.fromkeys(map(number_text, distinct[:n].tolist())))}
    table = np.array([*(words[number_text(number)] for number in distinct[:n].tolist()), len(words)], dtype=np.int32)
    return table[np.minimum(codes, n)], [*words, ""]


def _texts(element: DataElement, vector: Vector) -> Texts:
    categories = vector.categories()
    shown = [held(element, value) for value in categories.values]
    places = {text: place for place, text in enumerate(text for text in dict.fromkeys(shown) if text)}
    table = np.array([places.get(text, len(places)) for text in shown], dtype=np.int32)
    return table[categories.codes], [*places, ""]
