"""Rows of COPY binary, array literals and COPY lines come back from PostgreSQL exactly as they went in, and codes never repeat."""

import json
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.intake import binary, columns, literals
from registry.intake.codes import ALPHABET, LENGTH, random_codes
from registry.intake.mapping import matched

DAYS = (date(2024, 2, 29), date(1999, 12, 31), None)
AWKWARD = [
    "plain",
    "NULL",
    "null",
    'q"uote',
    "back\\slash",
    "tab\there",
    "line\nbreak",
    "cr\r",
    "{brace}",
    "a,b",
    " space ",
    "ä€😀",
    "\\N",
    "'",
    "\\.",
]


def sent_and_read(rows: list[list[str | None]]) -> list[list[str | None]]:
    """Send rows through COPY binary into a text[] and read them back; the first text also stands alone and as JSON."""
    width, n = len(rows[0]), len(rows)
    fields = [binary.column(columns.encoded([row[place] for row in rows])) for place in range(width)]
    words = pa.array([row[0] for row in rows], type=pa.string())
    said = pa.array([json.dumps(row[0]) if row[0] else None for row in rows], type=pa.string())
    sent = [
        binary.head([(np.arange(n), 8), (np.arange(n), 4), (np.full(n, -3), 2)], n_fields=8),
        binary.texts(words),
        binary.texts(said, before=binary.JSON_VERSION),
        binary.numbers([len(row[0] or "") or None for row in rows]).rows(np.arange(n)),
        binary.days([DAYS[place % len(DAYS)] for place in range(n)]).rows(np.arange(n)),
        binary.text_arrays(fields, np.arange(n)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS probe (place bigint, again int, small smallint, words text, said jsonb,"
            " size bigint, day date, answers text[]); TRUNCATE probe"
        )
        with cursor.copy("COPY probe FROM STDIN (FORMAT binary)") as copy:
            for part in (binary.HEADER, binary.joined(sent), binary.TRAILER):
                copy.write(part)
        cursor.execute("SELECT place, again, small, words, said #>> '{}', size, day, answers FROM probe ORDER BY place")
        found = cursor.fetchall()
    for place, (row, one) in enumerate(zip(rows, found, strict=True)):
        assert one[:3] == (place, place, -3)
        assert one[3:7] == (row[0], row[0] or None, len(row[0] or "") or None, DAYS[place % len(DAYS)])
    return [one[7] for one in found]


def test_numbers_and_texts_of_a_parameter_are_read_as_they_were(database):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::text::bigint[], %s::text::text[], %s::text::text[]",
            [literals.numbers(np.array([3, -4])), literals.texts([*AWKWARD, None]), literals.texts([])],
        )
        assert cursor.fetchone() == ([3, -4], [*AWKWARD, ""], [])


def test_lines_of_copy_text_are_read_as_they_were(database):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS lines (place int, words text); TRUNCATE lines")
        with cursor.copy("COPY lines FROM STDIN") as copy:
            words = literals.copy_escaped(pa.array([*AWKWARD, None], type=pa.string()))
            for part in literals.copy_lines([pa.array(range(len(AWKWARD) + 1)), words]):
                copy.write(part)
        cursor.execute("SELECT words FROM lines ORDER BY place")
        assert [words for (words,) in cursor.fetchall()] == [*AWKWARD, None]


@pytest.fixture(scope="module")
def database(little_place):
    """Give the tests of this module a connection."""
    return little_place


def test_awkward_texts_survive(database):
    rows = [[text, None, other] for text in [*AWKWARD, None] for other in (AWKWARD[3], None)]
    assert sent_and_read(rows) == rows


def test_blank_rows_survive(database):
    assert sent_and_read([[None, None], [None, None]]) == [[None, None], [None, None]]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_survives(database, rows):
    assert sent_and_read(rows) == rows


def test_codes_are_random_letters_that_differ():
    codes = random_codes(5000)
    assert len(set(codes)) == 5000
    assert all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes)
    repeated = iter([bytes(LENGTH * 2), bytes([1] * LENGTH)])
    assert random_codes(2, source=lambda n: next(repeated)) == ["0" * LENGTH, "1" * LENGTH]


def test_headers_are_matched_by_memory_name_and_label_each_column_once():
    found = matched(
        ("Case Number", "AGE_YEARS", "Na serum", "asa", "asa_again", "form_complete", "gone"),
        columns=("case_id", "age_years", "sodium", "asa"),
        labels={"case_id": "Case number", "age_years": "Age"},
        remembered={"Na serum": "sodium", "asa_again": "asa", "gone": "no_longer"},
        system=frozenset({"form_complete"}),
    )
    assert [(match.column, match.how) for match in found] == [
        ("case_id", "label"), ("age_years", "name"), ("sodium", "remembered"), ("asa", "name"), ("", "none"), ("", "system"), ("", "none"),
    ]  # fmt: skip
