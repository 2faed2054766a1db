"""The risk model and the O/E of 54 sites agree with R on real admissions."""

import numpy as np

from feedback.statistics import calibration, exact_test, intervals, logistic
from feedback.statistics.compare import Settings, compare
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import S01, medpar
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case


def test_the_risk_model_agrees_with_r():
    case = open_case(S01)
    cohort = medpar()
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    fit = logistic.fit(rows)
    null = logistic.fit(
        arrange(cohort.design.without(cohort.design.names[1:]), site=cohort.site, outcome=cohort.outcome)
    )
    assert cohort.design.names == ("(Intercept)", "age80", "hmo", "white", "type2", "type3")
    case.check("n", len(cohort.outcome))
    case.check("hospitals", len(cohort.labels))
    case.check("deaths", cohort.outcome.sum())
    case.check("coef", fit.beta)
    case.check("se", np.sqrt(np.diag(fit.covariance)))
    case.check("loglik", fit.log_likelihood)
    case.check("null_deviance", -2 * null.log_likelihood)
    case.check("deviance", -2 * fit.log_likelihood)
    case.check("aic", -2 * fit.log_likelihood + 2 * len(fit.beta))
    case.check("sum_expected", (rows.trials * fit.fitted).sum())
    case.check("c_statistic", calibration.discrimination(rows.events, rows.trials, fit.fitted).c)
    score, scaled = calibration.brier(rows.events, rows.trials, fit.fitted)
    case.check("brier", score)
    case.check("brier_scaled", scaled)
    large, slope = calibration.recalibration(rows.events, rows.trials, fit.fitted)
    case.check("calibration_slope", slope)
    case.check("calibration_in_the_large", large)
    groups = calibration.table(rows.events, rows.trials, fit.fitted)
    n, mean, rate = (np.array([getattr(group, name) for group in groups]) for name in ("n", "mean_risk", "rate"))
    chi2 = (n * (rate - mean) ** 2 / (mean * (1 - mean))).sum()
    want = case.c["hosmer_lemeshow"]["value"]
    assert abs(chi2 - want[0]) < 1e-6
    assert len(groups) - 2 == want[1]
    assert_all_pass(case, at_least=20)


def test_the_standardised_sites_agree_with_r():
    case = open_case(S01)
    cohort = medpar()
    results = {name: compare(cohort, settings=Settings(interval=name, draws=20)) for name in ("exact", "byar", "midp")}
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    fitted = logistic.fit(rows).fitted
    variance = rows.by_site(rows.trials * fitted * (1 - fitted))
    uppers = exact_test.site_distributions(rows, risks=fitted)
    table = {}
    for j, site in enumerate(results["exact"].sites):
        table[site.site,] = {
            "o": site.observed,
            "e": site.expected,
            "v": variance[j],
            "n": site.n,
            "oe": site.oe,
            "ramr": site.adjusted_rate,
            "z": (site.observed - site.expected) / np.sqrt(variance[j]),
            "pb_midp_upper": uppers[j].upper_midp(site.observed),
        }
        for name, short in (("exact", "exact"), ("byar", "byar"), ("midp", "midp")):
            table[site.site,][f"oe_{short}_lo"] = results[name].sites[j].oe_lower
            table[site.site,][f"oe_{short}_hi"] = results[name].sites[j].oe_upper
    case.table("expected_hospital.csv", table)
    assert_all_pass(case, at_least=54 * 14)
    assert abs(sum(site.expected for site in results["exact"].sites) - 513) < 1e-9


def test_the_intervals_in_use_are_the_functions_of_the_intervals_room():
    result = compare(medpar(), settings=Settings(interval="midp", draws=10))
    site = result.sites[0]
    low, high = intervals.midp(np.array([site.observed]))
    assert site.oe_lower == low[0] / site.expected
    assert site.oe_upper == high[0] / site.expected
