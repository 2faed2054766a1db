"""Calculated elements, computed from the answers; what is stored for them is never trusted."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from .elements import DataDictionary
from .expression import evaluate_frame, value_of
from .frame import Texts, TypedFrame
from .values import number_of, number_text


def calculate(dictionary: DataDictionary, answers: Mapping[str, str], *, today: date) -> dict[str, str]:
    """Give the answers with every calculated element computed anew; blank results are absent.

    Elements are computed after those they need. A calculation gives a number or is blank.
    """
    computed = {column: text for column, text in answers.items() if text}
    for name in dictionary.calculation_order:
        computed.pop(name, None)
    for name in dictionary.calculation_order:
        number = number_of(value_of(dictionary.element(name).calculation.tree, computed, dictionary.types, today))
        if number is not None:
            computed[name] = number_text(number)
    return computed


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
        values = evaluate_frame(dictionary.element(name).calculation, frame, types=dictionary.types, today=today)
        frame.add(name, _texts(_numbers(values)))
    return {name: frame.texts(name) for name in dictionary.calculation_order}


def _texts(numbers: np.ndarray) -> Texts:
    distinct, codes = np.unique(numbers, return_inverse=True)
    n = int(np.count_nonzero(~np.isnan(distinct)))
    words = {text: place for place, text in enumerate(dict.fromkeys(map(number_text, distinct[:n].tolist())))}
    table = np.array([*(words[number_text(number)] for number in distinct[:n].tolist()), len(words)], dtype=np.int32)
    return table[np.minimum(codes, n)], [*words, ""]


def _numbers(values: np.ndarray) -> np.ndarray:
    if values.dtype != object:
        return values.astype(float)
    return np.array(
        [np.nan if (number := number_of(value)) is None else number for value in values.tolist()], dtype=float
    )
