"""Data queries: raised on a value, answered by a correction or a confirmation, closed by the data; who sees what of them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from registry.actions import amendments, cases, data_queries, query_settling
from registry.actions.cases import Change
from registry.models import CaseRevision, DataQuery, DataQueryMessage, DataQueryValue
from registry.selectors import data_queries as counts
from registry.selectors import query_lists
from registry.selectors.query_lists import Filter
from sites.refusals import NotFound, Refusal
from tests.registry.little import NOW, WHOLE
from tests.registry.test_case_pages import signed_in
from tests.registry.test_rules import asked, published, second  # noqa: F401 - the fixture is used by its name


def raised(little, case, column="albumin", question="Is this right?", priority=2):
    with little.acting("cleo", identified=True) as cleo:
        found = cases_of(case)
        return data_queries.raise_on(case=found, column=column, question=question, priority=priority, by=cleo, at=NOW)


def cases_of(case):
    from registry.models import Case

    return Case.objects.select_related("version", "hospital", "registry").get(pk=case.pk)


def kinds(query):
    return list(DataQueryMessage.objects.filter(query=query).order_by("id").values_list("kind", flat=True))


def test_a_question_about_a_value_is_open_and_keeps_what_the_field_held(little):
    case = little.open("A-1", WHOLE)
    query = raised(little, case)
    with little.acting("nora"):
        assert counts.open_counts(case_ids=[case.pk]) == {case.pk: 1}
        (thread,) = query_lists.threads([query_lists.one(code=query.code, hospital_ids=(little.north.pk,))], today=NOW.date())
    assert (thread.value, thread.is_open, thread.said[0].by) == ("3.9 g/dL", True, "Cleo Marsh")


def test_staff_who_are_not_identified_see_the_question_and_not_the_value(little):
    query = raised(little, little.open("A-1", WHOLE))
    with little.acting("cleo"):
        (thread,) = query_lists.threads([query_lists.one(code=query.code, hospital_ids=(little.north.pk,))], today=NOW.date())
        assert not DataQueryValue.objects.exists()
    assert (thread.value, thread.said[0].words) == (None, "Is this right?")


@pytest.mark.parametrize("name", ["sam", "suri"])
def test_another_hospital_and_a_surgeon_see_nothing_of_it(little, name):
    query = raised(little, little.open("A-1", WHOLE))
    with little.acting(name):
        assert not DataQuery.objects.filter(pk=query.pk).exists()
        assert not DataQueryMessage.objects.filter(query_id=query.pk).exists()
        assert not DataQueryValue.objects.filter(query_id=query.pk).exists()
        with pytest.raises(NotFound):
            query_lists.one(code=query.code, hospital_ids=(little.north.pk, little.south.pk))


def test_a_correction_answers_it_and_links_the_revision(little):
    case = little.open("A-1", WHOLE)
    query = raised(little, case)
    little.save(case, {"albumin": ("3.9", "4.1")}, seq="s1")
    with little.acting("nora"):
        query.refresh_from_db()
        assert (query.status, query.outcome, query.revision) == ("ANSWERED", "CORRECTED", 2)
        assert kinds(query) == ["ASKED", "CORRECTED"]
        assert counts.open_counts(case_ids=[case.pk]) == {}


def test_a_change_elsewhere_leaves_it_open(little):
    case = little.open("A-1", WHOLE)
    query = raised(little, case)
    little.save(case, {"age_years": ("67", "68")}, seq="s1")
    with little.acting("nora"):
        query.refresh_from_db()
    assert query.status == "OPEN"


def test_a_confirmation_waits_for_the_centre_which_asks_on_and_then_accepts(little):
    query = raised(little, little.open("A-1", WHOLE))
    with little.acting("nora") as nora:
        data_queries.confirm(query_id=query.pk, words="In the chart.", by=nora, at=NOW)
    with little.acting("cleo") as cleo:
        data_queries.ask_on(query_id=query.pk, words="Which page?", by=cleo, at=NOW)
    with little.acting("nora") as nora:
        data_queries.confirm(query_id=query.pk, words="Page 3.", by=nora, at=NOW)
    with little.acting("cleo") as cleo:
        done = data_queries.resolve(query_id=query.pk, by=cleo, at=NOW)
        assert kinds(query) == ["ASKED", "CONFIRMED", "ASKED_ON", "CONFIRMED", "RESOLVED"]
    assert (done.status, done.outcome) == ("RESOLVED", "CONFIRMED")


def test_withdrawing_the_case_closes_its_questions(little):
    case = little.open("A-1", WHOLE)
    query = raised(little, case)
    with little.acting("nora") as nora:
        cases.withdraw(case_id=case.pk, reason="Entered twice.", by=nora, at=NOW)
        query.refresh_from_db()
    assert (query.status, query.outcome) == ("RESOLVED", "CASE_GONE")


def test_a_rules_question_closes_when_the_rule_finds_nothing_more(little, second):  # noqa: F811
    case = little.submitted("A-1")
    rule = published(little)
    asked(little, rule)
    little.save(case, {"asa": ("3", "2")}, seq="s1", reason="The form says II.")
    with little.acting("nora"):
        query = DataQuery.objects.get(rule=rule)
    assert (query.status, query.outcome, query.revision) == ("RESOLVED", "CORRECTED", 3)


def test_an_amendment_of_something_else_leaves_a_rules_question_open(little, second):  # noqa: F811
    case = little.submitted("A-1")
    little.close("Q2 2026")
    rule = published(little)
    asked(little, rule, ask="all")
    with little.acting("nora") as nora:
        made = amendments.propose(case_id=case.pk, changes={"albumin": Change(known="3.9", new="4.0")}, reason="Typo.", by=nora, at=NOW)
    with little.acting("lena") as lena:
        amendments.approve(amendment_id=made.pk, by=lena, at=NOW + timedelta(minutes=1))
        assert DataQuery.objects.get(rule=rule).status == "OPEN"


def test_an_upload_settles_questions_as_the_form_does(little):
    case = little.open("A-1", WHOLE)
    query = raised(little, case)
    with little.acting("nora") as nora:
        held = cases_of(case)
        held.revision = 7
        query_settling.settle_many(changes={case.pk: frozenset({"albumin"})}, by=nora, at=NOW)
        query.refresh_from_db()
    assert (query.status, query.outcome) == ("ANSWERED", "CORRECTED")


def test_the_thread_cannot_be_rewritten(little):
    query = raised(little, little.open("A-1", WHOLE))
    with pytest.raises(DatabaseError, match=r"permission denied|append-only"), little.acting("nora"):
        DataQueryMessage.objects.filter(query=query).update(words="Never asked.")


def test_a_blank_answer_and_a_second_answer_are_refused(little):
    query = raised(little, little.open("A-1", WHOLE))
    with little.acting("nora") as nora:
        with pytest.raises(Refusal, match="Say what the chart shows"):
            data_queries.confirm(query_id=query.pk, words="  ", by=nora, at=NOW)
        data_queries.confirm(query_id=query.pk, words="Right.", by=nora, at=NOW)
        with pytest.raises(Refusal, match="somebody was quicker"):
            data_queries.confirm(query_id=query.pk, words="Right.", by=nora, at=NOW)


def test_two_abstractors_a_reviewer_and_an_importer_lose_nothing_on_one_case(little):
    """Each changes a field of their own from the same starting point; one field is in dispute; every value ever typed is readable."""
    from registry.actions import deliveries

    case = little.open("A-1", WHOLE)
    first, other = raised(little, case, "albumin"), raised(little, case, "smoker")
    little.save(case, {"albumin": ("3.9", "4.2")}, seq="nora:1", base=1)
    saved = little.save(case, {"albumin": ("3.9", "3.1"), "weight_kg": ("", "80")}, seq="nick:1", by="nick", base=1)
    assert [item.column for item in saved.conflicts] == ["albumin"]
    assert saved.conflicts[0].theirs == "4.2"
    assert saved.applied == ("weight_kg",)
    with little.acting("lena") as lena:
        data_queries.remark(query_id=other.pk, words="I look it up.", by=lena, at=NOW)
    with little.acting("nick") as nick:
        done = deliveries.deliver(
            registry=little.registry, hospital=little.north, change_reason="From the record system", by=nick, at=NOW,
            cases=[deliveries.Delivered(key="A-1", answers={"smoker": "1"}, reasons={})],
        )  # fmt: skip
    assert done.changed == 1
    with little.acting("nora"):
        held = cases_of(case)
        answers = dict(zip(held.version.columns, held.answers, strict=True))
        assert (answers["albumin"], answers["weight_kg"], answers["smoker"]) == ("4.2", "80", "1")
        changes = [row.changes for row in CaseRevision.objects.filter(case=case, number__gt=1).order_by("number")]
        assert changes[0] == {"albumin": ["3.9", "4.2"]}
        assert changes[1]["weight_kg"] == [None, "80"]
        assert changes[2]["smoker"] == ["0", "1"]
        states = {row.pk: row.status for row in DataQuery.objects.filter(case=case)}
        assert states == {first.pk: "ANSWERED", other.pk: "ANSWERED"}
        assert kinds(other) == ["ASKED", "REMARK", "CORRECTED"]


def test_the_list_pages_by_key_with_the_same_number_of_statements(little, django_assert_max_num_queries):
    case = little.open("A-1", WHOLE)
    made = [raised(little, case, "height_cm", f"Question {number}?") for number in range(30)]
    with little.acting("nora"), transaction.atomic():
        seen, after = [], ""
        for _ in range(2):
            with django_assert_max_num_queries(4):
                wanted = Filter(after=after, element="height_cm")
                page = query_lists.listed(hospital_ids=(little.north.pk,), wanted=wanted, now=NOW, today=NOW.date())
            seen += [line.code for line in page.lines]
            after = page.next
    assert (len(seen), len(set(seen)), after) == (30, 30, "")
    assert set(seen) == {query.code for query in made}
    assert page.counts == {"open": 30, "answered": 0, "waiting": 0, "closed": 0}


def test_the_backlog_counts_what_a_hospital_owes(little):
    raised(little, little.open("A-1", WHOLE), priority=1)
    with little.acting("cleo"):
        (line,) = counts.backlog(registry_id=little.registry.pk, today=NOW.date() + timedelta(days=10))
    assert (line.hospital_id, line.period_id, line.n_open, line.n_overdue) == (little.north.pk, little.periods["Q2 2026"].pk, 1, 1)


def test_the_page_about_data_queries_draws_the_states_as_they_are():
    from config.embedded.places import PROJECT
    from registry.lifecycle import FOLLOWS, QueryState

    lines = [line for line in (PROJECT / "docs" / "data-queries.md").read_text().splitlines() if line.startswith("| ") and "---" not in line]
    drawn = {}
    for line in lines[1:]:
        states, _, follows = line.strip("| ").partition(" | ")
        known = {word.split(" again")[0] for word in follows.split(", ")} & {"open", "answered", "resolved", "withdrawn"}
        for state in states.split(", "):
            drawn[state.split(" (")[0].replace("in line", "waiting")] = known
    assert drawn == {state.lower(): {next_.lower() for next_ in FOLLOWS[QueryState][state]} for state in QueryState}


def test_a_questions_page_says_once_when_it_is_due(little):
    query = raised(little, little.open("A-due", WHOLE))
    page = signed_in("nora").get(f"/queries/{query.code}/")
    due = page.context["threads"][0].due
    assert due
    assert page.content.decode().count(due) == 1


def test_a_cap_of_nought_is_refused_in_words_on_the_page(little):
    answer = signed_in("cleo").post(reverse("registry:weekly-queries", args=[little.registry.code]), {"n": "0"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "no question of a rule would ever open" in page
    assert f'href="#weekly-{little.registry.code}"' in page
    assert 'name="n" type="number"' in page
    assert "novalidate" in page[page.index('id="weekly"') :], "the browser’s own bubble would hide the words"
