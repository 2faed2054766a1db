"""A draw is fair, can be repeated, never breaks a cap and never misses a rare procedure."""

import random
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.sampling.cycles import Calendar
from registry.sampling.selection import Operation, Outcome, Rules, draw

GROUPS = ("colon", "rectum", "hernia", "pouch", None)
RULES = Rules(core=25, caps={"hernia": 5, "rectum": 8}, rare=frozenset({"pouch"}))
OPERATIONS = st.lists(st.tuples(st.integers(0, 400), st.sampled_from(GROUPS)), max_size=80, unique_by=lambda pair: pair[0]).map(
    lambda pairs: [Operation(key=f"K{number}", group=group) for number, group in pairs]
)
LIMITS = st.builds(
    Rules,
    core=st.integers(0, 40),
    caps=st.fixed_dictionaries({}, optional={"colon": st.integers(0, 9), "hernia": st.integers(0, 9)}),
    rare=st.sampled_from((frozenset(), frozenset({"pouch"}), frozenset({"pouch", "rectum"}))),
)
SEEDS = st.integers(0, 2**63 - 1)


@given(OPERATIONS, LIMITS, SEEDS, st.randoms())
def test_the_order_of_the_rows_never_matters(operations, rules, seed, shuffler):
    other = list(operations)
    shuffler.shuffle(other)
    assert draw(operations, rules=rules, seed=seed) == draw(other, rules=rules, seed=seed)


@given(OPERATIONS, LIMITS, SEEDS)
def test_caps_hold_rare_ones_are_always_in_and_the_number_is_never_passed(operations, rules, seed):
    drawn = draw(operations, rules=rules, seed=seed)
    assert set(drawn) == {operation.key for operation in operations}
    group = {operation.key: operation.group for operation in operations}
    core = [one for one in drawn.values() if one.outcome is Outcome.CORE]
    assert len(core) <= rules.core
    for name, n in Counter(group[one.key] for one in core).items():
        assert n <= rules.caps.get(name, n)
    for one in drawn.values():
        assert (one.outcome is Outcome.RARE) == (group[one.key] in rules.rare)
        assert (one.outcome is Outcome.UNLISTED) == (group[one.key] is None)
        assert 0 <= one.chance <= 1


@given(OPERATIONS, LIMITS, SEEDS)
def test_as_many_are_taken_as_the_chances_say(operations, rules, seed):
    """The chances of a draw of fixed size add up to its size."""
    drawn = draw(operations, rules=rules, seed=seed)
    taken = sum(one.is_selected for one in drawn.values())
    assert sum(one.chance for one in drawn.values()) == pytest.approx(taken)


def test_the_same_seed_draws_the_same_and_another_seed_another():
    operations = [Operation(key=f"H04-{n:05d}", group="colon") for n in range(60)]
    one = draw(operations, rules=RULES, seed=20260718)
    assert one == draw(operations, rules=RULES, seed=20260718)
    assert one != draw(operations, rules=RULES, seed=20260719)


def test_a_draw_of_long_ago_can_still_be_repeated():
    """These keys were drawn when this was written; a change of the draw's way would make every recorded seed worthless."""
    operations = [Operation(key=f"K{n}", group="hernia" if n % 3 == 0 else "colon") for n in range(12)]
    drawn = draw(operations, rules=Rules(core=4, caps={"hernia": 1}), seed=7)
    assert sorted(one.key for one in drawn.values() if one.is_selected) == FIXED


FIXED = ["K10", "K11", "K4", "K9"]


def test_each_operation_has_the_chance_that_is_declared():
    """10,000 draws of one cycle: how often each was taken lies within 4.5 standard errors of its chance."""
    operations = [Operation(key=f"K{n}", group=("colon", "rectum", "hernia", "pouch")[n % 4 if n < 36 else 0]) for n in range(60)]
    rules = Rules(core=15, caps={"hernia": 3, "rectum": 6}, rare=frozenset({"pouch"}))
    n_draws = 10_000
    taken = Counter()
    for seed in range(n_draws):
        drawn = draw(operations, rules=rules, seed=seed)
        taken.update(one.key for one in drawn.values() if one.is_selected)
    for one in drawn.values():
        error = np.sqrt(one.chance * (1 - one.chance) / n_draws)
        assert abs(taken[one.key] / n_draws - one.chance) <= 4.5 * error, one


def test_no_weekday_is_favoured_over_many_years():
    """Twenty years of eight-day cycles at a busy hospital: the share taken is the same on each weekday."""
    calendar, rng = Calendar(first_on=date(2026, 1, 1)), random.Random(4)
    listed, taken = Counter(), Counter()
    for number in range(1, 914):
        start, _ = calendar.span(number)
        day_of, operations = {}, []
        for offset in range(8):
            day = start + timedelta(days=offset)
            for n in range(2 if day.weekday() >= 5 else 9):
                operation = Operation(key=f"{day}-{n}", group=rng.choice(("colon", "rectum", "hernia")))
                operations.append(operation)
                day_of[operation.key] = day.weekday()
        drawn = draw(operations, rules=RULES, seed=number)
        listed.update(day_of.values())
        taken.update(day_of[one.key] for one in drawn.values() if one.is_selected)
    share = sum(taken.values()) / sum(listed.values())
    assert 0.3 < share < 0.6
    for weekday, n in listed.items():
        assert abs(taken[weekday] / n - share) <= 4 * np.sqrt(share * (1 - share) / n), weekday


def test_two_operations_with_one_key_and_rules_that_contradict_themselves_are_refused():
    with pytest.raises(ValueError, match="share a key"):
        draw([Operation(key="A", group="colon")] * 2, rules=RULES, seed=1)
    with pytest.raises(ValueError, match="has no cap: pouch"):
        Rules(core=1, caps={"pouch": 2}, rare=frozenset({"pouch"}))
    with pytest.raises(ValueError, match="never negative"):
        Rules(core=-1, caps={})
