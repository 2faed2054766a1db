"""Array literals and COPY lines come back from PostgreSQL exactly as they went in, and codes never repeat."""

import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.intake import columns
from registry.intake.codes import ALPHABET, LENGTH, random_codes
from registry.intake.literals import array_literals, copy_escaped, copy_lines
from registry.intake.mapping import matched

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
    """Send rows through COPY into a text[] and read them back."""
    width = len(rows[0])
    arrays = [columns.encoded([row[place] for row in rows]) for place in range(width)]
    literals = array_literals(arrays, n=len(rows))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS probe (place int, words text, answers text[]); TRUNCATE probe")
        with cursor.copy("COPY probe FROM STDIN") as copy:
            words = copy_escaped(pa.array([row[0] for row in rows], type=pa.string()))
            for part in copy_lines([pa.array(range(len(rows))), words, literals]):
                copy.write(part)
        cursor.execute("SELECT words, answers FROM probe ORDER BY place")
        found = cursor.fetchall()
    assert [words for words, _ in found] == [row[0] for row in rows]
    return [answers for _, answers in found]


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
