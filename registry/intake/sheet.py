"""What a file of cases is once it is read: headers, text columns, row numbers. The limits and the refusal live here too."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

TEXT = pa.dictionary(pa.int32(), pa.string())


class FileRefusal(ValueError):
    """A file that cannot be taken in at all. ``reasons`` are whole sentences, safe to show."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a file may be: bytes as sent and unpacked, rows, columns, bytes in one cell."""

    sent: int = 20 * 1024 * 1024
    unpacked: int = 200 * 1024 * 1024
    rows: int = 200_000
    columns: int = 500
    cell: int = 64 * 1024


WEB = Limits()
DESK = Limits(sent=200 * 1024 * 1024)


@dataclass(frozen=True, kw_only=True)
class Uneven:
    """A row that has more or fewer cells than the header."""

    row: int
    n_cells: int
    n_headers: int


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A file, read.

    headers: the first row, trimmed. table: one column of text per header, named by position ("0", "1", …), blank = null,
    dictionary-encoded. rows: the spreadsheet's number of each row, shape (n,); entirely blank rows are left out.
    uneven: rows that could not be read as cells and are not in the table. notes: what was passed over, in sentences.
    """

    headers: tuple[str, ...]
    table: pa.Table
    rows: np.ndarray
    uneven: tuple[Uneven, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.table.num_rows

    def texts(self, place: int) -> pa.DictionaryArray:
        """Give one column by position, as one dictionary-encoded array."""
        return self.table.column(place).chunk(0)


def letter(place: int) -> str:
    """Name a column as a spreadsheet does: 0 is A, 26 is AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def check_headers(headers: tuple[str, ...], *, limits: Limits) -> None:
    """Refuse a header row that is empty, too wide, has a blank cell or the same word twice."""
    if not any(headers):
        raise FileRefusal("The file has no header row. The first row names the columns.")
    if len(headers) > limits.columns:
        raise FileRefusal(f"The file has {len(headers):,} columns; at most {limits.columns} are read.")
    blank = [letter(place) for place, header in enumerate(headers) if not header]
    if blank:
        raise FileRefusal(f"Column {', '.join(blank)} has no header. Name it in the first row, or delete the column.")
    first: dict[str, int] = {}
    for place, header in enumerate(headers):
        if header in first:
            raise FileRefusal(
                f"“{header[:80]}” stands over column {letter(first[header])} and column {letter(place)}. Give each column its own header."
            )
        first[header] = place


def tidy(columns: list[pa.DictionaryArray]) -> tuple[list[pa.DictionaryArray], np.ndarray]:
    """Drop rows that are blank throughout; return the columns and a mask, shape (n,), of the rows that were kept."""
    filled = np.zeros(len(columns[0]) if columns else 0, dtype=bool)
    for column in columns:
        if column.null_count < len(column):
            filled |= column.is_valid().to_numpy(zero_copy_only=False)
            if filled.all():
                return columns, filled
    mask = pa.array(filled)
    return [column.filter(mask) for column in columns], filled
