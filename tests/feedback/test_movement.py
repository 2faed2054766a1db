"""Why O/E moved: the four parts add up, and the words say what the figures say."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from feedback import movement
from feedback.charts import waterfall
from feedback.measures.load import load
from feedback.movement import Earlier, KnownThen
from feedback.statistics.cohort import build
from feedback.statistics.compare import Settings, compare
from feedback.window import Window
from registry.dictionary.types import Types

MEASURE = b"""
code = "DIED"
version = "1.0"
title = "Death"
registry = "little"
why = "It matters."
kind = "outcome"
adverse = true
unit = "case"
population = "[in] = '1'"
outcome = "[died] = '1'"
denominator_words = "All cases"
numerator_words = "death"
authors = ["A. Author, surgeon"]
checker = "C. Checker"
review_date = 2030-01-01
[[adjusters]]
element = "old"
label = "Old"
coding = "categorical"
reference = "0"
[[change_log]]
version = "1.0"
on = 2026-01-01
by = "A. Author, surgeon"
words = "First."
"""
TYPES = Types()
INSIDE_THEN, INSIDE_NOW = (1, 2), (3, 4)


def history(seed: int = 4, n: int = 1600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    site, period, old = rng.integers(1, 7, n), rng.integers(1, 5, n), rng.integers(0, 2, n)
    died = rng.random(n) < 0.08 + 0.08 * old + 0.02 * (site == 2)
    return pd.DataFrame(
        {
            "hospital_id": site,
            "period": period,
            "case_code": [f"C{i:05d}" for i in range(n)],
            "in": "1",
            "old": old.astype(str),
            "died": died.astype(int).astype(str),
        }
    )


def fitted(frame: pd.DataFrame):
    from feedback.statistics.coding import Adjuster

    cohort = build(
        site=[str(h) for h in frame["hospital_id"]],
        outcome=(frame["died"] == "1").to_numpy(float),
        columns={"old": list(frame["old"])},
        adjusters=(Adjuster(name="old", coding="categorical", reference="0"),),
    )
    return compare(cohort, settings=Settings(draws=50))


def window() -> Window:
    return Window(
        label="now",
        starts_on=None,
        ends_before=None,
        final_from=None,
        periods=((1, "P1"), (2, "P2"), (3, "P3"), (4, "P4")),
        inside=INSIDE_NOW,
        digests=(),
        as_of=date(2026, 1, 1),
    )


def earlier_of(frame: pd.DataFrame) -> Earlier:
    then = frame[frame["period"].isin(INSIDE_THEN)].reset_index(drop=True)
    result = fitted(then)
    sites = {
        int(site): KnownThen(
            case_codes=tuple(rows["case_code"]),
            status=tuple(int(value) for value in rows["died"]),
            expected=tuple(result.expected_risk[rows.index]),
        )
        for site, rows in then.groupby("hospital_id")
    }
    return Earlier(label="then", inside=INSIDE_THEN, model=result.risk_model, sites=sites)


def moved(frame: pd.DataFrame, earlier: Earlier) -> dict:
    now = frame[frame["period"].isin(INSIDE_NOW)]
    return movement.by_site(
        measure=load(MEASURE),
        history=frame,
        types=TYPES,
        window=window(),
        earlier=earlier,
        model=fitted(now).risk_model,
    )


def test_the_four_bars_of_every_site_lead_from_the_earlier_figure_to_the_later():
    frame = history()
    found = moved(frame, earlier_of(frame))
    assert set(found) == {1, 2, 3, 4, 5, 6}
    for site, document in found.items():
        rows = frame[(frame["hospital_id"] == site) & frame["period"].isin(INSIDE_NOW)]
        bars = document["bars"]
        assert [bar["term"] for bar in bars] == ["REVISED_OR_LATE", "CASE_MIX", "OUTCOMES", "MODEL"]
        assert document["before"] + sum(bar["value"] for bar in bars) == pytest.approx(document["after"], abs=1e-12)
        assert document["cases_after"] == len(rows)
        assert bars[0]["value"] == pytest.approx(0, abs=1e-12)


def test_a_late_case_and_a_revised_outcome_stand_in_the_first_bar():
    frame = history()
    earlier = earlier_of(frame)
    late = frame.iloc[[0]].assign(hospital_id=1, period=1, case_code="LATE1", died="1")
    changed = pd.concat([frame, late], ignore_index=True)
    mine = changed.index[(changed["hospital_id"] == 2) & (changed["period"] == 1) & (changed["died"] == "0")][0]
    changed.loc[mine, "died"] = "1"
    found = moved(changed, earlier)
    assert (found[1]["late"], found[2]["revised_outcome"]) == (1, 1)
    assert found[1]["bars"][0]["value"] > 0
    assert found[2]["bars"][0]["value"] > 0
    assert found[3]["bars"][0]["value"] == pytest.approx(0, abs=1e-12)


def test_a_site_that_nothing_was_expected_of_before_gets_the_reason():
    frame = history()
    earlier = earlier_of(frame)
    sites = dict(earlier.sites) | {1: KnownThen(case_codes=("X",), status=(2,), expected=(None,))}
    found = moved(frame, Earlier(label="then", inside=INSIDE_THEN, model=earlier.model, sites=sites))
    assert found[1]["reason"] == "NOTHING_EXPECTED_BEFORE"
    assert waterfall.waterfall(found[1], title="Death") is None
    assert "cannot be split" in waterfall.sentence(found[1])


def test_sentence_table_and_figure_come_from_the_same_terms():
    frame = history()
    document = moved(frame, earlier_of(frame))[2]
    chart = waterfall.waterfall(document, title="Death")
    cells = [row[1].replace("−", "-") for row in chart.table.rows]
    assert float(cells[0]) == pytest.approx(document["before"], abs=0.005)
    assert [float(cell) for cell in cells[1:5]] == pytest.approx([bar["value"] for bar in document["bars"]], abs=0.005)
    boxes = [shape for shape in chart.figure["variants"][0]["layout"]["shapes"] if shape["type"] == "rect"]
    widths = [box["x1"] - box["x0"] for box in boxes]
    assert widths == pytest.approx([abs(bar["value"]) for bar in document["bars"]])
    largest = max(document["bars"], key=lambda bar: abs(bar["value"]))
    assert waterfall.NAMES[largest["term"]].lower() in chart.sentence
    assert "against then" in chart.sentence


def moved_by(change):
    """Return a movement from 1.00 that is all outcomes."""
    bars = [
        {"term": term, "value": value, "start": 1.0, "stop": 1.0 + value}
        for term, value in (("REVISED_OR_LATE", 0.0), ("CASE_MIX", 0.0), ("OUTCOMES", change), ("MODEL", 0.0))
    ]
    return {
        "since": "2025", "before": 1.0, "after": 1.0 + change, "change": change, "bars": bars,
        "outcomes_standard_error": 0.05, "late": 0, "withdrawn": 0, "revised_outcome": 0, "revised_risk": 0, "reason": None,
    }  # fmt: skip


@pytest.mark.parametrize("change", [0.4, -0.4])
def test_the_words_beside_the_first_and_the_last_dot_leave_them_free(change):
    sides = set()
    for variant in waterfall.waterfall(moved_by(change), title="Death").figure["variants"]:
        for label, dot in zip(variant["layout"]["annotations"][-2:], variant["data"][0]["x"], strict=True):
            assert (label["x"] < dot) if label["xanchor"] == "right" else (label["x"] > dot)
            sides.add(label["xanchor"])
    assert sides == {"left", "right"}


@pytest.mark.parametrize(("change", "word"), [(0.2, "rose"), (-0.2, "fell"), (0.001, "stayed at 1.00")])
def test_the_sentence_says_which_way_it_went(change, word):
    document = moved_by(change)
    bars = document["bars"]
    said = waterfall.sentence(document)
    assert word in said
    assert ("beyond" in said) == (abs(change) > 0.1)
    assert "no part moved" in waterfall.sentence(
        document | {"change": 0.0, "after": 1.0, "bars": [{**b, "value": 0.0} for b in bars]}
    )
    assert "chance" not in waterfall.sentence(document | {"outcomes_standard_error": 0.0})
