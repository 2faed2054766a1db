"""Values of a whole frame at once: one constant, a number per row, a truth per row, or categories.

Every vector says the same as its row-by-row Values; the operations on them are in `frame_evaluation`.
"""

from functools import cached_property

import numpy as np

from .instants import instants_of
from .values import Missing, Value, number_of, truth

BLANK, NUMBER, TEXT, MISSING = 0, 1, 2, 3
KINDS = {type(None): BLANK, float: NUMBER, str: TEXT, Missing: MISSING}


def plain(value: Value) -> float | str | None:
    """Show a value to the outside: a missing state becomes its code."""
    return value.code if isinstance(value, Missing) else value


class Categories:
    """Text, numbers, missing states and blanks, each distinct value once: `values[codes[row]]`.

    codes: int array of shape (rows,). values: list of Value.
    """

    def __init__(self, codes: np.ndarray, values: list[Value]):
        self.codes = codes
        self.values = values

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def number_table(self) -> np.ndarray:
        return np.array(
            [np.nan if (number := number_of(value)) is None else number for value in self.values], dtype=float
        )

    @cached_property
    def instant_table(self) -> np.ndarray:
        return instants_of(self.values)

    @cached_property
    def kind_table(self) -> np.ndarray:
        return np.array([KINDS[type(value)] for value in self.values], dtype=np.int8)

    def numbers(self) -> np.ndarray:
        return self.number_table[self.codes]

    def truths(self) -> np.ndarray:
        return np.array([truth(value) for value in self.values], dtype=bool)[self.codes]

    def categories(self) -> "Categories":
        return self

    def is_numeric(self) -> bool:
        """Whether every row is a number or blank."""
        return bool((self.kind_table <= NUMBER).all())

    def to_array(self) -> np.ndarray:
        if self.is_numeric():
            return self.numbers()
        shown = np.empty(len(self.values), dtype=object)
        shown[:] = [plain(value) for value in self.values]
        return shown[self.codes]


class Numbers:
    """One number per row, NaN where blank: float64 of shape (rows,)."""

    def __init__(self, array: np.ndarray):
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def numbers(self) -> np.ndarray:
        return self.array

    def truths(self) -> np.ndarray:
        return (self.array != 0) & ~np.isnan(self.array)

    def categories(self) -> Categories:
        """Give the same as categories: each distinct number once, blank as None."""
        distinct, codes = np.unique(self.array, return_inverse=True)
        values = [None if np.isnan(number) else float(number) for number in distinct]
        return Categories(codes, values)

    def is_numeric(self) -> bool:
        return True

    def to_array(self) -> np.ndarray:
        return self.array


class Truths:
    """One truth per row: bool of shape (rows,). As a number it is 1 or 0."""

    def __init__(self, array: np.ndarray):
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def numbers(self) -> np.ndarray:
        return self.array.astype(float)

    def truths(self) -> np.ndarray:
        return self.array

    def categories(self) -> Categories:
        return Categories(self.array.astype(np.int8), [0.0, 1.0])

    def is_numeric(self) -> bool:
        return True

    def to_array(self) -> np.ndarray:
        return self.array


class Constant(Categories):
    """The same value in every row."""

    def __init__(self, value: Value, rows: int):
        super().__init__(np.zeros(rows, dtype=np.int8), [value])

    @property
    def value(self) -> Value:
        return self.values[0]


Vector = Categories | Numbers | Truths
