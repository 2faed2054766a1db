"""A case is opened, saved by field, submitted, reopened and withdrawn."""

import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from registry.actions import cases
from registry.actions.cases import AlreadyOpen, NotReady, Reason
from registry.models import Case, CaseRevision, FindingReason
from registry.selectors import dictionaries
from sites.models import AuditEvent
from sites.refusals import NotFound, Refusal
from tests.databases import as_role
from tests.registry.little import NOW, WHOLE, everywhere


def answers_of(case: Case) -> dict[str, str]:
    """Read a case's answers as they stand in the database."""
    with everywhere(), transaction.atomic():
        fresh = Case.objects.select_related("version").get(pk=case.pk)
        return dictionaries.layout(fresh.version).unpack(fresh.answers)


def fresh(case: Case) -> Case:
    """Read a case again."""
    with everywhere(), transaction.atomic():
        return Case.objects.select_related("period").get(pk=case.pk)


def test_an_opened_case_knows_what_follows_from_its_answers(little):
    case = fresh(little.open("A-1", WHOLE))
    assert case.status == "DRAFT"
    assert case.occurred_on == date(2026, 4, 20)
    assert case.follow_up_due_on == date(2026, 5, 20)
    assert case.period.label == "Q2 2026"
    assert case.surgeon_id == little.people["suri"].pk
    assert (case.n_hard, case.n_soft) == (0, 0)
    assert answers_of(case)["case_id"] == "A-1"


def test_opening_and_saving_leave_a_revision_and_an_event_each(little):
    case = little.open("A-1")
    little.save(case, {"asa": ("", "3")}, seq="t:1")
    with everywhere(), transaction.atomic():
        revisions = list(CaseRevision.objects.filter(case=case).order_by("number").values_list("number", "changes", "client_seq"))
        events = list(AuditEvent.objects.filter(object_id=case.code).order_by("id").values_list("action", "person__name"))
    assert revisions == [(1, {"case_id": [None, "A-1"]}, None), (2, {"asa": [None, "3"]}, "t:1")]
    assert events == [("open case", "Nora Lindqvist"), ("save case", "Nora Lindqvist")]


def test_the_same_key_opens_no_second_case_at_a_hospital_but_does_at_another(little):
    first = little.open("A-1")
    with pytest.raises(AlreadyOpen) as refused:
        little.open(" A-1 ")
    assert refused.value.code == first.code
    assert little.open("A-1", by="sam").code != first.code


def test_calculated_elements_are_computed_and_never_taken_from_the_editor(little):
    case = little.open("A-1")
    saved = little.save(case, {"height_cm": ("", "180"), "weight_kg": ("", "81"), "bmi": ("", "99")}, seq="t:1")
    assert answers_of(case)["bmi"] == "25"
    assert saved.changed["bmi"] == "25"
    assert [item.column for item in saved.rejected] == ["bmi"]


def test_what_names_the_case_cannot_be_changed(little):
    case = little.open("A-1")
    saved = little.save(case, {"case_id": ("A-1", "B-2"), "asa": ("", "2")}, seq="t:1")
    assert [item.column for item in saved.rejected] == ["case_id"]
    assert answers_of(case) == {"case_id": "A-1", "asa": "2"}


def test_a_field_somebody_else_changed_is_a_conflict_and_the_rest_is_kept(little):
    case = little.open("A-1")
    little.save(case, {"asa": ("", "2")}, seq="nick:1", by="nick")
    saved = little.save(case, {"asa": ("", "3"), "smoker": ("", "1")}, seq="nora:1")
    (conflict,) = saved.conflicts
    assert (conflict.column, conflict.theirs, conflict.mine, conflict.by) == ("asa", "2", "3", "Nick Okafor")
    assert saved.applied == ("smoker",)
    assert answers_of(case)["asa"] == "2"
    kept = little.save(case, {"asa": ("2", "3")}, seq="nora:2", base=saved.revision)
    assert not kept.conflicts
    assert answers_of(case)["asa"] == "3"


def test_a_save_tells_what_others_changed_since_the_editors_revision(little):
    case = little.open("A-1")
    little.save(case, {"asa": ("", "2"), "smoker": ("", "1")}, seq="nick:1", by="nick")
    assert little.save(case, {"sex": ("", "2")}, seq="nora:1", base=1).changed == {"asa": "2", "smoker": "1", "sex": "2"}


