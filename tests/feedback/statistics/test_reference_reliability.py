"""Reliability, ranks, between-site variance and multiplicity agree with R on published mortality counts."""

import numpy as np
import pytest
from scipy.stats import binom

from feedback.statistics import multiplicity, ranks, reliability
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

NAME = "s09_reliability_ranks_fdr"
PROCEDURES = {
    "pci": "PCI",
    "ami": "AMI",
    "carotid_endarterectomy": "Carotid Endarterectomy",
    "pancreatic_resection": "Pancreatic Resection",
}


def counts_of(procedure):
    rows = [row for row in rows_of(NAME, "data.csv") if row["procedure"] == procedure]
    return (
        [row["id"] for row in rows],
        np.array([float(row["deaths"]) for row in rows]),
        np.array([float(row["cases"]) for row in rows]),
    )


@pytest.mark.parametrize("key", PROCEDURES)
def test_shrinkage_agrees_with_r(key):
    case = open_case(NAME)
    procedure = PROCEDURES[key]
    ids, deaths, cases = counts_of(procedure)
    model = reliability.beta_binomial(deaths, cases)
    case.check(f"{key}.n", [len(ids), cases.sum(), deaths.sum()])
    case.check(f"{key}.overall", deaths.sum() / cases.sum())
    case.check(f"{key}.betabinom.loglik", model.log_likelihood)
    case.check(f"{key}.binom.loglik", model.binomial_log_likelihood)
    case.check(f"{key}.betabinom.degenerate", model.degenerate)
    if not model.degenerate:
        case.check(f"{key}.betabinom.mu", model.mu)
        case.check(f"{key}.betabinom.M", model.m)
    case.check(f"{key}.moment.var_between", reliability.moment_variance(deaths, cases))
    value = np.log((deaths + 0.5) / (cases - deaths + 0.5))
    variance = 1 / (deaths + 0.5) + 1 / (cases - deaths + 0.5)
    for method in ("DL", "PM", "REML"):
        found = reliability.between_variance(value, variance, method=method)
        case.check(f"{key}.logit.{method}", [found.tau2, found.mean, found.standard_error])
    shrunk = reliability.shrink(deaths, cases, model=model)
    expected = np.full(len(ids), (len(ids) + 1) / 2)
    if not model.degenerate:
        expected = ranks.expected_of_betas(deaths + model.mu * model.m, cases - deaths + (1 - model.mu) * model.m)
    table = {
        (procedure, ids[j]): {
            "cases": cases[j],
            "deaths": deaths[j],
            "rate": deaths[j] / cases[j],
            "reliability": shrunk.reliability[j],
            "shrunken": shrunk.rate[j],
            "p_lo": shrunk.lower[j],
            "p_hi": shrunk.upper[j],
            "exp_rank": expected[j],
        }
        for j in range(len(ids))
    }
    compare_part(case, "expected_reliability.csv", table)
    assert_all_pass(case, at_least=len(ids) * 7)


@pytest.mark.parametrize("key", PROCEDURES)
def test_multiplicity_agrees_with_r(key):
    case = open_case(NAME)
    procedure = PROCEDURES[key]
    ids, deaths, cases = counts_of(procedure)
    rate = deaths.sum() / cases.sum()
    below, above = binom.cdf(deaths, cases, rate), binom.sf(deaths - 1, cases, rate)
    half = 0.5 * binom.pmf(deaths, cases, rate)
    exact = np.minimum(1.0, 2 * np.minimum(below, above))
    midp = np.minimum(1.0, 2 * np.minimum(below - half, above - half))
    adjusted = {
        "bonferroni": multiplicity.bonferroni(midp),
        "holm": multiplicity.holm(midp),
        "bh": multiplicity.benjamini_hochberg(midp),
        "by": multiplicity.benjamini_yekutieli(midp),
    }
    table = {
        (procedure, ids[j]): {
            "p_exact": exact[j],
            "p_midp": midp[j],
            **{name: values[j] for name, values in adjusted.items()},
        }
        for j in range(len(ids))
    }
    compare_part(case, "expected_multiplicity.csv", table)
    flags = [
        (midp < 0.05).sum(),
        (midp < 0.002).sum(),
        (adjusted["bonferroni"] < 0.05).sum(),
        (adjusted["bh"] < 0.05).sum(),
    ]
    case.check(f"{key}.flag_counts", flags)
    assert_all_pass(case, at_least=len(ids) * 6)


def compare_part(case, file, table):
    """Compare the rows of one procedure only: rows of the others are reported as missing, and those are dropped."""
    case.table(file, table)
    missing = [item for item in case.bad if item[2] == "missing row"]
    assert len(missing) == 699 - len(table)
    case.bad = [item for item in case.bad if item[2] != "missing row"]
