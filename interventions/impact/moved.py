"""Did a measure move after a report, beyond what chance readily gives? It says nothing about why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

ONE_SIDED = 0.05


@dataclass(frozen=True)
class Movement:
    """The change of (O − E)/n in points from before to after, its standard error, and whether it went the wished way beyond chance."""

    change: float
    error: float
    moved: bool


def movement(
    *, before: Sequence[tuple[float, float, float]], after: Sequence[tuple[float, float, float]], adverse: bool
) -> Movement | None:
    """Compare periods before with periods after, all against one frozen model.

    `before`, `after`: (cases, observed, expected) by period, in events; `adverse`: whether the event is unwelcome, so that fewer is the
    wished way. The error takes outcomes as independent with their expected risk, E (1 − E/n) / n² on either side, and one-sided 5 %.
    Returns None without cases or without anything expected on either side. Raises ValueError for events beyond the cases.
    Source: indirect standardisation (methods §5.1); regression to the mean is not taken out (methods §15).
    """
    sides = [np.asarray(side, dtype=float).reshape(-1, 3).sum(axis=0) for side in (before, after)]
    if any((side[1:] > side[0]).any() or (side < 0).any() for side in sides):
        raise ValueError("events observed and expected lie between 0 and the cases")
    if any(side[0] <= 0 or not 0 < side[2] < side[0] for side in sides):
        return None
    points = [(o - e) / n for n, o, e in sides]
    error = float(np.sqrt(sum(e * (1 - e / n) / n**2 for n, _, e in sides)))
    change = float(points[1] - points[0])
    wished = -change if adverse else change
    return Movement(change=change, error=error, moved=bool(wished > norm.ppf(1 - ONE_SIDED) * error))
