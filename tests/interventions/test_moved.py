"""Whether a measure moved after a report: by hand, by its false alarms, and where nothing can be said."""

import numpy as np
import pytest

from interventions.impact.moved import movement


def test_by_hand():
    """Before 20 of 200 against 20 expected, after 10 of 200 against 20: five points fewer, error √(2 · 20 · 0.9) / 200 = 0.03."""
    found = movement(before=[(200, 20, 20)], after=[(100, 5, 10), (100, 5, 10)], adverse=True)
    assert found.change == pytest.approx(-0.05)
    assert found.error == pytest.approx(0.03)
    assert found.moved
    assert not movement(before=[(200, 20, 20)], after=[(200, 10, 20)], adverse=False).moved
    assert movement(before=[(200, 10, 20)], after=[(200, 20, 20)], adverse=False).moved


def test_chance_alone_moves_in_one_of_twenty():
    rng = np.random.default_rng(4)
    n, risk = 400, 0.2
    moved = [
        movement(
            before=[(n, rng.binomial(n, risk), n * risk)], after=[(n, rng.binomial(n, risk), n * risk)], adverse=True
        ).moved
        for _ in range(2000)
    ]
    assert np.mean(moved) == pytest.approx(0.05, abs=0.016)


@pytest.mark.parametrize("after", [[], [(0, 0, 0)], [(10, 0, 0)], [(10, 10, 10)]])
def test_without_cases_or_expectation_nothing_is_said(after):
    assert movement(before=[(10, 1, 1)], after=after, adverse=True) is None


@pytest.mark.parametrize("after", [[(10, 11, 1)], [(10, 1, 11)], [(10, -1, 1)]])
def test_impossible_counts_are_refused(after):
    with pytest.raises(ValueError, match="between 0 and the cases"):
        movement(before=[(10, 1, 1)], after=after, adverse=True)
