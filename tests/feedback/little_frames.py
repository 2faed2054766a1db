"""A small deterministic frame of cases and a measure over it, for tests without a database."""

from datetime import date

import numpy as np
import pandas as pd

from feedback.measures.definition import Measure
from feedback.measures.load import load
from feedback.window import Window
from registry.dictionary.types import Types

SOURCE = b"""
code = "LEAK"
version = "1.0"
title = "Leak"
registry = "little"
why = "It matters."
kind = "outcome"
adverse = true
unit = "case"
population = "[kind] = 'colon'"
outcome = "[leak] = '1'"
denominator_words = "All colon operations"
numerator_words = "a leak"
authors = ["A. Author, surgeon"]
checker = "C. Checker"
review_date = 2030-01-01
[[exclusions]]
code = "BEFORE"
when = "[before] = '1'"
words = "it leaked before"
[[adjusters]]
element = "old"
label = "Old"
coding = "categorical"
reference = "0"
[[change_log]]
version = "1.0"
on = 2026-01-01
by = "A. Author"
words = "First version."
"""
TYPES = Types(missing=frozenset({"UNK"}))
LABELS = {"leak": "Anastomotic leak"}
PERIODS = ((1, "Q1"), (2, "Q2"), (3, "Q3"))


def measure(source: bytes = SOURCE) -> Measure:
    """Load the measure."""
    return load(source)


def window(inside: tuple[int, ...] = (2, 3)) -> Window:
    """Describe a window of two periods with one before it."""
    return Window(
        label="Q2 – Q3",
        starts_on=date(2026, 4, 1),
        ends_before=date(2026, 10, 1),
        final_from=date(2026, 10, 31),
        periods=PERIODS,
        inside=inside,
        digests=("a" * 64, "b" * 64),
        as_of=date(2026, 10, 1),
    )


def history(*, sites: int = 12, cases: int = 120, seed: int = 5, surgeons: int = 2) -> pd.DataFrame:
    """Make cases of three periods: rates differ between sites, old patients leak more, a few do not count."""
    rng = np.random.default_rng(seed)
    rows = []
    for site in range(1, sites + 1):
        lift = 0.10 * ((site - 1) % 3)
        for number in range(cases):
            old = int(rng.random() < 0.4)
            leak = str(int(rng.random() < 0.08 + 0.10 * old + lift))
            rows.append(
                {
                    "hospital_id": site,
                    "case_code": f"C{site:02d}{number:04d}",
                    "surgeon_id": 100 * site + number % surgeons if number % 10 else None,
                    "period": 1 + number % 3,
                    "occurred_on": np.datetime64("2026-01-01") + np.timedelta64(90 * (number % 3) + number % 80, "D"),
                    "kind": "rectum" if number == 7 else "colon",
                    "before": "1" if number == 11 else "0",
                    "leak": "UNK" if number == 13 else leak,
                    "old": str(old),
                }
            )
    frame = pd.DataFrame(rows)
    frame["surgeon_id"] = frame["surgeon_id"].astype("Int64")
    return frame
