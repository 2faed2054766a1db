"""Reads CSV bytes (comma, semicolon, tab or bar; UTF-8 with or without mark, UTF-16, Windows-1252) into a Sheet."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from .sheet import TEXT, FileRefusal, Limits, Sheet, Uneven, check_headers, tidy
from .trimmed import trimmed

DELIMITERS = (",", ";", "\t", "|")
UNCLOSED = 'The rows cannot be read as CSV: a quotation mark is opened and never closed. Write "" for a mark inside a text, or save the file as XLSX.'
LONGEST_HEADER = 256 * 1024
BLOCK = 1024 * 1024
LARGE_BLOCK = 16 * BLOCK


def read(data: bytes, *, limits: Limits, header_only: bool = False) -> Sheet:
    """Read a delimited file; with ``header_only`` the table stays empty.

    Columns are counted in the header before anything is parsed, so that one line of millions of commas costs nothing.
    Raises FileRefusal.
    """
    text = utf8(data)
    end = header_end(text)
    line = text[:end].decode("utf-8")
    delimiter = max(DELIMITERS, key=lambda sign: _outside_quotes(line).count(sign))
    if line.count(delimiter) > limits.columns * 4:
        raise FileRefusal(f"The first row has more than {limits.columns} columns; at most {limits.columns} are read.")
    headers = _headers(line, delimiter)
    check_headers(headers, limits=limits)
    if header_only:
        return Sheet(headers=headers, table=pa.table({}), rows=np.empty(0, dtype=np.int64))
    return _body(text[end:], headers, delimiter, limits)


def utf8(data: bytes) -> bytes:
    """Bring the bytes of a text file to UTF-8 without a mark. Raises FileRefusal where it is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise FileRefusal("The file begins like UTF-16 text but is not. Save it again as CSV UTF-8.") from error
    if b"\0" in data[:4096]:
        raise FileRefusal("The file is neither CSV nor XLSX. Save it as one of them.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def header_end(data: bytes) -> int:
    """Find where the header row ends: the first line break outside quotation marks. Raises FileRefusal where it is endless."""
    place = quotes = 0
    while True:
        found = min((at for at in (data.find(b"\n", place), data.find(b"\r", place)) if at >= 0), default=-1)
        stop = len(data) if found < 0 else found
        if stop > LONGEST_HEADER:
            raise FileRefusal("The first row is longer than a header row can be. Is this a file of cases, one per row?")
        quotes += data.count(b'"', place, stop)
        if found < 0:
            return len(data)
        place = found + (2 if data[found : found + 2] == b"\r\n" else 1)
        if quotes % 2 == 0:
            return place


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _headers(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, strict=False), [])
    except csv.Error as error:
        raise FileRefusal(f"The header row cannot be read ({error}).") from error
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(cell.strip().removeprefix("\ufeff") for cell in cells)


def _body(text: bytes, headers: tuple[str, ...], delimiter: str, limits: Limits) -> Sheet:
    names = [str(place) for place in range(len(headers))]
    if not text or text.isspace():
        empty = pa.table({name: pa.array([], type=TEXT) for name in names})
        return Sheet(headers=headers, table=empty, rows=np.empty(0, dtype=np.int64))
    if text.count(b"\n") + text.count(b"\r") > limits.rows * 3:
        raise FileRefusal(f"The file has more than {limits.rows:,} rows; divide it.")
    if text.count(b'"') % 2:
        raise FileRefusal(UNCLOSED)
    table, uneven = _parsed(text, names, delimiter, threads=True)
    if uneven:
        table, uneven = _parsed(text, names, delimiter, threads=False)
    if table.num_rows > limits.rows:
        raise FileRefusal(f"The file has {table.num_rows:,} rows; at most {limits.rows:,} are read at once. Divide it.")
    numbers = _numbers(table.num_rows, [row.row for row in uneven])
    columns, kept = tidy([trimmed(table.column(place), place=place, limits=limits) for place in range(len(names))])
    return Sheet(headers=headers, table=pa.table(columns, names=names), rows=numbers[kept], uneven=tuple(uneven))


def _parsed(text: bytes, names: list[str], delimiter: str, *, threads: bool) -> tuple[pa.Table, list[Uneven]]:
    """Parse in blocks that fit the processor's cache; in large ones where a row is longer than such a block."""
    try:
        return _in_blocks(text, names, delimiter, threads=threads, block=BLOCK)
    except pa.ArrowInvalid:
        try:
            return _in_blocks(text, names, delimiter, threads=threads, block=LARGE_BLOCK)
        except pa.ArrowInvalid as error:
            raise FileRefusal(UNCLOSED) from error


def _in_blocks(
    text: bytes, names: list[str], delimiter: str, *, threads: bool, block: int
) -> tuple[pa.Table, list[Uneven]]:
    uneven: list[Uneven] = []

    def note(row: pa_csv.InvalidRow) -> str:
        cells = row.text.split(delimiter)
        if row.actual_columns < len(names) and not "".join(cells).strip():
            return "skip"
        uneven.append(Uneven(row=(row.number or 0) + 1, n_cells=row.actual_columns, n_headers=len(names)))
        return "skip"

    table = pa_csv.read_csv(
        pa.BufferReader(text),
        read_options=pa_csv.ReadOptions(use_threads=threads, column_names=names, block_size=block),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=b'"' in text, ignore_empty_lines=False, invalid_row_handler=note
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, TEXT),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
    return table, uneven


def _numbers(n: int, skipped: list[int]) -> np.ndarray:
    """Number the rows as a spreadsheet does, the header being 1, around those that were skipped."""
    numbers = np.arange(2, n + len(skipped) + 2)
    return numbers[~np.isin(numbers, skipped)] if skipped else numbers
