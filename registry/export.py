"""The one writer of files that people open in a spreadsheet: CSV and XLSX in which no cell can act as a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

import xlsxwriter
from django.http import HttpResponse

from registry.dictionary.values import number_in

STARTERS = "=+-@\t\r\n\0|%"
UNSEEN = "\ufeff\u200b\u200c\u200d\u2060 \u00a0\u3000"
LONGEST_CELL = 32_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run. Plain numbers, also negative ones, stay as they are.

    Signs in fullwidth form, and behind spaces and unseen marks, count too. Source: CWE-1236, OWASP CSV injection.
    """
    shown = unicodedata.normalize("NFKC", text.strip(UNSEEN))
    if (text[:1] in "\t\r\n\0" and text) or (shown[:1] and shown[:1] in STARTERS and number_in(text) is None):
        return "'" + text.replace("\0", "")
    return text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str | None]]) -> bytes:
    """Write CSV as spreadsheets read it: UTF-8 with a mark, comma, RFC 4180 line ends, every cell safe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")  # noqa: TID251
    writer.writerow([safe(cell) for cell in header])
    for row in rows:
        writer.writerow([safe(cell or "") for cell in row])
    return ("\ufeff" + stream.getvalue()).encode()


def xlsx_bytes(
    header: Sequence[str],
    rows: Iterable[Sequence[str | None]],
    *,
    marks: dict[tuple[int, int], tuple[str, str]],
    title: str = "Cases",
) -> bytes:
    """Write one sheet. marks: (row, column), both counted from 0 with the header as row 0 → (hard or soft, comment).

    Text is written as text, so nothing in it can run; numbers are typed as numbers.
    """
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(stream, options)
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True})
    looks = {
        "hard": book.add_format({"bg_color": "#f6d5d3", "border": 2, "border_color": "#a4262c"}),
        "soft": book.add_format({"bg_color": "#f5ecc6", "border": 1, "border_color": "#8a6d00"}),
    }
    for place, words in enumerate(header):
        sheet.write_string(0, place, words, bold)
    for number, row in enumerate(rows, start=1):
        for place, text in enumerate(row):
            severity = marks.get((number, place), ("", ""))[0]
            _cell(sheet, number, place, text, looks.get(severity))
    for (number, place), (_, words) in marks.items():
        sheet.write_comment(number, place, words[:LONGEST_CELL], {"x_scale": 2, "visible": False})
    sheet.freeze_panes(1, 1)
    book.close()
    return stream.getvalue()


def _cell(sheet: xlsxwriter.worksheet.Worksheet, number: int, place: int, text: str | None, look: object) -> None:
    if not text:
        if look is not None:
            sheet.write_blank(number, place, None, look)
        return
    value = number_in(text) if len(text) <= 15 and not (text[0] == "0" and text[1:2].isdigit()) else None
    if value is not None:
        sheet.write_number(number, place, value, look)
    else:
        sheet.write_string(number, place, text[:LONGEST_CELL], look)


def attachment(content: bytes, *, name: str, kind: str) -> HttpResponse:
    """Answer with a file to be saved, never shown in place."""
    response = HttpResponse(content, content_type=kind)
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    response["Content-Disposition"] = f'attachment; filename="{plain}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
