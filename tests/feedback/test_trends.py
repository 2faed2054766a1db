"""Trends stand against a frozen model: refitting does not recentre history."""

import numpy as np
import pytest

from feedback import trends
from feedback.statistics.risk_model import RiskModelFit
from tests.feedback import little_frames as little
from tests.feedback.test_engine import run, usual


def reference():
    return usual().model


def test_a_refit_leaves_the_past_where_it_was():
    past = little.history()
    worse = past.copy()
    rows = worse["period"] == 3
    worse.loc[rows & (worse.index // 3 % 3 == 0), "leak"] = "1"
    frozen = run(history=worse, reference=reference())
    refitted = run(history=worse)
    for hospital, result in usual().results.items():
        assert frozen.results[hospital]["trend"][:2] == result["trend"][:2]
    assert refitted.results[1]["trend"][0] != usual().results[1]["trend"][0]
    assert frozen.summary["reference"]["points"][2]["oe"] > usual().summary["reference"]["points"][2]["oe"]
    assert frozen.summary["reference"]["rate"] == reference()["rate"]


def test_all_sites_together_add_up_to_the_collaborative():
    together = usual().summary["reference"]["points"]
    for at, point in enumerate(together):
        sites = [result["trend"][at] for result in usual().results.values()]
        assert point["n"] == sum(site["n"] for site in sites)
        assert point["observed"] == sum(site["observed"] for site in sites)
        assert point["expected"] == pytest.approx(sum(site["expected"] for site in sites))
    assert trends.collaborative({}, rate=0.1) == {"rate": 0.1, "points": []}


def test_a_period_without_a_case_has_a_point_without_a_value():
    points = trends.points(
        key=np.array([1, 1]),
        period=np.array([1, 3]),
        met=np.array([1, 0]),
        expected=np.array([0.5, 0.5]),
        window=little.window(),
    )[1]
    assert [point["n"] for point in points] == [1, 0, 1]
    assert points[1]["oe"] is None
    assert points[1]["chance"] is None
    assert points[0]["oe"] == 2.0
    assert points[2]["oe_lower"] == 0.0


def test_a_level_the_frozen_model_never_met_is_left_out_of_both_sides_and_counted():
    past = little.history()
    strange = past.index[(past["hospital_id"] == 1) & (past["period"] == 3)][10:14]
    past.loc[strange, "old"] = "9"
    series = trends.by_site(
        measure=little.measure(),
        history=past,
        types=little.TYPES,
        model=RiskModelFit.from_document(reference()["risk_model"]),
        window=little.window(),
    )
    before = usual().results[1]["trend"][2]
    after = series[1][2]
    assert after["left_out"] == 4
    assert after["n"] == before["n"] - 4
    assert after["expected"] < before["expected"]


def test_a_surgeons_series_holds_named_cases_only():
    series = trends.by_surgeon(
        measure=little.measure(),
        history=little.history(),
        types=little.TYPES,
        model=RiskModelFit.from_document(reference()["risk_model"]),
        window=little.window(),
    )
    past = little.history().query("kind == 'colon' and before == '0' and leak != 'UNK'")
    named = past[past["surgeon_id"].notna()]
    assert set(series) == set(named["surgeon_id"])
    assert sum(point["n"] for points in series.values() for point in points) == len(named)
