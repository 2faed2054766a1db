"""Writes rows as PostgreSQL reads them in COPY binary: nothing is escaped, and each distinct text is written once.

A field is its length in four bytes and then its bytes; null is the length -1. Source: PostgreSQL manual, "COPY, Binary Format";
for arrays `array_recv` (dimensions, whether there are nulls, element type, size, lower bound, elements).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .columns import codes

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
TEXT_TYPE = 25
JSON_VERSION = b"\x01"
YEAR_2000 = date(2000, 1, 1).toordinal()
SIZES = {2: ">i2", 4: ">i4", 8: ">i8"}


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of fields, each distinct one written once: ``fields[places]``; places has shape (n,)."""

    fields: pa.Array
    places: np.ndarray

    def rows(self, chosen: np.ndarray) -> pa.Array | pa.Scalar:
        """Give the fields of some rows, by position; one scalar where they are all the same distinct one."""
        if len(self.fields) == 1:
            return self.fields[0]
        return self.fields.take(pa.array(self.places[chosen]))


def head(columns: Sequence[tuple[np.ndarray, int]], *, n_fields: int) -> pa.Array:
    """Write the beginning of each row: how many fields it has, and its first ones, whole numbers of 2, 4 or 8 bytes, never null.

    columns: (numbers of shape (n,), bytes each). Result: shape (n,), binary.
    """
    parts = [("n", ">i2")]
    for place, (_, size) in enumerate(columns):
        parts += [(f"size{place}", ">i4"), (f"value{place}", SIZES[size])]
    rows = np.empty(len(columns[0][0]), dtype=parts)
    rows["n"] = n_fields
    for place, (numbers, size) in enumerate(columns):
        rows[f"size{place}"] = size
        rows[f"value{place}"] = numbers
    return _fixed(rows)


def texts(words: pa.Array, *, before: bytes = b"") -> pa.Array:
    """Write texts, shape (n,), null where null; ``before`` stands before each (jsonb wants its version there)."""
    sizes = pc.add(pc.fill_null(pc.binary_length(words), 0), len(before)).to_numpy(zero_copy_only=False).astype(">i4")
    parts = [_fixed(sizes), *([pa.scalar(before)] if before else []), words.cast(pa.binary())]
    return pc.fill_null(pc.binary_join_element_wise(*parts, b""), NULL)


def column(array: pa.DictionaryArray) -> Field:
    """Write a column of texts as fields, each distinct text once."""
    if array.null_count == len(array):
        return Field(fields=pa.array([NULL]), places=np.zeros(len(array), dtype=np.int32))
    written = pa.concat_arrays([texts(array.dictionary), pa.array([NULL], type=pa.binary())])
    return Field(fields=written, places=codes(array))


def numbers(values: Sequence[int | None]) -> Field:
    """Write whole numbers of eight bytes, None where null, each distinct one once."""
    return _distinct(values, lambda value: value.to_bytes(8, "big", signed=True))


def days(values: Sequence[date | None]) -> Field:
    """Write dates, None where null, each distinct one once."""
    return _distinct(values, lambda day: (day.toordinal() - YEAR_2000).to_bytes(4, "big", signed=True))


def _distinct(values: Sequence, write) -> Field:
    known = {value: place for place, value in enumerate(dict.fromkeys(values))}
    fields = [NULL if value is None else len(said := write(value)).to_bytes(4, "big") + said for value in known]
    places = np.fromiter((known[value] for value in values), dtype=np.int32, count=len(values))
    return Field(fields=pa.array(fields, type=pa.binary()), places=places)


def text_arrays(columns: Sequence[Field], rows: np.ndarray) -> pa.Array:
    """Write one ``text[]`` per row from columns in order. Result: shape (rows,), binary."""
    n = len(rows)
    elements = [field.rows(rows) for field in columns]
    elements.append(pa.array([b""] * n, type=pa.binary()))
    joined = pc.binary_join_element_wise(*elements, b"")
    shape = b"".join(value.to_bytes(4, "big") for value in (1, 1, TEXT_TYPE, len(columns), 1))
    sizes = (pc.binary_length(joined).to_numpy(zero_copy_only=False) + len(shape)).astype(">i4")
    return pc.binary_join_element_wise(_fixed(sizes), pa.scalar(shape), joined, b"")


def joined(fields: Sequence[pa.Array | pa.Scalar]) -> memoryview:
    """Join the fields of each row, the first of them from `head`, into one stretch of bytes."""
    rows = pc.binary_join_element_wise(*fields, b"")
    _, offsets, data = rows.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(data)[places[rows.offset] : places[rows.offset + len(rows)]]


def _fixed(values: np.ndarray) -> pa.Array:
    size = values.dtype.itemsize
    kind = pa.binary(size)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(values), [None, pa.py_buffer(values.tobytes())]).cast(
        pa.binary()
    )