def test_the_same_message_twice_is_one_save(little):
    case = little.open("A-1")
    first = little.save(case, {"asa": ("", "3")}, seq="t:1")
    little.save(case, {"asa": ("3", "4")}, seq="other:1", by="nick")
    again = little.save(case, {"asa": ("", "3")}, seq="t:1")
    assert (first.revision, again.revision) == (2, 3)
    assert not again.conflicts
    assert answers_of(case)["asa"] == "4"


def test_six_editors_of_forty_saves_each_lose_nothing(little, request):
    case = little.open("A-1")
    columns = ["age_years", "albumin", "height_cm", "weight_kg", "remark", "surgeon"]
    failures: list[BaseException] = []

    def edit(position: int) -> None:
        column, known = columns[position], ""
        try:
            for number in range(40):
                new = str(100 + number)
                by = "nora" if position % 2 else "nick"
                saved = little.save(case, {column: (known, new)}, seq=f"{position}:{number}", by=by)
                assert saved.applied == (column,)
                known = new
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    editors = [threading.Thread(target=edit, args=(position,)) for position in range(6)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert not failures
    with everywhere(), transaction.atomic():
        revisions = list(CaseRevision.objects.filter(case=case).order_by("number"))
    assert [revision.number for revision in revisions] == list(range(1, 242))
    for column in columns:
        kept = [revision.changes[column][1] for revision in revisions if column in revision.changes]
        assert kept == [str(100 + number) for number in range(40)]


def test_a_case_with_errors_or_blanks_is_not_submitted(little):
    case = little.open("A-1", WHOLE | {"fu_on": "2026-03-01", "asa": ""})
    with pytest.raises(NotReady) as refused, little.acting("nora") as person:
        cases.submit(case_id=case.pk, by=person, at=NOW)
    assert {(item.code, item.column) for item in refused.value.findings} == {("required", "asa"), ("CONTACT_BEFORE", "fu_on")}
    assert fresh(case).status == "DRAFT"


def test_an_unusual_value_needs_a_reason_for_exactly_that_value(little):
    case = little.open("A-1", WHOLE | {"albumin": "2.1"})
    assert fresh(case).n_soft == 1
    with pytest.raises(NotReady), little.acting("nora") as person:
        cases.submit(case_id=case.pk, by=person, at=NOW)
    reason = Reason(code="range.below_usual", column="albumin", value="2.1", words="As in the chart")
    with little.acting("nora") as person:
        cases.save(case_id=case.pk, changes={}, client_seq="t:1", base=1, by=person, at=NOW, reasons=(reason, reason))
    assert fresh(case).n_soft == 0
    little.save(case, {"albumin": ("2.1", "2.2")}, seq="t:2")
    assert fresh(case).n_soft == 1
    little.save(case, {"albumin": ("2.2", "2.1")}, seq="t:3")
    with little.acting("nora") as person:
        cases.submit(case_id=case.pk, by=person, at=NOW)
    assert fresh(case).status == "SUBMITTED"
    with everywhere(), transaction.atomic():
        assert FindingReason.objects.filter(case=case).count() == 1


def test_a_case_is_not_submitted_before_day_30_of_the_hospital(little):
    case = little.open("A-1", WHOLE | {"operated_on": "2026-05-17", "fu_on": "2026-06-14"})
    with pytest.raises(NotReady, match="runs to 16 Jun 2026"), little.acting("nora") as person:
        cases.submit(case_id=case.pk, by=person, at=NOW)
    # It is the 16th in UTC, but still the evening of the 15th in Detroit.
    with pytest.raises(NotReady), little.acting("nora") as person:
        cases.submit(case_id=case.pk, by=person, at=NOW.replace(day=16, hour=2))
    with little.acting("nora") as person:
        cases.submit(case_id=case.pk, by=person, at=NOW.replace(day=16, hour=5))
    assert fresh(case).status == "SUBMITTED"


def test_a_submitted_case_changes_only_with_a_reason_and_stays_free_of_errors(little):
    case = little.submitted("A-1")
    with pytest.raises(Refusal, match="Say why"):
        little.save(case, {"asa": ("3", "4")}, seq="t:1", base=2)
    with pytest.raises(NotReady):
        little.save(case, {"asa": ("3", "")}, seq="t:1", base=2, reason="typed wrongly")
    with pytest.raises(NotReady, match="without a reason"):
        little.save(case, {"albumin": ("3.9", "2.1")}, seq="t:1", base=2, reason="typed wrongly")
    little.save(case, {"asa": ("3", "4")}, seq="t:1", base=2, reason="typed wrongly")
    with everywhere(), transaction.atomic():
        assert CaseRevision.objects.filter(case=case).latest("number").reason == "typed wrongly"


def test_a_reopened_case_carries_its_reason_into_each_change(little):
    case = little.submitted("A-1")
    with pytest.raises(Refusal, match="Say why"), little.acting("nora") as person:
        cases.reopen(case_id=case.pk, reason=" ", by=person, at=NOW)
    with little.acting("nora") as person:
        cases.reopen(case_id=case.pk, reason="second anaesthesia record found", by=person, at=NOW)
    little.save(case, {"asa": ("3", "")}, seq="t:1", base=3)
    with everywhere(), transaction.atomic():
        newest = CaseRevision.objects.filter(case=case).latest("number")
    assert (newest.status, newest.reason) == ("DRAFT", "second anaesthesia record found")


def test_a_withdrawn_case_stands_still_until_it_is_reopened(little):
    case = little.open("A-1")
    with little.acting("nora") as person:
        cases.withdraw(case_id=case.pk, reason="opened twice", by=person, at=NOW)
    with pytest.raises(Refusal, match="withdrawn"):
        little.save(case, {"asa": ("", "3")}, seq="t:1")
    with pytest.raises(Refusal, match="withdrawn"), little.acting("nora") as person:
        cases.submit(case_id=case.pk, by=person, at=NOW)
    with little.acting("nora") as person:
        cases.reopen(case_id=case.pk, reason="it was the right one", by=person, at=NOW)
    assert fresh(case).status == "DRAFT"


def test_nothing_enters_or_changes_in_a_closed_period(little):
    case = little.submitted("A-1")
    other = little.open("A-2", WHOLE | {"operated_on": "2026-07-02"}, at=NOW + timedelta(days=60))
    little.close("Q2 2026")
    with pytest.raises(Refusal, match="Propose an amendment"):
        little.save(case, {"asa": ("3", "4")}, seq="t:1", base=2, reason="typed wrongly")
    with pytest.raises(Refusal, match="closed"):
        little.open("A-3", WHOLE)
    saved = little.save(other, {"operated_on": ("2026-07-02", "2026-06-02"), "asa": ("3", "4")}, seq="t:2")
    assert saved.rejected[0].column == "operated_on"
    assert "Q2 2026, which is closed" in saved.rejected[0].words
    assert answers_of(other)["asa"] == "4"
    assert answers_of(other)["operated_on"] == "2026-07-02"


def test_the_database_itself_refuses_a_change_to_a_closed_case(little):
    case = little.submitted("A-1")
    little.close("Q2 2026")
    packed = fresh(case).answers
    statement = "UPDATE registry_case SET answers[5] = '1' WHERE id = %s"
    with pytest.raises(DatabaseError, match="the period is closed"), little.acting("nora"), connection.cursor() as cursor:
        cursor.execute(statement, [case.pk])
    with as_role("cairn_migrator"), pytest.raises(DatabaseError, match="the period is closed"), connection.cursor() as cursor:
        cursor.execute(statement, [case.pk])
    assert fresh(case).answers == packed


def test_a_case_of_another_hospital_is_not_there(little):
    case = little.open("B-1", by="sam")
    with everywhere(), transaction.atomic():
        assert Case.objects.filter(pk=case.pk).exists()
    with pytest.raises(NotFound):
        little.save(case, {"asa": ("", "3")}, seq="t:1")
    for act in (cases.withdraw, cases.reopen):
        with pytest.raises(NotFound), little.acting("nora") as person:
            act(case_id=case.pk, reason="mine now", by=person, at=NOW)
