"""The draw: repeatable from its seed, unbiased, in its strata, and silent about them."""

from collections import Counter

import pytest

from registry.auditing.sample import Candidate, Plan, Stratum, draw

CASES = [Candidate(key=f"K{number:03d}", n_events=number % 4 if number % 3 == 0 else 0) for number in range(120)]
EVENTS = {case.key: case.n_events for case in CASES}
PLAN = Plan(random=8, high_yield=4, zero=4, twice=3)


def test_the_same_seed_draws_the_same_whatever_the_order_of_rows():
    drawn = draw(candidates=CASES, plan=PLAN, seed=7)
    assert drawn == draw(candidates=CASES[::-1], plan=PLAN, seed=7)
    assert drawn != draw(candidates=CASES, plan=PLAN, seed=8)


def test_a_case_that_comes_or_goes_moves_no_other_case_of_the_random_stratum():
    before = {item.key for item in draw(candidates=CASES, plan=Plan(random=10, high_yield=0, zero=0), seed=3)}
    gone = next(case for case in CASES if case.key not in before)
    after = draw(
        candidates=[case for case in CASES if case != gone], plan=Plan(random=10, high_yield=0, zero=0), seed=3
    )
    assert {item.key for item in after} == before


def test_strata_hold_what_they_say_and_nobody_twice():
    drawn = draw(candidates=CASES, plan=PLAN, seed=11)
    assert Counter(item.stratum for item in drawn) == {Stratum.RANDOM: 8, Stratum.HIGH_YIELD: 4, Stratum.ZERO: 4}
    assert len({item.key for item in drawn}) == 16
    assert all(EVENTS[item.key] > 0 for item in drawn if item.stratum is Stratum.HIGH_YIELD)
    assert all(EVENTS[item.key] == 0 for item in drawn if item.stratum is Stratum.ZERO)
    assert sum(item.is_twice for item in drawn) == 3


def test_every_case_is_as_likely_at_random_and_more_events_are_likelier_in_high_yield():
    seeds, random, high = 3000, Counter(), Counter()
    for seed in range(seeds):
        random.update(
            item.key for item in draw(candidates=CASES[:20], plan=Plan(random=5, high_yield=0, zero=0), seed=seed)
        )
        high.update(
            item.key for item in draw(candidates=CASES[:40], plan=Plan(random=0, high_yield=1, zero=0), seed=seed)
        )
    expected, spread = seeds * 5 / 20, (seeds * 0.25 * 0.75) ** 0.5
    assert max(abs(random[case.key] - expected) for case in CASES[:20]) < 4 * spread
    by_events = {n: [high[case.key] for case in CASES[:40] if case.n_events == n] for n in (1, 3)}
    assert sum(by_events[3]) / len(by_events[3]) > 2 * sum(by_events[1]) / len(by_events[1])


def test_the_order_of_reading_tells_nothing_of_the_stratum():
    first = Counter(draw(candidates=CASES, plan=PLAN, seed=seed)[0].stratum for seed in range(400))
    assert 130 < first[Stratum.RANDOM] < 270


def test_a_stratum_gives_what_it_has():
    drawn = draw(candidates=CASES[:3], plan=PLAN, seed=1)
    assert len(drawn) == 3


def test_a_key_that_occurs_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        draw(candidates=[CASES[0], CASES[0]], plan=PLAN, seed=1)


def test_a_plan_says_how_many_charts_it_asks_for():
    assert Plan(random=8, high_yield=3, zero=2, twice=4).size == 13
