"""What readers and columns do at their edges: broken encodings, headers without end, odd cells, days that are none."""

import datetime
import io

import numpy as np
import pyarrow as pa
import pytest
from openpyxl import Workbook

from registry.intake import columns, dates, delimited, files
from registry.intake.sheet import WEB, FileRefusal, Limits


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfea", "begins like UTF-16"),
        (b"a,b\n1,\0\n", "neither CSV nor XLSX"),
        (b"a" * (delimited.LONGEST_HEADER + 2) + b"\n1\n", "longer than a header row"),
        (b'a,b\n1,"2\n', "never closed"),
        (b"  \n ", "empty"),
        (b"PK\x03\x04 no archive", "damaged or locked"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(data, words):
    with pytest.raises(FileRefusal, match=words):
        files.read(data, limits=WEB)


def test_a_header_row_alone_is_a_file_of_no_rows():
    sheet = files.read(b"a,b", limits=WEB)
    assert (sheet.headers, len(sheet), sheet.rows.tolist()) == (("a", "b"), 0, [])


def test_too_many_rows_are_refused_however_they_are_written():
    with pytest.raises(FileRefusal, match="more than 2 rows"):
        files.read(b"a\n" + b"1\n" * 9, limits=Limits(rows=2))
    with pytest.raises(FileRefusal, match="has 3 rows; at most 2"):
        files.read(b"a\n1\n2\n3\n", limits=Limits(rows=2))
    book = Workbook()
    for value in ("a", 1, 2, 3):
        book.active.append([value])
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(FileRefusal, match="has 3 rows; at most 2"):
        files.read(stream.getvalue(), limits=Limits(rows=2))


def test_a_workbook_of_two_sheets_says_which_is_read_and_writes_times():
    book = Workbook()
    book.active.append(["at", "took", ""])
    book.active.append([datetime.time(14, 5), datetime.timedelta(hours=26, minutes=3), None])
    book.create_sheet("more")
    stream = io.BytesIO()
    book.save(stream)
    head = files.read(stream.getvalue(), limits=WEB, header_only=True)
    assert (head.headers, len(head.notes), len(head)) == (("at", "took"), 1, 0)
    sheet = files.read(stream.getvalue(), limits=WEB)
    assert "1 more stay unread" in sheet.notes[0]
    assert sheet.table.to_pylist() == [{"0": "14:05", "1": "26:03"}]


def test_days_that_are_none_have_no_period():
    column = columns.encoded(["2026-04-20", "2026-13-01", "soon", None])
    span = dates.Span(
        id=1, label="Q2", starts_on=datetime.date(2026, 4, 1), ends_before=datetime.date(2026, 7, 1), is_open=True
    )
    assert dates.days(column).tolist() == [datetime.date(2026, 4, 20), None, None, None]
    assert dates.spans(column, [span]).tolist() == [span, None, None, None]
    assert dates.later(dates.days(column), by_days=30).tolist() == [datetime.date(2026, 5, 20), None, None, None]


def test_columns_differ_row_by_row_and_are_cut_by_position():
    left, right = columns.encoded(["a", None, "b", "c"]), columns.encoded(["a", None, None, "d"])
    assert columns.differs(left, right).tolist() == [False, False, True, True]
    for rows in (np.array([1, 2]), np.array([0, 3]), np.array([], dtype=int)):
        assert columns.sliced({"x": left}, rows)["x"].to_pylist() == [left.to_pylist()[row] for row in rows]
    chunked = pa.chunked_array([columns.encoded(["a", "b"]), columns.encoded(["c", None])])
    assert columns.whole(pa.table({"x": chunked}), "x").to_pylist() == ["a", "b", "c", None]


def test_a_frame_of_columns_holds_blanks_as_blanks():
    odd = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), pa.array(["a", "a"]))
    frame = columns.to_frame({"x": columns.encoded(["a", None, "b"]), "y": odd}, n=3)
    assert frame["x"].isna().tolist() == [False, True, False]
    assert frame["y"].tolist()[:2] == ["a", "a"]
