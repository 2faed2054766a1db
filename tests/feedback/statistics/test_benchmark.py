"""Achievable benchmark: reference figures, a worked example, ties, who may be shown, degenerate input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.statistics.benchmark import Objection, achievable_benchmark
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

SMALL = [
    (1, 1),
    (2, 2),
    (9, 10),
    (38, 40),
    (100, 120),
    (51, 60),
    (60, 75),
    (30, 33),
    (150, 200),
    (15, 18),
    (5, 5),
    (72, 90),
    (0, 0),
    (110, 146),
]


def of(pairs, **how):
    return achievable_benchmark(events=[x for x, _ in pairs], cases=[d for _, d in pairs], **how)


@pytest.mark.parametrize(("key", "file"), [("small", "data_small.csv"), ("nhs_ae_4h_201903", "data.csv")])
def test_benchmarks_agree_with_the_reference(key, file):
    case = open_case("s08_abc_benchmark")
    rows = rows_of("s08_abc_benchmark", file)
    found = of([(int(row["numerator"]), int(row["denominator"])) for row in rows])
    case.check(f"{key}.abc", found.value)
    case.check(f"{key}.providers", [rows[i]["provider"] for i in found.members])
    case.check(f"{key}.subset_denominator", found.cases)
    case.check(f"{key}.mean_all", found.overall)
    case.check(f"{key}.abc_unadjusted", found.unadjusted)
    assert_all_pass(case, at_least=8)


def test_the_small_reference_example():
    found = of(SMALL)
    assert found.value == pytest.approx(0.898550724637681)
    assert found.members == (3, 7, 10, 5)
    assert (found.events, found.cases) == (124, 138)
    assert found.overall == pytest.approx(0.80375)
    assert found.unadjusted == pytest.approx(0.938271604938272)
    assert found.without_cases == (12,)
    assert found.objections == (Objection.TOO_FEW_SITES,)


def test_three_of_three_does_not_set_the_bar():
    found = of([(3, 3), (46, 50), (88, 100), (120, 150), (60, 80), (140, 200), (1, 2), (260, 418)])
    assert found.members == (1, 2)
    assert found.value == pytest.approx(134 / 150)


def test_for_an_unwelcome_event_the_lowest_rates_set_the_bar():
    upside_down = of([(d - x, d) for x, d in SMALL], higher_is_better=False)
    assert upside_down.members == of(SMALL).members
    assert upside_down.value == pytest.approx(1 - of(SMALL).value)


def test_every_site_tied_at_the_cut_is_in():
    found = of([(9, 10)] * 12)
    assert found.members == tuple(range(12))
    assert found.showable
    assert found.largest_share == pytest.approx(1 / 12)


def test_a_cut_met_exactly_adds_nobody():
    assert of([(10, 10), (8, 10), *[(1, 10)] * 8]).members == (0,)
    assert of([(3, 3), *[(1, 3)] * 9]).members == (0,)


def test_one_site_over_half_may_not_be_shown():
    found = of([(950, 1000), (29, 29), (29, 29), (29, 29), (29, 29), (29, 29), (100, 2000)])
    assert len(found.members) == 6
    assert found.objections == (Objection.ONE_SITE_OVER_HALF,)
    assert not found.showable


def test_without_cases_there_is_no_benchmark():
    for pairs in ([], [(0, 0), (0, 0)]):
        found = of(pairs)
        assert (found.value, found.members, found.objections) == (None, (), (Objection.NO_CASES,))
    assert found.without_cases == (0, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: achievable_benchmark(events=[1], cases=[1, 2]), "one entry per site"),
        (lambda: achievable_benchmark(events=[[1]], cases=[[1]]), "one entry per site"),
        (lambda: of([(1.5, 2)]), "whole numbers"),
        (lambda: of([(np.nan, 2)]), "whole numbers"),
        (lambda: of([(3, 2)]), "between 0 and"),
        (lambda: of([(-1, 2)]), "between 0 and"),
        (lambda: of([(1, 2)], share=0.0), "share"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=15), st.randoms())
def test_order_of_sites_does_not_matter_and_the_bar_is_held_by_enough_cases(pairs, random):
    pairs = [(min(x, d), d) for x, d in pairs]
    found, places = of(pairs), list(range(len(pairs)))
    random.shuffle(places)
    mixed = of([pairs[i] for i in places])
    assert {places[i] for i in mixed.members} == set(found.members)
    assert mixed.value == found.value
    if found.value is not None:
        assert found.share >= 0.1 - 1e-9
        outside = [(x + 1) / (d + 2) for i, (x, d) in enumerate(pairs) if d and i not in found.members]
        inside = [(pairs[i][0] + 1) / (pairs[i][1] + 2) for i in found.members]
        assert not outside or max(outside) < min(inside)
