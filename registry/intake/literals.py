"""Writes columns as PostgreSQL reads them in COPY text, and lists as array literals, in one vectorised pass."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NULL_FIELD = "\\N"


def copy_escaped(texts: pa.Array) -> pa.Array:
    """Escape backslash, tab and line breaks as COPY text wants them."""
    for sign, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        texts = pc.replace_substring(texts, sign, escape)
    return texts


def copy_lines(fields: list[pa.Array]) -> list[pa.Buffer | bytes]:
    """Join fields, each of shape (n,), into COPY text lines; null becomes ``\\N``. Text must be escaped already.

    Returns buffers to be sent one after the other.
    """
    prepared = [pc.fill_null(field.cast(pa.string()), NULL_FIELD) for field in fields]
    lines = pc.binary_join_element_wise(*prepared, "\t")
    whole = pc.binary_join_element_wise(lines, pa.scalar("\n"), "")
    return [_bytes(part) for part in (whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]) if len(part)]


def _bytes(texts: pa.Array) -> memoryview:
    """Give the characters of a string array as one stretch of memory."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)
    start, stop = places[texts.offset], places[texts.offset + len(texts)]
    return memoryview(data)[start:stop]


def numbers(values: np.ndarray) -> str:
    """Write whole numbers, shape (n,), as one array literal."""
    return "{" + ",".join(map(str, values.tolist())) + "}"


def texts(values: Sequence[str | None]) -> str:
    """Write texts as one array literal, null as the empty text; each stands in quotation marks."""
    quoted = pc.fill_null(pa.array(values, type=pa.string()), "")
    for sign, escape in (("\\", "\\\\"), ('"', '\\"')):
        quoted = pc.replace_substring(quoted, sign, escape)
    return '{"' + '","'.join(quoted.to_pylist()) + '"}' if len(quoted) else "{}"
