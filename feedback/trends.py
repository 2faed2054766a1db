"""Own results by period against a frozen model, so that refitting does not recentre history. Pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from feedback.measures.definition import Measure
from feedback.scored import score
from feedback.statistics.funnel import ratio_limits
from feedback.statistics.intervals import poisson_interval
from feedback.statistics.risk_model import RiskModelFit
from feedback.window import Window
from registry.dictionary.expression import Types

Point = dict[str, Any]


def by_site(
    *, measure: Measure, history: pd.DataFrame, types: Types, model: RiskModelFit, window: Window
) -> dict[int, list[Point]]:
    """Return each site's points by period, in order; every period of the history has a point, without cases too.

    history : one row per case, with ``hospital_id``, ``period`` (ordinal) and the export columns, in a fixed order.
    A row with a level the frozen model never met has no expected risk; it is left out of both O and E and counted.
    """
    found = score(measure=measure, history=history, types=types, as_of=window.as_of, models=(model,))
    return points(key=found.site, period=found.period, met=found.outcome, expected=found.risks[0], window=window)


def by_surgeon(
    *, measure: Measure, history: pd.DataFrame, types: Types, model: RiskModelFit, window: Window
) -> dict[int, list[Point]]:
    """Return each surgeon's points by period over all own hospitals, by surgeon id; as `by_site` otherwise."""
    found = score(measure=measure, history=history, types=types, as_of=window.as_of, models=(model,))
    found = found.only(~np.isnan(found.surgeon))
    return points(
        key=found.surgeon.astype(np.int64),
        period=found.period,
        met=found.outcome,
        expected=found.risks[0],
        window=window,
    )


def points(
    *, key: np.ndarray, period: np.ndarray, met: np.ndarray, expected: np.ndarray, window: Window
) -> dict[int, list[Point]]:
    """Return one point per period for each key (a hospital or a surgeon id).

    key, period, met, expected : (n,) of counted cases; expected is NaN for a case the model cannot place.
    O/E has its exact Poisson interval (Garwood 1936); where nothing is expected it is undefined.
    """
    ordinals = np.array([ordinal for ordinal, _ in window.periods])
    order = np.argsort(ordinals, kind="stable")
    column = order[np.searchsorted(ordinals, period, sorter=order)]
    keys, row = np.unique(key, return_inverse=True)
    cell = row * len(ordinals) + column
    size = len(keys) * len(ordinals)
    known = ~np.isnan(expected)
    n = np.bincount(cell[known], minlength=size)
    observed = np.bincount(cell[known], weights=met[known].astype(float), minlength=size)
    summed = np.bincount(cell[known], weights=expected[known], minlength=size)
    left_out = np.bincount(cell[~known], minlength=size)
    shape = (len(keys), len(ordinals))
    tables = [part.reshape(shape) for part in (n, observed, summed, left_out)]
    labels = [label for _, label in window.periods]
    return {int(name): _row(labels, *(table[at] for table in tables)) for at, name in enumerate(keys)}


def _row(
    labels: list[str], n: np.ndarray, observed: np.ndarray, expected: np.ndarray, left_out: np.ndarray
) -> list[Point]:
    low, high = poisson_interval(observed, method="exact", level=0.95)
    base = np.where(expected > 0, expected, np.nan)
    ratios = zip(observed / base, low / base, high / base, strict=True)
    chance_low, chance_high = ratio_limits(np.where(expected > 0, expected, 1.0), level=0.95, funnel="none")
    return [
        {
            "period": label,
            "n": int(n[at]),
            "observed": int(observed[at]),
            "expected": float(expected[at]),
            "oe": _number(ratio),
            "oe_lower": _number(lower),
            "oe_upper": _number(upper),
            "chance": [float(chance_low[at]), float(chance_high[at])] if expected[at] > 0 else None,
            "left_out": int(left_out[at]),
        }
        for at, (label, (ratio, lower, upper)) in enumerate(zip(labels, ratios, strict=True))
    ]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def collaborative(series: Mapping[int, list[Point]], *, rate: float) -> dict[str, Any]:
    """Add all sites up by period: how the whole collaborative moves against its frozen model."""
    sites = [series[site] for site in sorted(series)]
    if not sites:
        return {"rate": rate, "points": []}
    tables = [
        np.array([[point[name] for point in site] for site in sites]).sum(axis=0)
        for name in ("n", "observed", "expected", "left_out")
    ]
    return {"rate": rate, "points": _row([point["period"] for point in sites[0]], *tables)}
