"""The worklist: what waits, in which order, in which words, and how many of each."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from registry.actions import cases, data_queries
from registry.calendar import days_words, due_words
from registry.models import Case, DataQuery
from registry.selectors import needs, worklists
from registry.selectors.cases import by_codes
from sites.access import policy
from tests.databases import as_role
from tests.registry.little import NOW, WHOLE, Little


@pytest.fixture
def day(little: Little) -> Little:
    """Fill a day: one case of each kind."""
    little.open("W-due", WHOLE | {"operated_on": "2026-05-10", "fu_status": "", "fu_on": ""})
    little.open("W-soon", {"operated_on": "2026-05-20", "asa": "2"})
    little.open("W-late", WHOLE | {"albumin": "2.1"})
    little.open("W-empty")
    little.open("W-wrong", WHOLE | {"fu_on": "2026-03-01"})
    little.submitted("W-done")
    gone = little.open("W-gone")
    with little.acting("nora") as person:
        cases.withdraw(case_id=gone.pk, reason="opened twice", by=person, at=NOW)
    little.open("W-south", WHOLE, by="sam")
    return little


def listed(little: Little, *, chosen: str = "", search: str = "W-", by: str = "nora", page: int = 1, codes: tuple = ()) -> worklists.Worklist:
    """Read the list of this test's registry alone."""
    held = policy.authority(little.people[by], on=NOW.date())
    with little.acting(by):
        mine = tuple(case.code for case in worklists.Case.objects.filter(registry=little.registry))
        return worklists.worklist(
            scope=held.scope(), chosen=chosen, search=search, page=page, now=NOW, entering=by != "suri", codes=codes or mine
        )


def test_each_case_says_when_it_is_due_and_what_it_lacks(day: Little):
    lines = {line.key: line for line in listed(day, chosen="all").lines}
    assert (lines["W-due"].due, lines["W-due"].is_due, lines["W-due"].missing) == ("6 days late", True, "Follow up 1")
    assert (lines["W-soon"].due, lines["W-soon"].due_on) == ("in 4 days", "19 Jun 2026")
    assert lines["W-soon"].missing == "Patient 2, Risk 1, Operation 2, 1 more"
    assert (lines["W-late"].status, lines["W-late"].missing) == ("to check", "1 to explain")
    assert (lines["W-wrong"].status, lines["W-wrong"].missing) == ("to check", "1 to correct")
    assert (lines["W-done"].status, lines["W-done"].due) == ("submitted", "")
    assert lines["W-gone"].status == "withdrawn"
    assert lines["W-due"].title == "Partial colectomy, laparoscopic"
    assert "W-south" not in lines


def test_what_is_most_urgent_comes_first_and_blanks_come_last(day: Little):
    assert [line.key for line in listed(day, chosen="open").lines] == ["W-late", "W-wrong", "W-due", "W-soon", "W-empty"]


def test_every_filter_counts_what_it_shows(day: Little):
    found = listed(day, chosen="all")
    counts = {name: n for name, _, n in found.filters}
    assert counts == {"open": 5, "due": 3, "soon": 1, "findings": 1, "submitted": 1, "withdrawn": 1, "all": 7}
    for name, n in counts.items():
        assert len(listed(day, chosen=name).lines) == n


def test_a_page_holds_25_cases_and_numbers_beyond_the_end_show_the_last(day: Little):
    for number in range(30):
        day.open(f"X-{number:02}", WHOLE)
    first = listed(day, search="X-", chosen="open")
    assert (len(first.lines), first.page.paginator.count) == (25, 30)
    assert len(listed(day, search="X-", chosen="open", page=99).lines) == 5


def test_a_surgeon_lists_own_cases_at_every_hospital(little: Little):
    little.open("V-1", WHOLE)
    little.open("V-2", WHOLE | {"surgeon": "M9"}, by="sam")
    little.open("V-3", WHOLE | {"surgeon": "S7"})
    held = policy.authority(little.people["suri"], on=NOW.date())
    with little.acting("suri"):
        found = worklists.worklist(scope=held.scope(), chosen="", search="V-", page=1, now=NOW, entering=False)
    assert {line.key for line in found.lines if line.code} >= {"V-1", "V-2"}
    assert "V-3" not in {line.key for line in found.lines}
    assert found.several


def test_cases_behind_a_figure_are_found_by_their_codes_within_reach_only(little: Little):
    own, foreign = little.open("C-1", WHOLE), little.open("C-2", WHOLE, by="sam")
    held = policy.authority(little.people["nora"], on=NOW.date())
    with little.acting("nora"):
        assert [case.key for case in by_codes(codes=[own.code, foreign.code], scope=held.scope())] == ["C-1"]


def test_the_home_panel_says_what_waits_most_urgent_first(day: Little):
    held = policy.authority(day.people["nora"], on=NOW.date())
    with day.acting("nora") as person, transaction.atomic():
        rows = needs.rows(authority=held, person_id=person.pk, now=NOW)
    assert [row.query for row in rows][:2] == ["show=due", "show=findings"]
    assert len(rows) <= 7


