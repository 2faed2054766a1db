"""One column of text, trimmed and bounded: work is done once per distinct text, not once per row."""

import pyarrow as pa
import pyarrow.compute as pc

from .sheet import TEXT, FileRefusal, Limits, letter

SPACE = " \t\r\n\f\v\u00a0\ufeff"


def trimmed(column: pa.ChunkedArray, *, place: int, limits: Limits) -> pa.DictionaryArray:
    """Unite the chunks of a dictionary-encoded column, trim its texts and make empty ones null.

    Raises FileRefusal where one text is longer than a cell may be, or holds a binary zero.
    """
    whole = pa.chunked_array(column.unify_dictionaries().chunks, type=TEXT) if column.num_chunks > 1 else column
    array = whole.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    texts = array.dictionary
    if len(texts) == 0:
        return array
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest > limits.cell:
        raise FileRefusal(
            f"A cell of column {letter(place)} holds {longest:,} bytes; at most {limits.cell:,} are read."
        )
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        raise FileRefusal(
            f"A cell of column {letter(place)} holds a binary zero. Save the file again as CSV UTF-8 or XLSX."
        )
    clean = pc.utf8_trim(texts, SPACE)
    if clean.equals(texts) and not pc.any(pc.equal(texts, "")).as_py():
        return array
    clean = pc.if_else(pc.equal(clean, ""), pa.scalar(None, pa.string()), clean)
    return encoded(clean.take(array.indices))


def encoded(texts: pa.Array) -> pa.DictionaryArray:
    """Dictionary-encode texts, shape (n,); null stays null."""
    return texts.dictionary_encode().cast(TEXT)
