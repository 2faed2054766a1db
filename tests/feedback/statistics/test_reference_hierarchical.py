"""The random-intercept model agrees with lme4 on simulated data, by Laplace and by fifteen nodes."""

import numpy as np
import pytest

from feedback.statistics import calibration, logistic
from feedback.statistics.compare import Settings, compare
from feedback.statistics.hierarchical import fit
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import S04, s04
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case


@pytest.mark.parametrize(
    ("name", "nodes", "large_site"),
    [("laplace", 1, 15.0), ("laplace", 1, np.inf), ("agq15", 15, 15.0), ("agq15", 15, np.inf)],
)
def test_estimates_agree_with_lme4_whether_sites_are_expanded_or_not(name, nodes, large_site):
    case = open_case(S04)
    cohort = s04()
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    fixed = logistic.fit(rows)
    order = [cohort.design.names.index(label.replace("age10", "age")) for label in case.c["glm.coef"]["names"]]
    found = fit(rows, fixed=fixed, quadrature=nodes, large_site=large_site)
    case.check("n", len(cohort.outcome))
    case.check("sites", len(cohort.labels))
    case.check("events", cohort.outcome.sum())
    case.check("sites_zero_events", (rows.by_site(rows.events) == 0).sum())
    case.check("glm.coef", fixed.beta[order])
    case.check("glm.se", np.sqrt(np.diag(fixed.covariance))[order])
    case.check("glm.loglik", fixed.log_likelihood)
    case.check("glm.c_statistic", calibration.discrimination(rows.events, rows.trials, fixed.fitted).c)
    case.check(f"{name}.fixef", found.beta[order])
    case.check(f"{name}.se", np.sqrt(np.diag(found.covariance))[order])
    case.check(f"{name}.sigma_u", found.sigma)
    case.check(f"{name}.loglik", found.log_likelihood)
    assert_all_pass(case, at_least=60)
    assert abs(found.log_likelihood - case.c[f"{name}.loglik"]["value"]) < 1e-6


@pytest.mark.parametrize(("name", "nodes"), [("laplace", 1), ("agq15", 15)])
def test_sites_agree_with_lme4(name, nodes):
    case = open_case(S04)
    result = compare(s04(), settings=Settings(quadrature=nodes, draws=20))
    table = {}
    for site in result.sites:
        table[site.site,] = {
            "n": site.n,
            "o": site.observed,
            "e_glm": site.expected,
            "u": site.effect,
            "u_se": site.effect_standard_error,
            "or": np.exp(site.effect),
            "or_lo": np.exp(site.effect - 1.959964 * site.effect_standard_error),
            "or_hi": np.exp(site.effect + 1.959964 * site.effect_standard_error),
            "predicted": site.predicted,
            "expected": site.expected_average_site,
            "pe_ratio": site.predicted_to_expected,
            "rsmr": site.predicted_to_expected * result.overall.rate,
            "reliability": site.reliability,
        }
    case.table(f"expected_sites_{name}.csv", table)
    assert_all_pass(case, at_least=120 * 13)
