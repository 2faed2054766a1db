"""Funnel limits, z-scores, over-dispersion and intervals agree with FunnelPlotR (where it is right), Spiegelhalter and PHE."""

import numpy as np
import pytest
from scipy.stats import norm

from feedback.statistics import funnel, intervals, logistic
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import columns_of, medpar
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

NAME = "s02_medpar_funnelplotr"
PHE = "s03_phe_intervals_funnels"
Z95, Z99 = norm.isf(0.025), norm.isf(0.001)


def totals(file):
    """Return labels, numerators and denominators of one table of the case."""
    rows = rows_of(NAME, file)
    return (
        [row["group"] for row in rows],
        np.array([float(row["numerator"]) for row in rows]),
        np.array([float(row["denominator"]) for row in rows]),
    )


def los_by_site():
    """Return stay totals and their Poisson expectation by site, from the coefficients of the case."""
    case = open_case(NAME)
    data = columns_of(NAME)
    b = dict(zip(case.c["poisson_los.coef"]["names"], case.c["poisson_los.coef"]["value"], strict=True))
    number = {key: np.array(data[key], float) for key in ("hmo", "died", "age80", "type", "los")}
    eta = b["(Intercept)"] + sum(b[key] * number[key] for key in ("hmo", "died", "age80"))
    eta += b["type2"] * (number["type"] == 2) + b["type3"] * (number["type"] == 3)
    labels, site = np.unique(data["provnum"], return_inverse=True)
    return labels, np.bincount(site, number["los"]), np.bincount(site, np.exp(eta))


def died_by_site():
    cohort = medpar()
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    expected = rows.by_site(rows.trials * logistic.fit(rows).fitted)
    return cohort.labels, rows.by_site(rows.events), expected, rows.by_site(rows.trials)


def limit_columns(*, scores, found, plain):
    """Return the eight limit columns of a table: widened at 95 and 99.8 %, then plain."""
    out = {}
    for name, z in (("95", Z95), ("99", Z99)):
        out[f"OD{name}LCL"], out[f"OD{name}UCL"] = funnel.limits(
            target=scores.target, error=scores.error, transform=scores.transform, z=z, tau2=found.tau2
        )
        out[f"LCL{name}"], out[f"UCL{name}"] = plain(z)
    return out


def chi_square_limits(expected):
    """Return a function of z giving the interval of a count equal to the expectation, divided by it (FunnelPlotR)."""

    def limits(z):
        low, high = intervals.garwood(expected, level=1 - 2 * norm.sf(z))
        return low / expected, high / expected

    return limits


@pytest.mark.parametrize("file", ["los_sr_shmi_od95", "los_sr_shmi_od99"])
def test_the_shmi_funnel_agrees(file):
    case = open_case(NAME)
    labels, stays, expected = los_by_site()
    rounded = np.round(expected, 2)
    scores = funnel.scores_of_ratio(stays, rounded, transform="log")
    found = funnel.dispersion(scores, protect="truncate")
    case.check(f"{file}.phi", found.phi)
    case.check(f"{file}.tau2", found.tau2)
    columns = limit_columns(scores=scores, found=found, plain=chi_square_limits(rounded))
    low, high = columns[f"OD{file[-2:]}LCL"], columns[f"OD{file[-2:]}UCL"]
    ratio = stays / expected
    beyond = (ratio < low) | (ratio > high)
    case.check(f"{file}.outliers", [str(label) for label in labels[beyond]])
    columns |= {"numerator": stays, "rr": ratio, "Uzscore": scores.z, "outlier": beyond.astype(int)}
    case.table(
        f"expected_{file}.csv",
        {(labels[j],): {name: values[j] for name, values in columns.items()} for j in range(len(labels))},
    )
    assert_all_pass(case, at_least=54 * 11)


def test_deaths_on_the_shmi_scale_agree_although_some_sites_have_none():
    case = open_case(NAME)
    labels, deaths, expected, _ = died_by_site()
    scores = funnel.scores_of_ratio(deaths, expected, transform="log")
    found = funnel.dispersion(scores, protect="truncate")
    case.check("died_sr_shmi_od95.phi", found.phi)
    case.check("died_sr_shmi_od95.tau2", found.tau2)
    assert np.isneginf(scores.z).sum() == 4
    assert_all_pass(case, at_least=2)
    words = funnel.outside(deaths / expected, expected, funnel="none", target=1.0, found=None)
    low = [
        label
        for label, word, ratio in zip(labels, words, deaths / expected, strict=True)
        if word != "none" and ratio < 1
    ]
    assert "030068" not in low, "no deaths where 0.29 were expected is no news"


