"""What a nurse types into a date, a time or a number, and what is kept of it."""

from pathlib import Path

import pytest

from tests.plugin.browser import FLAGS, MISSING, find

SOURCE = (Path(__file__).resolve().parents[2] / "static" / "entry-typed.js").read_text()
CONTEXT = {"order": "mdy", "today": "2026-06-15", "indexDay": "2026-04-20"}
READ = "([kind, text, context]) => window.cairnEntry.typed.read(kind, text, context)"


@pytest.fixture(scope="module")
def typed(playwright):
    """Give the reading function of the shipped script."""
    if find() is None:
        pytest.skip(MISSING)
    browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
    page = browser.new_page()
    page.add_script_tag(content=SOURCE)
    yield lambda kind, text, **changes: page.evaluate(READ, [kind, text, CONTEXT | changes])
    browser.close()


@pytest.mark.journey
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-03-12", "2026-03-12"),
        ("12 Mar 2026", "2026-03-12"),
        ("12 march 26", "2026-03-12"),
        ("Mar 12, 2026", "2026-03-12"),
        ("3/12/2026", "2026-03-12"),
        ("3/12", "2026-03-12"),
        ("7/12", "2025-07-12"),
        ("031226", "2026-03-12"),
        ("20260312", "2026-03-12"),
        ("t", "2026-06-15"),
        ("29 feb 2024", "2024-02-29"),
        ("29 feb 2023", "29 feb 2023"),
        ("13/13/2026", "13/13/2026"),
        ("soon", "soon"),
        ("  ", ""),
    ],
)
def test_a_day_is_read_as_people_write_it_and_kept_as_typed_where_it_is_none(typed, text, kept):
    assert typed("day", text) == kept


@pytest.mark.journey
def test_the_order_of_day_and_month_is_the_hospitals(typed):
    assert typed("day", "3/12/2026", order="dmy") == "2026-12-03"
    assert typed("day", "3/12/2026", order="mdy") == "2026-03-12"


@pytest.mark.journey
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0830", "2026-04-20 08:30"),
        ("8:30", "2026-04-20 08:30"),
        ("21 apr 0215", "2026-04-21 02:15"),
        ("2026-04-21 23:59", "2026-04-21 23:59"),
        ("21 Apr 2026 08:30", "2026-04-21 08:30"),
        ("21 Apr 2026", "21 Apr 2026"),
        ("2460", "2460"),
    ],
)
def test_a_time_alone_is_meant_on_the_day_of_the_operation(typed, text, kept):
    assert typed("moment", text) == kept


@pytest.mark.journey
@pytest.mark.parametrize(("text", "kept"), [("2.9", "2.9"), ("2,9", "2.9"), ("1,204", "1,204"), (".5", ".5"), ("2.9 g", "2.9 g"), ("−3", "-3")])
def test_a_number_may_have_a_decimal_comma_and_nothing_is_guessed(typed, text, kept):
    assert typed("number", text) == kept
