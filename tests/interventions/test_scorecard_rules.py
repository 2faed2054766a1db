"""The scorecard's arithmetic: points computed by hand, rules that contradict themselves refused, and what holds for every card."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.embedded.places import PROJECT
from interventions.scorecard.refusal import RulesRefusal, ScoreRefusal
from interventions.scorecard.rules import load
from interventions.scorecard.score import Reading, covered, score

SOURCE = (PROJECT / "config" / "example" / "colorectal" / "scorecard.toml").read_text()
RULES = load(SOURCE.encode())
OLD, NEW = RULES.cohorts
CODES = [item.code for item in RULES.items]


def lines(card):
    return {line.code: line for line in card.lines}


WHOLE = {
    "data": Reading(value=0.5, best=1.0),
    "agreement": Reading(value=0.93, settled=True),
    "meetings": Reading(value=0.5, best=0.75),
    "project": Reading(value=2 / 3, best=1.0),
    "preparation": Reading(value=0.625, baseline=0.6, reliability=0.9),
    "infections": Reading(value=0.06, baseline=0.07, reliability=0.6, settled=True),
    "together": Reading(value=0.07, baseline=0.075, settled=True),
}


def test_a_card_computed_by_hand():
    """Weights 15, 10, 10, 20, 20, 10, 15 of hospitals that joined before 2025.

    data 0.5 of 15; agreement (0.93-0.90)/0.05 of 10; meetings (0.5-0.25)/0.75 of 10; project 2/3 of 20;
    preparation attained (0.625-0.40)/0.45 = 0.5 against improved (0.025/0.4)/0.2 = 0.3125: 0.5 of 20;
    infections attained (0.12-0.06)/0.08 = 0.75 against improved (0.01/0.07)/0.2 = 0.714: 0.75 of 10;
    together attained (0.10-0.07)/0.05 = 0.6 against improved (0.005/0.075)/0.1 = 0.667: 0.667 of 15.
    """
    card = score(RULES, OLD, WHOLE)
    points = {code: round(line.points, 3) for code, line in lines(card).items()}
    assert points == {
        "data": 7.5, "agreement": 6.0, "meetings": 3.333, "project": 13.333, "preparation": 10.0, "infections": 7.5, "together": 10.0,
    }  # fmt: skip
    assert {code: line.route for code, line in lines(card).items() if line.kind == "PERFORMANCE"} == {
        "preparation": "ATTAINMENT", "infections": "ATTAINMENT", "together": "IMPROVEMENT",
    }  # fmt: skip
    assert card.points == pytest.approx(57.6667, abs=1e-3)
    assert lines(card)["meetings"].earnable == pytest.approx(10 * (0.5 / 0.75) - 10 * (0.25 / 0.75))
    assert lines(card)["meetings"].lost == pytest.approx(10 / 3)
    assert lines(card)["agreement"].earnable == 0
    assert card.points + card.earnable + card.lost == pytest.approx(100)


def test_weights_differ_by_when_a_hospital_joined():
    assert RULES.cohort(date(2024, 12, 31)) == OLD
    assert RULES.cohort(date(2025, 1, 1)) == NEW
    assert RULES.weight(OLD, "PERFORMANCE") == 45
    assert RULES.weight(NEW, "PERFORMANCE") == 15
    assert lines(score(RULES, NEW, WHOLE))["data"].points == 12.5


def test_what_is_waived_gives_its_weight_to_the_others():
    """Without the project's 20 the other weights grow by 100/80."""
    card = score(RULES, OLD, WHOLE, waived=frozenset({"project"}))
    assert lines(card)["project"].state == "WAIVED"
    assert lines(card)["project"].weight == 0
    assert lines(card)["data"].points == pytest.approx(7.5 * 1.25)
    assert sum(line.weight for line in card.lines) == pytest.approx(100)


def test_what_the_hospitals_share_is_not_waived_for_one():
    assert lines(score(RULES, OLD, WHOLE, waived=frozenset({"together"})))["together"].state == "COUNTED"
    with pytest.raises(ScoreRefusal, match="Nothing is left"):
        score(replace(RULES, items=RULES.items[:4]), OLD, WHOLE, waived=frozenset(CODES))


def test_too_little_reliability_is_not_judged_and_costs_nothing():
    card = score(RULES, OLD, WHOLE | {"infections": replace(WHOLE["infections"], reliability=0.39)})
    assert lines(card)["infections"].state == "NOT_JUDGED"
    assert lines(card)["data"].weight == pytest.approx(15 / 0.9)


