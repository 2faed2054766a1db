"""A quick look at what `python -m tests.interventions.recovery` measures at length."""

import numpy as np

from tests.interventions.recovery import bright_spots


def test_few_nominations_are_false_and_bright_spots_are_found():
    found = bright_spots.runs(bright_spots.Setting(sigma=0.3, cases=400), replicates=30, seed=1)
    mean, error = bright_spots.false_share(found)
    assert mean - 2.58 * error <= 0.10
    assert np.mean([item.nominated for item in found]) > 1
    planted = bright_spots.runs(bright_spots.Setting(sigma=0.1, cases=800, bright=3, effect=0.5), replicates=15, seed=2)
    assert bright_spots.power(planted) > 0.7


def test_where_nobody_differs_hardly_anybody_is_nominated():
    found = bright_spots.runs(bright_spots.Setting(sigma=0, omega=0.1, measures=2), replicates=15, seed=3)
    assert bright_spots.anyone(found) <= 0.10
