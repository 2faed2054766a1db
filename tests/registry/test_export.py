"""No exported cell can act as a formula, and nothing else is changed."""

import csv
import io

import pytest
from openpyxl import load_workbook

from registry import export

LIVE = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "\ufeff=1", "\u200b=1", "\u3000=1", "＝1+1", "＋1", "－1x", "＠x",
    "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "%0A=1", "|x",
]  # fmt: skip
CALM = ["", "plain", "-1.5", "+3", "-0", "12", "2026-03-12", "a=b", "x-y", "(-1)", "O'Neil"]


@pytest.mark.parametrize("text", LIVE)
def test_a_live_cell_is_made_text(text):
    assert export.safe(text).startswith("'")


@pytest.mark.parametrize("text", CALM)
def test_a_calm_cell_stays(text):
    assert export.safe(text) == text


def test_csv_holds_no_live_cell_and_comes_back():
    written = export.csv_bytes(["=head"], [[text] for text in LIVE])
    assert written.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert all(row[0].startswith("'") for row in read)
    assert len(read) == len(LIVE) + 1


def test_a_workbook_holds_text_numbers_and_marks_but_no_formula():
    written = export.xlsx_bytes(
        ["head"],
        [[text.replace("\0", "")] for text in LIVE] + [["12.5"], ["007"]],
        marks={(1, 0): ("hard", "=bad"), (2, 0): ("soft", "odd")},
    )
    page = load_workbook(io.BytesIO(written)).active
    cells = [row[0] for row in page.iter_rows(min_row=2)]
    assert all(cell.data_type != "f" for cell in cells)
    assert cells[-2].value == 12.5
    assert cells[-1].value == "007"
    assert cells[0].comment.text.startswith("=bad")
    assert cells[0].fill.fgColor.rgb == "FFF6D5D3"
