"""Calculated elements, computed from the answers; what is stored for them is never trusted."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from .elements import DataDictionary
from .expression import evaluate_frame, value_of
from .frame import TypedFrame
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


def calculate_frame(dictionary: DataDictionary, frame: pd.DataFrame, *, today: date) -> pd.DataFrame:
    """Give a frame of the calculated elements alone, row by row what `calculate` gives: text, None where blank."""
    names = dictionary.calculation_order
    known = frame.drop(columns=[name for name in names if name in frame.columns])
    results = {}
    for name in names:
        typed = TypedFrame(known.assign(**results), types=dictionary.types)
        numbers = _numbers(
            evaluate_frame(dictionary.element(name).calculation, typed, types=dictionary.types, today=today)
        )
        results[name] = pd.Series(
            [None if np.isnan(number) else number_text(number) for number in numbers.tolist()],
            index=frame.index,
            dtype=object,
        )
    return pd.DataFrame(results, index=frame.index)


def _numbers(values: np.ndarray) -> np.ndarray:
    if values.dtype != object:
        return values.astype(float)
    return np.array(
        [np.nan if (number := number_of(value)) is None else number for value in values.tolist()], dtype=float
    )
