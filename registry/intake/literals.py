"""Writes arrays of text as PostgreSQL reads them in COPY text: the ``text[]`` of a case in one vectorised pass."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NULL_ELEMENT = "NULL"
NULL_FIELD = "\\N"


def array_literals(columns: list[pa.DictionaryArray | None], *, n: int) -> pa.Array:
    """Write one ``{…}`` literal per row from text columns in order, escaped for COPY text; null and None become NULL.

    columns: dictionary-encoded, each of shape (n,), None for a column that is blank throughout. Result: shape (n,), strings.
    Escaping is done once per distinct text. Source: PostgreSQL manual, "Array Input and Output Syntax" and "COPY, Text Format".
    """
    parts = [pa.scalar(NULL_ELEMENT) if column is None else _elements(column) for column in columns]
    if all(isinstance(part, pa.Scalar) for part in parts):
        return pa.array(["{" + ",".join([NULL_ELEMENT] * len(parts)) + "}"] * n, type=pa.string())
    joined = pc.binary_join_element_wise(*parts, ",")
    return pc.binary_join_element_wise("{", joined, "}", "")


def _elements(column: pa.DictionaryArray) -> pa.Array:
    texts = column.dictionary
    plain = pc.match_substring_regex(texts, r"^[A-Za-z0-9_.:+-]+$")
    if not (pc.all(plain).as_py() if len(texts) else True) or _has_null_word(texts):
        quoted = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
        quoted = pc.binary_join_element_wise('"', copy_escaped(quoted), '"', "")
        safe = pc.and_(plain, pc.invert(pc.equal(pc.utf8_upper(texts), NULL_ELEMENT)))
        texts = pc.if_else(safe, texts, quoted)
    with_null = pa.concat_arrays([texts.cast(pa.string()), pa.array([NULL_ELEMENT], type=pa.string())])
    return with_null.take(pc.fill_null(column.indices, len(texts)))


def _has_null_word(texts: pa.Array) -> bool:
    return bool(pc.any(pc.equal(pc.utf8_upper(texts), NULL_ELEMENT)).as_py())


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
