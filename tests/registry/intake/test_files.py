"""Files are read cell for cell whatever their dialect, and hostile ones are refused before they cost anything."""

import io
import time
import zipfile

import pytest
from openpyxl import Workbook

from registry.intake import files
from registry.intake.sheet import WEB, FileRefusal, Limits, letter

EXPECTED = {"0": ["1", "2"], "1": ["ä, b", None], "2": ["x", "y\nz"]}


def cells(data: bytes, *, limits: Limits = WEB) -> dict[str, list]:
    """Read a file into plain lists."""
    return files.read(data, limits=limits).table.to_pydict()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_usual_dialect_reads_the_same(encoding, sign, end):
    lines = [["case", "words", "more"], ["1", '"ä, b"', " x "], ["2", "", '"y\nz"']]
    data = end.join(sign.join(line) for line in lines) + end
    if sign != ",":
        data = data.replace('"ä, b"', "ä, b")
    assert cells(data.encode(encoding)) == EXPECTED


def test_rows_keep_the_number_a_spreadsheet_shows():
    sheet = files.read(b'a,b\n1,2\n\n3,"x\ny"\n4,5,6\n ,\n7,8\n\n', limits=WEB)
    assert sheet.rows.tolist() == [2, 4, 7]
    assert [(row.row, row.n_cells, row.n_headers) for row in sheet.uneven] == [(5, 3, 2)]


def test_a_workbook_reads_as_its_csv_would():
    book = Workbook()
    page = book.active
    page.append(["case", "day", "number", "whole", "yes", "words"])
    import datetime

    page.append(["A-1", datetime.date(2026, 3, 12), 2.5, 3, True, " x "])
    page.append([None] * 6)
    page.append(["A-2", datetime.datetime(2026, 3, 12, 14, 5), -0.1, 44140, False, "=1+1 as text"])
    stream = io.BytesIO()
    book.save(stream)
    sheet = files.read(stream.getvalue(), limits=WEB)
    assert sheet.headers == ("case", "day", "number", "whole", "yes", "words")
    assert sheet.table.to_pylist()[0] == {"0": "A-1", "1": "2026-03-12", "2": "2.5", "3": "3", "4": "1", "5": "x"}
    assert sheet.table.to_pylist()[1] | {"5": None} == {
        "0": "A-2",
        "1": "2026-03-12 14:05",
        "2": "-0.1",
        "3": "44140",
        "4": "0",
        "5": None,
    }
    assert sheet.rows.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"a,,c\n1,2,3\n", "Column B has no header"),
        (b"a,b,a\n1,2,3\n", "column A and column C"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel"),
        (b"\x00\x01\x02 binary", "neither CSV nor XLSX"),
        (b'a,b\n1,"never closed\n', "never closed"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"a,b\n" + b"1,y\n" * 2000 + b"1,x\0y\n", "zero"),
        (b"a,b\n1," + b"x" * 70_000 + b"\n", "65,536"),
    ],
)
def test_what_is_no_table_is_refused_in_words(data, words):
    with pytest.raises(FileRefusal, match=words):
        cells(data)


def test_limits_are_counted_before_the_work():
    small = Limits(sent=1000, unpacked=5000, rows=3, columns=4, cell=100)
    with pytest.raises(FileRefusal, match="MB"):
        cells(b"a\n" + b"1\n" * 2000, limits=small)
    with pytest.raises(FileRefusal, match="rows"):
        cells(b"a,b\n" + b"1,2\n" * 4, limits=small)
    with pytest.raises(FileRefusal, match="columns"):
        cells(b"a,b,c,d,e\n1,2,3,4,5\n", limits=small)


def test_a_line_of_twenty_million_commas_costs_nothing():
    start = time.process_time()
    with pytest.raises(FileRefusal):
        cells(b"a" + b"," * 20_000_000, limits=Limits(sent=64 * 1024 * 1024))
    assert len(files.read(b"a,b\n1,2\n" + b"," * 3_000_000, limits=WEB).uneven) == 1
    assert time.process_time() - start < 5


def test_a_zip_bomb_is_refused_by_its_header_and_by_counting():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    honest = stream.getvalue()
    limits = Limits(unpacked=10_000_000)
    with pytest.raises(FileRefusal, match="unpacks"):
        cells(honest, limits=limits)
    lying = honest.replace((30_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with pytest.raises(FileRefusal, match=r"unpacks|damaged"):
        cells(lying, limits=limits)


def test_columns_are_lettered_as_spreadsheets_do():
    assert [letter(place) for place in (0, 25, 26, 51, 701, 702)] == ["A", "Z", "AA", "AZ", "ZZ", "AAA"]