@pytest.mark.parametrize(("file", "inside"), [("died_pr_od99", "99"), ("died_pr_unadj95", "95")])
def test_the_proportion_funnel_agrees(file, inside):
    case = open_case(NAME)
    labels, deaths, cases = totals(f"expected_{file}.csv")
    scores = funnel.scores_of_proportion(deaths, cases, target=deaths.sum() / cases.sum())
    found = funnel.dispersion(scores)
    if file == "died_pr_od99":
        case.check(f"{file}.phi", found.phi)
        case.check(f"{file}.tau2", found.tau2)
    else:
        found = funnel.Dispersion(phi=1.0, tau2=0.0, sites=54, winsorised=found.winsorised)

    def plain(z):
        return funnel.limits(target=scores.target, error=scores.error, transform="arcsine", z=z)

    columns = limit_columns(scores=scores, found=found, plain=plain)
    rate = deaths / cases
    ours = (rate < columns[f"OD{inside}LCL"]) | (rate > columns[f"OD{inside}UCL"])
    fold_back(columns, scores=scores, found=found)
    beyond = (rate < columns[f"OD{inside}LCL"]) | (rate > columns[f"OD{inside}UCL"])
    z = Z95 if inside == "95" else Z99
    assert (ours == (np.abs(funnel.z_additive(scores, tau2=found.tau2)) > z)).all()
    assert not (ours & ~beyond).any()
    case.check(f"{file}.outliers", [label for label, out in zip(labels, beyond, strict=True) if out])
    columns |= {"rr": rate, "Uzscore": scores.z, "Wuzscore": found.winsorised, "outlier": beyond.astype(int)}
    case.table(
        f"expected_{file}.csv",
        {(label,): {name: values[j] for name, values in columns.items()} for j, label in enumerate(labels)},
    )
    assert_all_pass(case, at_least=54 * 12)


def fold_back(columns, *, scores, found):
    """Put the reference's upper 95 % limits where the arcsine scale runs out: they fold back below 1, ours stay at 1.

    The fold makes a site with one or two cases, all with the event, an outlier whose own z-score is not.
    """
    for column, tau2 in (("OD95UCL", found.tau2), ("UCL95", 0.0)):
        high = scores.target + Z95 * np.sqrt(scores.error**2 + tau2)
        assert (columns[column][high > np.pi / 2] == 1).all()
        columns[column] = np.where(high > np.pi / 2, np.sin(high) ** 2, columns[column])


def test_the_count_ratio_scores_agree():
    case = open_case(NAME)
    labels, stays, expected = los_by_site()
    scores = funnel.scores_of_count_ratio(stays, expected)
    found = funnel.dispersion(scores)
    case.check("rc_od95.phi", found.phi)
    case.check("rc_od95.tau2", found.tau2)
    case.table(
        "expected_rc_od95.csv",
        {(labels[j],): {"Uzscore": scores.z[j], "Wuzscore": found.winsorised[j]} for j in range(len(labels))},
    )
    assert_all_pass(case, at_least=54 * 2)


def test_square_root_limits_are_squared_back():
    case = open_case(NAME)
    labels, stays, expected = los_by_site()
    ratio = stays / expected
    scores = funnel.scores_of_ratio(stays, expected)
    found = funnel.dispersion(scores)
    case.check("cqc_corrected.phi", found.phi)
    case.check("cqc_corrected.tau2", found.tau2)
    case.check("los_sr_cqc_od99.phi", found.phi)
    additive, widened = funnel.z_additive(scores, tau2=found.tau2), funnel.z_multiplicative(scores, phi=found.phi)
    columns = {"oe": ratio, "z": scores.z, "w": found.winsorised, "z_od": additive, "z_mult": widened}
    for z, name, level in ((Z95, "1.959964", 0.95), (Z99, "3.090232", 0.998)):
        columns[f"lo_{name}"], columns[f"hi_{name}"] = funnel.ratio_limits(
            expected, level=level, funnel="additive", found=found
        )
        multiplied = funnel.ratio_limits(expected, level=level, funnel="multiplicative", found=found)
        assert np.allclose(multiplied[1], (1 + z * scores.error * np.sqrt(found.phi)) ** 2)
    case.check("cqc_corrected.outliers99", [str(label) for label in labels[np.abs(additive) > Z99]])
    case.check("multiplicative.outliers99", [str(label) for label in labels[np.abs(widened) > Z99]])
    words = funnel.outside(ratio, expected, funnel="additive", target=1.0, found=found)
    assert [str(label) for label, word in zip(labels, words, strict=True) if word == "99.8"] == ["030073", "032003"]
    case.table(
        "expected_cqc_corrected.csv",
        {(labels[j],): {name: values[j] for name, values in columns.items()} for j in range(len(labels))},
    )
    assert_all_pass(case, at_least=54 * 9)


def test_exact_interpolated_limits_agree_with_spiegelhalter():
    case = open_case(NAME)
    labels, deaths, expected, cases = died_by_site()
    rate = deaths.sum() / cases.sum()
    columns = {"n": cases, "e": expected}
    for p in (0.001, 0.025, 0.975, 0.999):
        columns[f"binom_{p:g}"] = funnel.exact_proportion(cases, target=rate, p=p)
        columns[f"pois_{p:g}"] = funnel.exact_ratio(expected, p=p)
    case.table(
        "expected_spiegelhalter_exact.csv",
        {(label,): {name: values[j] for name, values in columns.items()} for j, label in enumerate(labels)},
    )
    assert_all_pass(case, at_least=54 * 10)


