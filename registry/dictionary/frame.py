"""A frame of export columns made ready for expressions: every column factorised once, on first use, and kept."""

import math
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from .types import Types
from .values import number_in, number_text
from .vectors import Categories, Constant, Numbers, Vector

Texts = tuple[np.ndarray, list[str]]


class TypedFrame:
    """A frame with its types. Columns become vectors when an expression first refers to them.

    frame: one row per case, one column per export column; text, categorical, numeric or boolean; blank = NA or "".
    Absent columns are blank in every row.
    """

    def __init__(self, frame: pd.DataFrame, *, types: Types):
        self.frame = frame
        self.types = types
        self._vectors: dict[str, Vector] = {}
        self._texts: dict[str, Texts] = {}
        self._given: dict[str, Texts] = {}

    @classmethod
    def of_texts(cls, columns: Mapping[str, Texts], *, n: int, types: Types) -> "TypedFrame":
        """Make a frame of n rows from columns that are factorised already, as `texts` gives them."""
        frame = cls(pd.DataFrame(index=pd.RangeIndex(n)), types=types)
        frame._given = dict(columns)
        return frame

    def add(self, column: str, texts: Texts) -> None:
        """Put a factorised column in, in the place of one that may be there."""
        self._given[column] = texts
        self._vectors.pop(column, None)
        self._texts.pop(column, None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns that are there."""
        return (*(name for name in self.frame.columns if name not in self._given), *self._given)

    def has(self, column: str) -> bool:
        """Tell whether a column is there."""
        return column in self._given or column in self.frame.columns

    @classmethod
    def of(cls, frame: "pd.DataFrame | TypedFrame", *, types: Types) -> "TypedFrame":
        """Take a typed frame as it is, or make one."""
        return frame if isinstance(frame, TypedFrame) else cls(frame, types=types)

    def __len__(self) -> int:
        return len(self.frame)

    def vector(self, column: str) -> Vector:
        """Give one column as a vector of values."""
        if column not in self._vectors:
            self._vectors[column] = self._made(column)
        return self._vectors[column]

    def texts(self, column: str) -> Texts:
        """Give one column factorised: (codes of shape (rows,), distinct texts), blank as "" at the end of the texts."""
        if column in self._given:
            return self._given[column]
        if column not in self._texts:
            self._texts[column] = _factorised(self._series(column))
        return self._texts[column]

    def answers(self, row: int, columns: Iterable[str]) -> dict[str, str]:
        """Give the answers of one row (by position) for some columns; blanks are absent."""
        found = {}
        for column in columns:
            if self.has(column):
                codes, texts = self.texts(column)
                if texts[codes[row]]:
                    found[column] = texts[codes[row]]
        return found

    def is_filled(self, column: str) -> np.ndarray:
        """Which rows hold some text in a column: bool of shape (rows,)."""
        if not self.has(column):
            return np.zeros(len(self.frame), dtype=bool)
        codes, texts = self.texts(column)
        return codes != len(texts) - 1

    def is_among(self, column: str, wanted: frozenset[str]) -> np.ndarray:
        """Which rows hold one of the wanted texts in a column: bool of shape (rows,)."""
        if not self.has(column):
            return np.zeros(len(self.frame), dtype=bool)
        codes, texts = self.texts(column)
        places = [place for place, text in enumerate(texts) if text in wanted]
        if not places:
            return np.zeros(len(self.frame), dtype=bool)
        table = np.zeros(len(texts), dtype=bool)
        table[places] = True
        return table[codes]

    def _series(self, column: str) -> pd.Series:
        series = self.frame[column]
        if pd.api.types.is_bool_dtype(series.dtype):
            return series.astype(object)
        return series

    def _made(self, column: str) -> Vector:
        if not self.has(column):
            return Constant(None, len(self.frame))
        series = None if column in self._given else self.frame[column]
        if (
            series is not None
            and self.types.kinds.get(column) == "number"
            and pd.api.types.is_numeric_dtype(series.dtype)
            and not self._numeric_states
        ):
            numbers = series.to_numpy(dtype=float, na_value=np.nan)
            return Numbers(np.where(np.isfinite(numbers), numbers, np.nan))
        codes, texts = self.texts(column)
        return Categories(codes, self.types.read_all(column, texts))

    @cached_property
    def _numeric_states(self) -> bool:
        """Whether some missing state is spelt as a number, so that numeric columns must be read as text."""
        return any(number_in(code) is not None for code in self.types.missing)


def _factorised(series: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Give (codes, distinct texts) with blank once, as the last text."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, distinct = series.cat.codes.to_numpy(), series.cat.categories
    else:
        codes, distinct = pd.factorize(series, use_na_sentinel=True)
    values = np.asarray(distinct, dtype=object).tolist()
    texts = values if set(map(type, values)) <= {str} else [_text(value) for value in values]
    codes = np.asarray(codes, dtype=np.int32)
    blank = np.int32(len(texts))
    codes = np.where(codes < 0, blank, codes)
    if "" in texts:
        codes = np.where(codes == texts.index(""), blank, codes)
    return codes, [*texts, ""]


def _text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    number = float(value)
    return number_text(number) if math.isfinite(number) else ""