def test_an_appeal_counts_where_it_is_more():
    assert lines(score(RULES, OLD, WHOLE, upheld={"agreement": 0.8}))["agreement"].points == 8
    assert lines(score(RULES, OLD, WHOLE, upheld={"agreement": 0.8}))["agreement"].route == "APPEAL"
    assert lines(score(RULES, OLD, WHOLE, upheld={"agreement": 0.1}))["agreement"].points == pytest.approx(6)


def test_nothing_known_is_nothing_earned_and_everything_earnable():
    card = score(RULES, OLD, {})
    assert (card.points, card.earnable, card.lost) == (0, pytest.approx(100), 0)


def test_what_nobody_looked_at_is_not_judged_once_the_year_is_over():
    """An audit that the centre did not make costs the hospital nothing."""
    known = dict.fromkeys(CODES, Reading(settled=True)) | {"project": Reading(value=0.0, settled=True)}
    over = score(RULES, OLD, known)
    assert lines(over)["agreement"].state == lines(over)["infections"].state == "NOT_JUDGED"
    assert (over.points, lines(over)["project"].weight, over.lost) == (0, 100, 100)
    with pytest.raises(ScoreRefusal, match="Nothing is left"):
        score(RULES, OLD, dict.fromkeys(CODES, Reading(settled=True)))


@pytest.mark.parametrize(
    ("value", "baseline", "falling", "part"),
    [
        (0.8, 0.6, False, 0.5),
        (0.03, 0.06, True, 0.5),
        (0.5, 0.6, False, -0.25),
        (0.09, 0.06, True, -0.5),
        (1, 1, False, 0),
        (0.1, 0, True, -1),
    ],
)
def test_improvement_is_a_part_of_the_way_to_perfection(value, baseline, falling, part):
    assert covered(value=value, baseline=baseline, falling=falling) == pytest.approx(part)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("established = 15, new = 25", "established = 16, new = 25", "come to 101"),
        ("established = 15, new = 25", "established = 15", "not those of the cohorts"),
        ("[[0.90, 0.0], [0.95, 1.0]]", "[[0.90, 1.0], [0.95, 0.0]]", "turns back"),
        ("[[0.90, 0.0], [0.95, 1.0]]", "[[0.95, 0.0], [0.90, 1.0]]", "do not rise"),
        ("[[0.90, 0.0], [0.95, 1.0]]", "[[0.90, 0.0], [0.95, 0.9]]", "between 0 and 1"),
        ("[[0.90, 0.0], [0.95, 1.0]]", "0.9", "list of two or more pairs"),
        ("[[0.04, 1.0], [0.12, 0.0]]", "[[0.04, 0.0], [0.12, 1.0]]", "turns back"),
        ("year = 2026", 'year = "2026"', "whole number"),
        ('source = "agreement"', 'source = "hearsay"', "none of attested"),
        ('source = "agreement"', 'source = "agreement"\nof = 2', "only where they are counted"),
        ('scope = "COLLABORATIVE"', 'scope = "PLANET"', "neither HOSPITAL nor"),
        ("joined_before = 2025-01-01\n", "", "takes whoever joined later"),
        ('code = "agreement"', 'code = "data"', "same code"),
        ("appeal_days = 30", "appeal_days = 3", "7 to 120"),
        ("appeal_days = 30", "appeal_days = 30\nbonus = 5", "unknown key"),
        ("year = 2026", "year = ", "not TOML"),
        ("joined_before = 2025-01-01", "joined_before = 2025", "is not a day"),
        ('[[cohort]]\ncode = "new"', '[[cohort]]\ncode = "x"\ntitle = "T"\njoined_before = 2024-01-01\n\n[[cohort]]\ncode = "new"', "not in order"),
        ('code = "new"', 'code = "established"', "Two cohorts have the same code"),
        ('kind = "PARTICIPATION"', 'kind = "PLAY"', "neither PARTICIPATION nor PERFORMANCE"),
        ('kind = "PARTICIPATION"', 'kind = "PERFORMANCE"', "all else is participation"),
        ('source = "quality"', 'source = "quality"\nscope = "COLLABORATIVE"', "only performance is shared"),
        ('source = "quality"', 'source = "quality"\nimprovement = [[0.0, 0.0], [0.2, 1.0]]', "only performance can improve"),
        ('source = "quality"', 'source = "quality"\ncolour = "red"', "unknown key “colour”"),
        ("reliability_at_least = 0.4", "reliability_at_least = 4", "outside 0 to 1"),
        ("reliability_at_least = 0.4", "reliability_at_least = true", "outside 0 to 1"),
        ("established = 15, new = 25", "established = -15, new = 125", "outside 0 to 100"),
        ('title = "Quarters without a red light"', 'title = " "', "“title” of the item “data” is missing"),
        ('authors = ["Measures committee of the example"]', "authors = 5", "not a list of names"),
    ],
)  # fmt: skip
def test_each_thing_that_rules_may_not_say_is_refused_in_words(old, new, words):
    assert old in SOURCE
    with pytest.raises(RulesRefusal, match=words):
        load(SOURCE.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"item = [1, 2]", "“item” is not written as tables"),
        (b"cohort = 3", "“cohort” is not written as tables"),
        (b"year = 2026", "There is no item"),
        (b"\xff", "not TOML"),
    ],
)
def test_a_document_of_another_shape_is_refused_in_words(document, words):
    with pytest.raises(RulesRefusal, match=words):
        load(document)


