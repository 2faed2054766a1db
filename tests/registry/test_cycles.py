"""Drawing a cycle: once, from a recorded seed, with drafts that are filled from the operating list and say so."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import Error, transaction

from registry.actions import cases as case_actions
from registry.actions import cycles, quality_counts, registries
from registry.actions.cycles import Procedure
from registry.models import Case, CaseRevision, Cycle, FrameRow, OperationCount
from registry.sampling.selection import Operation, draw
from registry.selectors import cases, sampling
from sites.refusals import Refusal
from tests.databases import as_role
from tests.registry.frame_files import FIRST, LAPAROSCOPIC, OPEN, committed, csv, drawn, operations, set_up
from tests.registry.little import NOW, everywhere


def rows_of(cycle):
    with everywhere(), transaction.atomic():
        return {row.key: row for row in FrameRow.objects.filter(cycle=cycle).select_related("case")}


def test_a_cycle_is_drawn_as_its_seed_says_and_opens_a_draft_for_each_operation_taken(little):
    set_up(little, core=5, caps={"open": 2})
    committed(little, csv(operations(20)))
    cycle = drawn(little, seed=77)
    assert (cycle.n_frame, cycle.n_eligible, cycle.n_rare, cycle.n_selected) == (20, 20, 0, 5)
    rows = rows_of(cycle)
    groups = {OPEN: "open", LAPAROSCOPIC: "keyhole"}
    again = draw([Operation(key=key, group=groups[row.procedure]) for key, row in rows.items()], rules=sampling.as_rules(cycle.rules), seed=77)
    assert {key: row.outcome for key, row in rows.items()} == {key: one.outcome for key, one in again.items()}
    assert {key for key, row in rows.items() if row.case} == {key for key, one in again.items() if one.is_selected}
    assert sum(row.procedure == OPEN and row.case is not None for row in rows.values()) <= 2
    with little.acting("nora"):
        case = cases.one(code=next(row.case.code for row in rows.values() if row.case), scope=little_scope(little))
        held = cases.answers(case)
        assert (case.status, held["age_years"], held["surgeon"], held["case_id"]) == ("DRAFT", rows[case.key].values["age_years"], "S1", case.key)
        assert case.occurred_on == rows[case.key].operated_on
        marks = cases.sources(case=case)
        assert marks["age_years"] == "from the operating list of 15 Jun"
        assert "smoker" not in marks


def little_scope(little, name="nora"):
    from sites.access import policy

    return policy.authority(little.people[name], on=NOW.date()).scope()


def test_what_somebody_enters_over_the_list_loses_its_mark(little):
    set_up(little)
    committed(little, csv(operations(3)))
    case = next(row.case for row in rows_of(drawn(little)).values())
    with little.acting("nora"):
        case = cases.one(code=case.code, scope=little_scope(little))
        known = cases.answers(case)["asa"]
    little.save(case, {"asa": (known, "5")}, seq="s1")
    with little.acting("nora"):
        assert "asa" not in cases.sources(case=case)
        assert "age_years" in cases.sources(case=case)


def test_a_cycle_is_drawn_once_after_its_last_day_and_only_when_its_list_is_here(little):
    set_up(little)
    with pytest.raises(Refusal, match="No operation of cycle 1 is here yet"):
        drawn(little)
    committed(little, csv(operations(6)))
    drawn(little)
    with pytest.raises(Refusal, match="No operation of cycle 1"):
        drawn(little)
    committed(little, csv(operations(2, start=50)))
    with pytest.raises(Refusal, match="drawn already"):
        drawn(little)
    number = (NOW.date() - FIRST).days // 8 + 1
    with pytest.raises(Refusal, match="It is drawn after that"):
        drawn(little, number)
    with pytest.raises(Refusal, match="The seed"):
        drawn(little, 2, seed=-1)
    with everywhere(), transaction.atomic():
        assert Cycle.objects.filter(registry=little.registry).count() == 1


def test_rare_operations_are_all_taken_also_when_they_come_late_and_late_core_ones_stay_out(little):
    set_up(little, core=2, rare=("open",))
    committed(little, csv([*operations(4, procedure=OPEN), *operations(9, start=20, procedure=LAPAROSCOPIC)]))
    cycle = drawn(little)
    assert (cycle.n_rare, cycle.n_selected) == (4, 6)
    committed(little, csv([*operations(1, start=70, procedure=OPEN), *operations(2, start=80, procedure=LAPAROSCOPIC)]))
    with little.acting("nora") as person:
        assert cycles.take_late(cycle=cycle, by=person, at=NOW) == (1, 2)
        assert cycles.take_late(cycle=cycle, by=person, at=NOW) == (0, 0)
    rows = rows_of(cycle)
    assert (rows["F-00070"].outcome, rows["F-00070"].chance, rows["F-00080"].outcome) == ("RARE", 1.0, "LATE")
    assert rows["F-00070"].case is not None


def test_the_list_becomes_the_count_of_eligible_operations_but_never_below_what_was_told(little):
    set_up(little)

    def told(label="Q2 2026"):
        with everywhere(), transaction.atomic():
            return OperationCount.objects.filter(period=little.periods[label], hospital=little.north).values_list("n_eligible", flat=True).first()

    committed(little, csv(operations(9)))
    drawn(little)
    assert told() == 9
    with everywhere(), transaction.atomic():
        registries.count_operations(period=little.periods["Q2 2026"], hospital_id=little.north.pk, n_eligible=40, by="test", at=NOW)
    committed(little, csv(operations(9, first=FIRST + timedelta(days=8), start=50)))
    drawn(little, 2)
    assert told() == 40


def test_an_operation_that_has_a_case_already_keeps_it(little):
    set_up(little, core=50)
    committed(little, csv(operations(3)))
    with everywhere(), transaction.atomic():
        n_revisions = CaseRevision.objects.count()
    own = little.open("F-00002", {"age_years": "88"})
    cycle = drawn(little)
    assert rows_of(cycle)["F-00002"].case_id == own.pk
    with everywhere(), transaction.atomic():
        assert Case.objects.filter(registry=little.registry).count() == 3
        assert CaseRevision.objects.count() == n_revisions + 3


def test_a_closed_period_takes_no_draw(little):
    set_up(little)
    committed(little, csv(operations(3)))
    little.close("Q2 2026")
    with pytest.raises(Refusal, match="Q2 2026, which is closed"):
        drawn(little)


def test_lists_and_rules_are_versioned_by_day_and_never_reach_back(little):
    set_up(little, core=5)
    committed(little, csv(operations(10)))
    drawn(little)
    with everywhere(), transaction.atomic():
        with pytest.raises(Refusal, match="must begin later"):
            cycles.publish_rules(registry=little.registry, starts_on=FIRST, core=9, caps={}, rare=(), risk_mix=(), by="test", at=NOW)
        second = cycles.publish_rules(
            registry=little.registry, starts_on=date(2026, 5, 1), core=1, caps={}, rare=(), risk_mix=("asa",), by="test", at=NOW
        )
        only = [Procedure(code=OPEN, label="Open", group="open")]
        cycles.publish_list(registry=little.registry, starts_on=date(2026, 5, 1), element="procedure", procedures=only, by="test", at=NOW)
    assert (second.number, second.first_cycle_on, second.cycle_days) == (2, FIRST, 8)
    number = (date(2026, 5, 3) - FIRST).days // 8 + 1
    start = FIRST + timedelta(days=8 * (number - 1))
    committed(little, csv(operations(10, first=start, start=100)))
    before = drawn(little, number)
    assert before.rules.number == (2 if start >= date(2026, 5, 1) else 1)
    committed(little, csv(operations(10, first=start + timedelta(days=8), start=200)))
    after = drawn(little, number + 1)
    assert (after.rules.number, after.procedures.number, after.n_selected, after.n_eligible) == (2, 2, 1, 5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"core": -1}, "never negative"),
        ({"caps": {"feet": 2}}, "“feet” is no group"),
        ({"caps": {"open": 2}, "rare": ("open",)}, "has no cap: open"),
        ({"risk_mix": ("shoe_size",)}, "“shoe_size” is no element"),
    ],
)
def test_rules_that_make_no_sense_are_refused(little, change, words):
    set_up(little)
    given = {"starts_on": date(2026, 6, 1), "core": 5, "caps": {}, "rare": (), "risk_mix": ()} | change
    with everywhere(), transaction.atomic(), pytest.raises(Refusal, match=words):
        cycles.publish_rules(registry=little.registry, by="test", at=NOW, **given)


def test_lists_that_make_no_sense_are_refused_with_every_reason(little):
    set_up(little)
    listed = [Procedure(code="1", label="x", group="a"), Procedure(code=OPEN, label="x", group=""), Procedure(code=OPEN, label="x", group="a")]
    with everywhere(), transaction.atomic(), pytest.raises(Refusal) as refused:
        cycles.publish_list(registry=little.registry, starts_on=date(2026, 6, 1), element="procedure", procedures=listed, by="test", at=NOW)
    assert len(refused.value.reasons) == 3


def test_a_draw_can_never_be_changed_in_the_database(little):
    set_up(little, core=1)
    committed(little, csv(operations(4)))
    cycle = drawn(little)
    with little.acting("nora"), pytest.raises(Error, match="drawn once"), transaction.atomic():
        FrameRow.objects.filter(cycle=cycle, outcome="LEFT").update(outcome="CORE")
    with little.acting("nora"), pytest.raises(Error, match=r"append-only|permission denied"), transaction.atomic():
        Cycle.objects.filter(pk=cycle.pk).update(seed=1)
    for name in ("sam", "suri"):
        with little.acting(name):
            assert not Cycle.objects.filter(registry=little.registry).exists()
    with little.acting("cleo"):
        assert Cycle.objects.filter(registry=little.registry).count() == 1


def test_a_case_from_the_list_is_submitted_like_any_other(little):
    set_up(little)
    committed(little, csv(operations(1)))
    case = next(row.case for row in rows_of(drawn(little)).values())
    changes = {"sex": ("", "1"), "smoker": ("", "0"), "approach": ("", "1"), "fu_status": ("", "1"), "fu_on": ("", "2026-05-05")}
    little.save(case, changes, seq="s1")
    with little.acting("nora") as person:
        done = case_actions.submit(case_id=case.pk, by=person, at=datetime(2026, 6, 15, 14, tzinfo=UTC))
    assert done.status == "SUBMITTED"


def test_drawn_operations_count_against_a_hospital_once_they_should_be_in_and_not_before(little):
    set_up(little)
    committed(little, csv(operations(3)))
    days = [row.operated_on for row in rows_of(drawn(little)).values()]

    def counted(today):
        with as_role("cairn_worker"), everywhere(), transaction.atomic():
            found = quality_counts.count(little.periods["Q2 2026"], today=today)
            return found[little.north.pk].drawn if little.north.pk in found else None

    assert counted(min(days) + timedelta(days=60)) is None
    assert counted(max(days) + timedelta(days=61)) == (0, 3)
