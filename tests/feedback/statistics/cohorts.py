"""Cohorts the tests share: the two reference data sets, and small invented ones."""

import numpy as np

from feedback.statistics.cohort import Adjuster, build
from tests.feedback.statistics.shared_reference import rows_of

S01 = "s01_medpar_logistic_oe"
S04 = "s04_glmer_simulated"
MEDPAR_ADJUSTERS = (
    Adjuster(name="age80"),
    Adjuster(name="hmo"),
    Adjuster(name="white"),
    Adjuster(name="type", coding="categorical", reference="1"),
)
S04_ADJUSTERS = (
    Adjuster(name="age", centre=64, scale=10),
    Adjuster(name="sex", coding="categorical"),
    Adjuster(name="asa", coding="categorical"),
    Adjuster(name="emergency"),
    Adjuster(name="procedure", coding="categorical"),
    Adjuster(name="albumin_cat", coding="categorical", reference="normal"),
)


def columns_of(name, file="data.csv"):
    rows = rows_of(name, file)
    return {key: [row[key] for row in rows] for key in rows[0]}


def medpar():
    data = columns_of(S01)
    return build(site=data["provnum"], outcome=np.array(data["died"], float), columns=data, adjusters=MEDPAR_ADJUSTERS)


def s04():
    data = columns_of(S04)
    return build(site=data["site"], outcome=np.array(data["death30"], float), columns=data, adjusters=S04_ADJUSTERS)


def small(*, n=400, sites=12, seed=3, sigma=0.6, rate=-1.2, slope=0.7):
    """Return raw columns of a small invented collaborative with one number and one three-level covariate."""
    random = np.random.default_rng(seed)
    site = np.concatenate([np.arange(sites), random.integers(0, sites, n - sites)])
    effect = random.normal(0, sigma, sites)
    x = random.normal(size=n)
    level = random.integers(0, 3, n)
    eta = rate + slope * x + np.array([0.0, 0.4, -0.3])[level] + effect[site]
    return {
        "site": np.array([f"s{j:02d}" for j in site]),
        "outcome": (random.random(n) < 1 / (1 + np.exp(-eta))).astype(float),
        "x": x,
        "level": np.array(["a", "b", "c"])[level],
    }


SMALL_ADJUSTERS = (Adjuster(name="x"), Adjuster(name="level", coding="categorical"))


def cohort_of(data, *, adjusters=SMALL_ADJUSTERS, weights=None):
    return build(site=data["site"], outcome=data["outcome"], columns=data, adjusters=adjusters, weights=weights)