def test_points_add_up_by_kind():
    card = score(RULES, OLD, WHOLE)
    assert card.of_kind("PARTICIPATION") + card.of_kind("PERFORMANCE") == pytest.approx(card.points)
    assert card.of_kind("PERFORMANCE") == pytest.approx(27.5)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('source = "quality"', 'source = "quality"\nof = 3', "only where they are counted"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(old, new, words):
    assert old in SOURCE
    with pytest.raises(RulesRefusal, match=words):
        load(SOURCE.replace(old, new, 1).encode())


def test_performance_never_weighs_less_for_those_who_joined_earlier():
    turned = SOURCE.replace("established = 20, new = 5 }", "established = 5, new = 25 }")
    turned = turned.replace("established = 15, new = 25", "established = 30, new = 5")
    with pytest.raises(RulesRefusal, match="mature the other way"):
        load(turned.encode())


def test_all_faults_come_at_once():
    with pytest.raises(RulesRefusal) as caught:
        load(SOURCE.replace("year = 2026", "year = 1").replace('source = "agreement"', 'source = "x"').encode())
    assert len(caught.value.faults) >= 2


share = st.floats(0, 1, allow_nan=False)
readings = st.fixed_dictionaries(
    {
        code: st.builds(
            Reading,
            value=st.none() | share,
            baseline=st.none() | share,
            best=st.none() | share,
            settled=st.booleans(),
            reliability=st.none() | share,
        )
        for code in CODES
    }
)
waivers = st.frozensets(st.sampled_from(CODES))


@settings(max_examples=60, deadline=None)
@given(known=readings, waived=waivers, cohort=st.sampled_from(RULES.cohorts))
def test_every_card_is_of_a_hundred_and_bounded(known, waived, cohort):
    card = score(RULES, cohort, known | {"together": replace(known["together"], settled=False)}, waived=waived)
    assert sum(line.weight for line in card.lines) == pytest.approx(100)
    assert card.points + card.earnable + card.lost == pytest.approx(100)
    for line in card.lines:
        assert min(line.points, line.earnable, line.lost) >= -1e-9
        assert line.points <= line.weight + 1e-9


@settings(max_examples=60, deadline=None)
@given(known=readings, cohort=st.sampled_from(RULES.cohorts), code=st.sampled_from(CODES), value=share)
def test_doing_better_never_costs_points(known, cohort, code, value):
    item = RULES.item(code)
    held = known[code].value
    if held is None or code == "together":
        return
    known = known | {"together": replace(known["together"], settled=False)}
    better = min(held, value) if item.falling else max(held, value)
    before = score(RULES, cohort, known)
    after = score(RULES, cohort, known | {code: replace(known[code], value=better)})
    assert after.points >= before.points - 1e-9


@settings(max_examples=30, deadline=None)
@given(known=readings, code=st.sampled_from(CODES), value=share)
def test_a_higher_appeal_never_costs_points(known, code, value):
    known = known | {"together": replace(known["together"], settled=False)}
    assert score(RULES, OLD, known, upheld={code: value}).points >= score(RULES, OLD, known).points - 1e-9
