"""The difference in mix: nothing where the sample is the list, right on average, and an interval that holds what it says."""

import numpy as np
import pytest

from registry.sampling.reconciliation import mix_difference
from registry.sampling.selection import Operation, Rules, draw


def test_a_sample_of_everything_does_not_differ():
    values = np.array([1.0, 2.0, 4.0])
    found = mix_difference(values, chances=np.ones(3), abstracted=np.ones(3, dtype=bool))
    assert (found.on_list, found.in_sample, found.difference, found.lower, found.upper) == pytest.approx((7 / 3, 7 / 3, 0, 0, 0))
    assert not found.is_apart


def test_a_missing_value_and_what_could_not_be_drawn_count_nowhere():
    values = np.array([1.0, np.nan, 3.0, 100.0])
    found = mix_difference(values, chances=np.array([0.5, 0.5, 0.5, 0.0]), abstracted=np.array([True, True, False, False]))
    assert (found.n_list, found.n_sample, found.on_list, found.lower) == (2, 1, 2.0, None)


def test_nothing_abstracted_says_so():
    found = mix_difference(np.array([1.0]), chances=np.array([0.5]), abstracted=np.array([False]))
    assert (found.on_list, found.in_sample, found.is_apart) == (1.0, None, False)
    empty = mix_difference(np.array([]), chances=np.array([]), abstracted=np.array([], dtype=bool))
    assert (empty.n_list, empty.in_sample) == (0, None)


def test_the_interval_holds_nought_in_at_least_95_of_100_fair_draws_and_the_difference_is_nought_on_average():
    rng = np.random.default_rng(5)
    groups = np.array(["colon"] * 90 + ["hernia"] * 40)
    values = rng.normal(60, 12, 130) + 6 * (groups == "hernia")
    operations = [Operation(key=str(n), group=group) for n, group in enumerate(groups)]
    rules, held, differences = Rules(core=50, caps={"hernia": 15}), 0, []
    for seed in range(400):
        drawn = draw(operations, rules=rules, seed=seed)
        marks = np.array([drawn[str(n)].is_selected for n in range(130)])
        chances = np.array([drawn[str(n)].chance for n in range(130)])
        found = mix_difference(values, chances=chances, abstracted=marks)
        held += not found.is_apart
        differences.append(found.difference)
    assert held / 400 >= 0.94
    assert abs(np.mean(differences)) < 4 * np.std(differences) / 20


def test_a_hospital_that_leaves_its_ill_patients_out_is_told_apart():
    ill = np.array([1.0] * 60 + [0.0] * 60)
    marks = np.array([False] * 50 + [True] * 10 + [True] * 50 + [False] * 10)
    found = mix_difference(ill, chances=np.full(120, 0.5), abstracted=marks)
    assert found.is_apart
    assert found.upper < -0.1


def test_many_lines_together_have_wider_intervals():
    values, chances, marks = np.arange(40.0), np.full(40, 0.5), np.arange(40) % 2 == 0
    one, many = (mix_difference(values, chances=chances, abstracted=marks, lines=n) for n in (1, 10))
    assert many.upper - many.lower == pytest.approx((one.upper - one.lower) * 2.807034 / 1.959964, rel=1e-5)


def test_shapes_must_belong_together():
    with pytest.raises(ValueError, match="same rows"):
        mix_difference(np.zeros(3), chances=np.zeros(2), abstracted=np.zeros(3, dtype=bool))
