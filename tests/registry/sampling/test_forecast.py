"""The median of measured minutes: its interval covers as it says, and too few values give none."""

import numpy as np
import pytest

from registry.sampling.forecast import hours, median


def test_fewer_than_six_measured_cases_give_no_median():
    assert median([3.0] * 5) is None


@pytest.mark.parametrize(
    ("n", "rank"), [(6, 1), (8, 1), (9, 2), (20, 6), (50, 18), (100, 40)]
)  # fmt: skip
def test_the_ranks_are_those_of_the_tables(n, rank):
    found = median([float(value) for value in range(1, n + 1)])
    assert (found.lower, found.upper) == (rank, n + 1 - rank)
    assert found.value == (n + 1) / 2


def test_the_interval_covers_the_true_median():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(800):
        found = median(rng.exponential(10, 15).tolist())
        held += found.lower <= 10 * np.log(2) <= found.upper
    assert held / 800 >= 0.95


def test_hours_follow_from_the_pace():
    pace = median([12.0] * 10)
    assert hours(pace, n_cases=25).value == 5.0
