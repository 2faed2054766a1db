"""Reads the first sheet of an XLSX file into a Sheet. The archive is bounded before anything is unpacked."""

import io
import zipfile
import zlib
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from .sheet import FileRefusal, Limits, Sheet, check_headers, tidy
from .trimmed import encoded, trimmed

CHUNK = 1024 * 1024
MOST_PARTS = 2000
MOST_CELLS = 8_000_000


def read(data: bytes, *, limits: Limits, header_only: bool = False) -> Sheet:
    """Read the first sheet; numbers are written with as few digits as denote them, dates as ISO. Raises FileRefusal."""
    bound_archive(data, limits=limits)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_index(0)
        lines = sheet.to_python(skip_empty_area=False, nrows=1 if header_only else None)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise FileRefusal("The workbook cannot be read. Open it, save it again as XLSX, and send that.") from error
    headers = tuple(_text(cell) or "" for cell in lines[0]) if lines else ()
    while headers and not headers[-1]:
        headers = headers[:-1]
    check_headers(headers, limits=limits)
    others = len(book.sheet_names) - 1
    notes = (f"Only the first sheet, “{book.sheet_names[0]}”, is read; {others} more stay unread.",) if others else ()
    if header_only:
        return Sheet(headers=headers, table=pa.table({}), rows=np.empty(0, dtype=np.int64), notes=notes)
    body = lines[1:]
    if len(body) > limits.rows:
        raise FileRefusal(f"The sheet has {len(body):,} rows; at most {limits.rows:,} are read at once. Divide it.")
    return _sheet(headers, body, limits=limits, notes=notes)


def _sheet(headers: tuple[str, ...], body: list[list], *, limits: Limits, notes: tuple[str, ...]) -> Sheet:
    width = len(headers)
    arrays = []
    for place in range(width):
        texts = pa.array([_text(line[place]) if place < len(line) else None for line in body], type=pa.string())
        arrays.append(trimmed(pa.chunked_array([encoded(texts)]), place=place, limits=limits))
    columns, kept = tidy(arrays)
    table = pa.table(columns, names=[str(place) for place in range(width)])
    return Sheet(headers=headers, table=table, rows=np.arange(2, len(body) + 2)[kept], notes=notes)


def bound_archive(data: bytes, *, limits: Limits) -> None:
    """Refuse an archive that unpacks to more than it may, counted while unpacking because headers can lie."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > limits.unpacked:
                raise FileRefusal(_too_large(limits))
            total = 0
            for part in parts:
                with archive.open(part) as stream:
                    while block := stream.read(CHUNK):
                        total += len(block)
                        if total > limits.unpacked:
                            raise FileRefusal(_too_large(limits))
                        if block.count(b"<c ") > MOST_CELLS:
                            raise FileRefusal(_too_large(limits))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise FileRefusal(
            "The workbook is damaged or locked with a password. Save it again as XLSX without one."
        ) from error


def _too_large(limits: Limits) -> str:
    return f"The workbook unpacks to more than {limits.unpacked // (1024 * 1024)} MB. Send it as CSV, or divide it."


def _text(value: object) -> str | None:
    """Write one cell as text; None where it is blank."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d") if value.time() == time() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds() // 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return str(value).strip()
