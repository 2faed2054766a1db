"""Columns of answers: from a sheet and its mapping to arrow arrays, and from those to the frame that edit checks read."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .sheet import TEXT, Sheet

Arrays = Mapping[str, pa.DictionaryArray]


def mapped(sheet: Sheet, mapping: Mapping[str, str]) -> dict[str, pa.DictionaryArray]:
    """Give the sheet's columns under the names they answer. mapping: header → column, "" for none."""
    places = {header: place for place, header in enumerate(sheet.headers)}
    return {column: sheet.texts(places[header]) for header, column in mapping.items() if column and header in places}


def blank(n: int) -> pa.DictionaryArray:
    """Give a column of n blanks."""
    return pa.DictionaryArray.from_arrays(pa.nulls(n, pa.int32()), pa.array([], type=pa.string()))


def encoded(texts: Sequence[str | None]) -> pa.DictionaryArray:
    """Encode texts, None where blank."""
    return pa.array(texts, type=pa.string()).dictionary_encode().cast(TEXT)


def to_frame(arrays: Arrays, *, n: int) -> pd.DataFrame:
    """Make a frame of categorical columns, shape (n, columns), without copying a text twice."""
    return pd.DataFrame(
        {name: categorical(array) for name, array in arrays.items()}, index=pd.RangeIndex(n), copy=False
    )


def categorical(array: pa.DictionaryArray) -> pd.Categorical:
    """Turn a dictionary-encoded column into a categorical; null becomes code -1."""
    texts = array.dictionary.to_pylist()
    codes = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False)
    if len(set(texts)) != len(texts) or None in texts:
        return pd.Categorical(array.to_pylist())
    return pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object), validate=False)


def factorised(array: pa.DictionaryArray) -> tuple[np.ndarray, list[str]]:
    """Give codes, shape (n,), and distinct texts, blank as "" at their end: as `registry.dictionary.frame` takes a column."""
    words = array.dictionary.to_pylist()
    if len({*words, None, ""}) != len(words) + 2:
        return factorised(encoded([text or None for text in array.to_pylist()]))
    return codes(array), [*words, ""]


def from_factorised(codes: np.ndarray, words: Sequence[str]) -> pa.DictionaryArray:
    """Make a column of codes, shape (n,), and distinct texts of which the last, "", is blank."""
    places = pa.array(codes, type=pa.int32(), mask=codes == len(words) - 1)
    return pa.DictionaryArray.from_arrays(places, pa.array(words[:-1], type=pa.string()))


def texts(array: pa.DictionaryArray) -> np.ndarray:
    """Give the texts of a column: object array of shape (n,), None where blank."""
    words = np.array([*array.dictionary.to_pylist(), None], dtype=object)
    return words[codes(array)]


def longest(array: pa.DictionaryArray) -> int:
    """Count the signs of the longest text in the dictionary of a column."""
    return pc.max(pc.utf8_length(array.dictionary)).as_py() or 0


def codes(array: pa.DictionaryArray) -> np.ndarray:
    """Give the position of each text in the dictionary; the number after the last stands for blank. Shape (n,)."""
    places = array.indices if array.null_count == 0 else pc.fill_null(array.indices, len(array.dictionary))
    return places.to_numpy(zero_copy_only=False)


def looked_up(array: pa.DictionaryArray, table: Mapping[str, object], *, absent: object) -> np.ndarray:
    """Translate each text by a table; what is not in it, or blank, becomes ``absent``. Object array of shape (n,)."""
    found = np.array([*(table.get(text, absent) for text in array.dictionary.to_pylist()), absent], dtype=object)
    return found[codes(array)]


def differs(left: pa.DictionaryArray, right: pa.DictionaryArray) -> np.ndarray:
    """Tell where two columns differ, blank being equal to blank: bool array of shape (n,)."""
    return texts(left) != texts(right)


def taken(arrays: Arrays, rows: np.ndarray) -> dict[str, pa.DictionaryArray]:
    """Give some rows of every column, by position."""
    places = pa.array(rows, type=pa.int64())
    return {name: array.take(places) for name, array in arrays.items()}


def sliced(arrays: Arrays, rows: np.ndarray) -> dict[str, pa.DictionaryArray]:
    """Give some rows of every column; without copying where the rows follow one another."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return {name: array.slice(int(rows[0]), len(rows)) for name, array in arrays.items()}
    return taken(arrays, rows)


def whole(table: pa.Table, name: str) -> pa.DictionaryArray:
    """Return a dictionary-encoded column of a table in one piece."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.unify_dictionaries().combine_chunks()
