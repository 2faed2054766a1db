"""Adjusters become plain arrays, exactly what the cohort of the statistics takes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from feedback.measures.covariates import cohort_columns
from feedback.measures.definition import Adjuster, Coding, MissingRule
from feedback.measures.load import load
from feedback.statistics import coding as statistics
from feedback.statistics.cohort import build
from registry.dictionary.expression import Types

DEFINITIONS = Path(__file__).resolve().parents[3] / "feedback" / "measures" / "definitions"
TYPES = Types(
    kinds={"age": "number"},
    missing=frozenset({"UNK"}),
    ticks={"history": (("1", "history___1"),)},
)
FRAME = pd.DataFrame(
    {
        "age": ["61", "UNK", None, "70", "old"],
        "asa": ["10", "2", "UNK", None, "B"],
        "history___1": ["1", None, "0", "UNK", "1"],
    },
    dtype=object,
)


def measure(*adjusters: Adjuster):
    return replace(load((DEFINITIONS / "bowel_prep.toml").read_bytes()), adjusters=adjusters)


def category(element: str, reference: str = "2") -> Adjuster:
    return Adjuster(
        element=element, label=element, coding=Coding.CATEGORICAL, missing=MissingRule.CATEGORY, reference=reference
    )


def test_numbers_are_nan_where_they_are_not_known():
    age = Adjuster(element="age", label="Age", coding=Coding.LINEAR, missing=MissingRule.MEAN_INDICATOR)
    (found,) = cohort_columns(measure(age), FRAME, types=TYPES)
    assert found.codes is None
    np.testing.assert_array_equal(found.values, [61, np.nan, np.nan, 70, np.nan])
    np.testing.assert_array_equal(found.missing, [False, True, True, False, True])


def test_categories_are_sorted_numbers_first_and_missing_is_minus_one():
    (found,) = cohort_columns(measure(category("asa")), FRAME, types=TYPES)
    assert found.levels == ("2", "10", "B")
    np.testing.assert_array_equal(found.codes, [1, 0, -1, -1, 2])
    np.testing.assert_array_equal(found.missing, [False, False, True, True, False])


def test_an_unticked_box_is_no():
    (found,) = cohort_columns(measure(category("history___1", "0")), FRAME, types=TYPES)
    assert found.levels == ("0", "1")
    np.testing.assert_array_equal(found.codes, [1, 0, 0, -1, 1])


def test_only_the_counted_rows_are_returned_with_the_levels_of_all():
    rows = np.array([False, True, True, False, False])
    (found,) = cohort_columns(measure(category("asa")), FRAME, types=TYPES, rows=rows)
    assert found.levels == ("2", "10", "B")
    np.testing.assert_array_equal(found.codes, [0, -1])


def test_a_measure_without_adjusters_has_no_covariates():
    assert cohort_columns(measure(), FRAME, types=TYPES) == ()


def test_the_statistics_take_them_as_they_are():
    spline = Adjuster(
        element="age", label="Age", coding=Coding.SPLINE4, missing=MissingRule.MEAN_INDICATOR, centre=60, scale=10
    )
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"age": rng.integers(40, 90, 200).astype(str), "asa": rng.choice(["1", "2", "3"], 200)}, dtype=object
    )
    frame.loc[:9, "age"] = "UNK"
    covariates = cohort_columns(measure(spline, category("asa")), frame, types=TYPES)
    cohort = build(
        site=rng.choice(["a", "b"], 200),
        outcome=rng.integers(0, 2, 200),
        columns={
            found.adjuster.element: found.values
            if found.codes is None
            else statistics.Categorical(codes=found.codes, levels=found.levels)
            for found in covariates
        },
        adjusters=[
            statistics.Adjuster(
                name=rule.element,
                coding=rule.coding,
                reference=rule.reference,
                missing=rule.missing,
                centre=rule.centre,
                scale=rule.scale,
            )
            for rule in (found.adjuster for found in covariates)
        ],
    )
    assert cohort.design.names == ("(Intercept)", "age", "age:spline2", "age:spline3", "age:missing", "asa1", "asa3")