def test_the_centre_is_told_of_periods_that_have_ended(little: Little):
    held = policy.authority(little.people["cleo"], on=NOW.date())
    with little.acting("cleo") as person:
        rows = needs.rows(authority=held, person_id=person.pk, now=NOW + timedelta(days=60))
    assert any("Q1 2026" in row.sentence for row in rows)
    assert not any("Q3 2026" in row.sentence for row in rows)


@pytest.mark.parametrize(
    ("starts_on", "ends_before", "words"),
    [
        (date(2026, 11, 9), date(2026, 11, 17), "9 to 16 Nov 2026"),
        (date(2026, 9, 30), date(2026, 10, 8), "30 Sep to 7 Oct 2026"),
        (date(2025, 7, 1), date(2026, 7, 1), "1 Jul 2025 to 30 Jun 2026"),
        (date(2028, 2, 22), date(2028, 3, 1), "22 to 29 Feb 2028"),
    ],
)
def test_a_stretch_of_days_is_said_with_its_last_day(starts_on, ends_before, words):
    assert days_words(starts_on, ends_before) == words


def test_a_submitted_case_with_a_question_is_due_when_its_answer_is(little: Little):
    little.open("W-draft", {"operated_on": "2026-05-15"})
    asked = little.submitted("W-asked")
    with little.acting("cleo", identified=True) as cleo:
        case = Case.objects.select_related("version", "hospital", "registry").get(pk=asked.pk)
        query = data_queries.raise_on(case=case, column="albumin", question="Right?", priority=2, by=cleo, at=NOW)
    keys = [(line.key, line.due) for line in listed(little, chosen="open").lines]
    assert keys == [("W-draft", "1 day late"), ("W-asked", due_words(query.due_on, today=NOW.date()))]


def test_what_is_due_first_is_merged_page_by_page_as_if_all_were_sorted(little: Little):
    """Drafts with and without a day 30, with and without questions, and finished cases with one: each page is the sorted list's."""
    asked = []
    for number in range(34):
        name = f"Y-{number:02}"
        if number % 5 == 4:
            asked.append(little.submitted(name).pk)
        else:
            made = little.open(name, {"operated_on": str(date(2026, 4, 1) + timedelta(days=number * 7 % 40))} if number % 4 else {})
            asked += [made.pk] if number % 3 == 0 else []
    with little.acting("cleo", identified=True) as cleo:
        for at, pk in enumerate(asked):
            case = Case.objects.select_related("version", "hospital", "registry").get(pk=pk)
            when = NOW + timedelta(days=at * 11 % 17 - 40)
            data_queries.raise_on(case=case, column="asa", question="Right?", priority=2, by=cleo, at=when)
    with little.acting("nora"):
        answers = dict(DataQuery.objects.filter(status="OPEN", case_id__in=asked).values_list("case_id", "due_on"))
        rows = list(Case.objects.filter(registry=little.registry).values_list("pk", "key", "status", "follow_up_due_on"))
    first = {}
    for pk, key, status, day_30 in rows:
        dates = [day for day in (day_30 if status == "DRAFT" else None, answers.get(pk)) if day]
        if status == "DRAFT" or pk in answers:
            first[pk] = (not dates, min(dates, default=date.max), pk, key)
    for chosen, wanted in (("open", first), ("asked", {pk: row for pk, row in first.items() if pk in answers})):
        pages = [listed(little, chosen=chosen, search="Y-", page=number) for number in range(1, 2 + (len(wanted) > 25))]
        assert [line.key for page in pages for line in page.lines] == [key for *_, key in sorted(wanted.values())]
        assert pages[0].page.paginator.count == len(wanted)


def test_no_statement_of_the_list_looks_at_every_case(little: Little):
    """Counts come from an index alone, and no question is looked up case by case: with thousands of drafts both would be felt."""
    little.open("P-1")
    held = policy.authority(little.people["nora"], on=NOW.date())
    with little.acting("nora"), CaptureQueriesContext(connection) as seen:
        worklists.worklist(scope=held.scope(), chosen="open", search="", page=1, now=NOW, entering=True)
    statements = [query["sql"] for query in seen.captured_queries]
    assert not [sql for sql in statements if '= ("registry_case"."id")' in sql], "a question is looked up for each case"
    assert not [sql for sql in statements if '"registry_case"."id" IS NULL' in sql], "an index by hospital cannot serve alone"
    states = next(sql for sql in statements if sql.startswith('SELECT "registry_case"."status"') and "dataquery" not in sql)
    with as_role("superuser"), connection.cursor() as cursor:
        cursor.execute("VACUUM registry_case")
    with little.acting("nora"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {states}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Only Scan using case_by_status" in plan, plan
