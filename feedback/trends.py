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
RATIOS = ("oe", "oe_lower", "oe_upper")


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
    rows = _rows(
        [label for _, label in window.periods], *(part.reshape(shape) for part in (n, observed, summed, left_out))
    )
    return {int(name): row for name, row in zip(keys, rows, strict=True)}


def _rows(
    labels: list[str], n: np.ndarray, observed: np.ndarray, expected: np.ndarray, left_out: np.ndarray
) -> list[list[Point]]:
    """Return a row of points for each row of the (keys, periods) tables; the limits of all cells are found at once."""
    low, high = (part.reshape(n.shape) for part in poisson_interval(observed.ravel(), method="exact", level=0.95))
    base = np.where(expected > 0, expected, np.nan)
    filled = np.where(expected > 0, expected, 1.0).ravel()
    chance_low, chance_high = (part.reshape(n.shape) for part in ratio_limits(filled, level=0.95, funnel="none"))
    ratios = (observed / base, low / base, high / base)
    return [
        [
            {
                "period": label,
                "n": int(n[row, at]),
                "observed": int(observed[row, at]),
                "expected": float(expected[row, at]),
                **{name: _number(part[row, at]) for name, part in zip(RATIOS, ratios, strict=True)},
                "chance": [float(chance_low[row, at]), float(chance_high[row, at])] if expected[row, at] > 0 else None,
                "left_out": int(left_out[row, at]),
            }
            for at, label in enumerate(labels)
        ]
        for row in range(len(n))
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
    return {
        "rate": rate,
        "points": _rows([point["period"] for point in sites[0]], *(table[None, :] for table in tables))[0],
    }