def test_unadjusted_limits_and_the_literal_funnelplotr_table_agree():
    case = open_case(NAME)
    labels, stays, expected = los_by_site()
    ratio = stays / expected
    rounded = np.round(expected, 2)
    columns = {"rr": ratio, "numerator": stays, "Uzscore": (np.log(stays / rounded)) * np.sqrt(rounded)}
    for name, z in (("95", Z95), ("99", Z99)):
        columns[f"LCL{name}"], columns[f"UCL{name}"] = chi_square_limits(rounded)(z)
    beyond = (ratio < columns["LCL99"]) | (ratio > columns["UCL99"])
    case.check("los_sr_unadj99.outliers", [str(label) for label in labels[beyond]])
    case.table(
        "expected_los_sr_unadj99.csv",
        {(labels[j],): {name: values[j] for name, values in columns.items()} for j in range(len(labels))},
    )
    assert_all_pass(case, at_least=54 * 7)


def test_intervals_agree_with_phe():
    case = open_case(PHE)
    table = {}
    given = {row["case"]: row for row in rows_of(PHE, "data.csv")}
    for row in rows_of(PHE, "expected_intervals.csv"):
        source = given[row["case"]]
        x, level = np.array([float(source["x"])]), float(row["level"])
        if source["stat"] == "byars":
            low, high = intervals.byar(x, level=level)
        elif source["n"] and not row["case"].startswith("rate"):
            low, high = intervals.wilson(x, np.array([float(source["n"])]), level=level)
        else:
            low, high = (100 * limit / float(source["n"]) for limit in intervals.exact_or_byar(x, level=level))
        table[row["case"], row["level"]] = {"lo": low[0], "hi": high[0]}
    case.table("expected_intervals.csv", table)
    assert_all_pass(case, at_least=88)


def test_the_phe_proportion_funnel_is_the_inverted_wilson_interval():
    case = open_case(PHE)
    rows = rows_of(PHE, "data_funnel_prop.csv")
    x = np.array([float(row["numerator"]) for row in rows])
    n = np.array([float(row["denominator"]) for row in rows])
    target = x.sum() / n.sum()
    case.check("baseline_proportion_pct", 100 * target)
    grid = np.array([float(row["population"]) for row in rows_of(PHE, "expected_funnel_prop.csv")])
    error = np.sqrt(target * (1 - target) / grid)
    columns = {}
    for name, tail in (("95", 0.025), ("998", 0.001)):
        low, high = funnel.limits(target=target, error=error, transform="identity", z=norm.isf(tail))
        columns[f"lo_{name}"], columns[f"hi_{name}"] = 100 * np.clip(low, 0, 1), 100 * np.clip(high, 0, 1)
    case.table(
        "expected_funnel_prop.csv",
        {(f"{int(size)}",): {key: values[j] for key, values in columns.items()} for j, size in enumerate(grid)},
    )
    scores = funnel.scores_of_proportion(x, n, target=target, transform="identity")
    words = [label(z) for z in scores.z]
    case.table(
        "expected_prop_significance.csv",
        {(row["Area"],): {"significance": word} for row, word in zip(rows, words, strict=True)},
    )
    assert_all_pass(case, at_least=700)


def label(z):
    side = "High" if z > 0 else "Low"
    return f"{side} (0.001)" if abs(z) > Z99 else f"{side} (0.025)" if abs(z) > Z95 else "Not significant"


def test_the_phe_ratio_funnel_is_the_exact_interval_turned_round():
    case = open_case(PHE)
    observed = np.array([float(row["observed_events"]) for row in rows_of(PHE, "expected_funnel_ratio.csv")])
    columns = {}
    for name, level in (("2s", 0.95), ("3s", 0.998)):
        low, high = intervals.garwood(observed, level=level)
        columns |= {
            f"lower_{name}_exp_events": high,
            f"upper_{name}_exp_events": low,
            f"lower_{name}_isr": 100 * observed / high,
            f"upper_{name}_isr": 100 * observed / low,
        }
    case.table(
        "expected_funnel_ratio.csv",
        {(f"{int(o)}",): {key: values[j] for key, values in columns.items()} for j, o in enumerate(observed)},
    )
    table = {}
    for row in rows_of(PHE, "data_funnel_ratio.csv"):
        x, expected = np.array([float(row["obs"])]), float(row["expected"])
        word = "Not significant"
        for level, tail in ((0.95, "0.025"), (0.998, "0.001")):
            low, high = intervals.exact_or_byar(x, level=level)
            word = f"High ({tail})" if low[0] > expected else f"Low ({tail})" if high[0] < expected else word
        table[row["id"],] = {"significance": word}
    case.table("expected_ratio_significance.csv", table)
    assert_all_pass(case, at_least=1000)
