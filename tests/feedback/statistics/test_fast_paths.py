"""The quick ways of the engine give what the plain ways give: parts, lattices, expansions, sorted numbers, one weighted step."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import expit

from feedback.statistics import bootstrap, calibration, curves, hierarchical, logistic
from feedback.statistics.cohort import Adjuster, build
from feedback.statistics.compare import compare
from feedback.statistics.rows import arrange
from feedback.statistics.simulate import collaborative
from tests.feedback.statistics.cohorts import cohort_of, small
from tests.feedback.statistics.test_hierarchical import independent_log_likelihood

NUMBERS = tuple(Adjuster(name=f"x{number}") for number in range(6))
LEVELS = (Adjuster(name="level", coding="categorical"), Adjuster(name="other", coding="categorical"))


def drawn(*, n, sites, seed=4, sigma=0.5, rate=-1.5):
    """Return raw columns with six numbers and two categories, so that a cohort can be of either kind or of both."""
    random = np.random.default_rng(seed)
    data = small(n=n, sites=sites, seed=seed, sigma=sigma, rate=rate)
    data |= {f"x{number}": random.normal(size=n) for number in range(6)}
    data["other"] = random.integers(0, 4, n).astype(str)
    return data


def rows_of(cohort):
    return arrange(cohort.design, site=cohort.site, outcome=cohort.outcome, weights=cohort.weights)


@pytest.mark.parametrize("adjusters", [NUMBERS, LEVELS, (*NUMBERS[:2], *LEVELS), NUMBERS[:2]])
@pytest.mark.parametrize("sites", [4, 150])
def test_sums_over_rows_are_those_of_the_matrix(adjusters, sites):
    cohort = cohort_of(drawn(n=2000, sites=sites), adjusters=adjusters)
    rows = rows_of(cohort)
    matrix = cohort.design.matrix()
    values = np.random.default_rng(2).random(len(rows.site))
    # a merged row stands for several of the original ones, so its value is spread over them
    each = rows.restored(values / np.bincount(rows.row_of, minlength=len(values)))
    assert rows.cross(values) == pytest.approx(matrix.T @ each, rel=1e-10)
    assert rows.gram(values) == pytest.approx(matrix.T @ (matrix * each[:, None]), rel=1e-10, abs=1e-10)
    by_site = rows.cross_by_site(values)
    want = np.array([matrix[cohort.site == j].T @ each[cohort.site == j] for j in range(sites)])
    assert by_site == pytest.approx(want, rel=1e-9, abs=1e-10)
    beta = np.linspace(-1.0, 1.0, rows.k)
    assert rows.restored(rows.linear(beta)) == pytest.approx(matrix @ beta, abs=1e-12)


@pytest.mark.parametrize("adjusters", [NUMBERS, LEVELS, (*NUMBERS[:2], *LEVELS)])
def test_each_kind_of_design_is_fitted_to_the_top(adjusters):
    cohort = cohort_of(drawn(n=2400, sites=8), adjusters=adjusters)
    rows = rows_of(cohort)
    found = hierarchical.fit(rows, fixed=logistic.fit(rows), quadrature=25)
    theta = np.append(found.beta, np.log(found.sigma))
    assert independent_log_likelihood(theta, cohort) == pytest.approx(found.log_likelihood, abs=1e-6)
    errors = np.append(np.sqrt(np.diag(found.covariance)), found.sigma_standard_error / found.sigma)
    for place, error in enumerate(errors):
        step = np.zeros(len(theta))
        step[place] = 1e-2 * error
        up, down = (independent_log_likelihood(theta + sign * step, cohort) for sign in (1, -1))
        slope = (up - down) / (2.0 * step[place])
        assert abs(slope * error) < 1e-3, "the estimate lies within a thousandth of its standard error of the top"


def test_tiny_sites_beside_large_ones_and_sites_without_events():
    data = drawn(n=3000, sites=6)
    random = np.random.default_rng(9)
    tiny = np.repeat([f"t{number}" for number in range(12)], 5)
    for name, values in data.items():
        more = tiny if name == "site" else random.choice(values, size=60)
        data[name] = np.concatenate([values, np.zeros(60) if name == "outcome" else more])
    cohort = cohort_of(data)
    rows = rows_of(cohort)
    found = hierarchical.fit(rows, fixed=logistic.fit(rows), quadrature=25)
    theta = np.append(found.beta, np.log(found.sigma))
    assert independent_log_likelihood(theta, cohort) == pytest.approx(found.log_likelihood, abs=1e-6)
    assert all(np.isfinite(site.shrunken_rate) for site in compare(cohort).sites)


def test_long_data_take_early_looks_roughly_and_end_at_the_same_place(monkeypatch):
    rows = rows_of(collaborative(n=60_000, sites=20, sigma=0.3, seed=2).cohort())
    quick_fixed = logistic.fit(rows)
    quick = hierarchical.fit(rows, fixed=quick_fixed)
    monkeypatch.setattr(logistic, "LONG", 10**9)
    monkeypatch.setattr(hierarchical, "LONG", 10**9)
    plain_fixed = logistic.fit(rows)
    plain = hierarchical.fit(rows, fixed=plain_fixed)
    errors = np.sqrt(np.diag(plain_fixed.covariance))
    assert np.abs((quick_fixed.beta - plain_fixed.beta) / errors).max() < 1e-8
    assert np.abs((quick.beta - plain.beta) / errors).max() < 1e-6
    assert quick.sigma == pytest.approx(plain.sigma, rel=1e-7)
    assert quick.effect == pytest.approx(plain.effect, abs=1e-7)
    assert quick.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-7)


def test_the_lattice_gives_the_sums_of_the_rows():
    for sites in (3, 200):
        rows = rows_of(cohort_of(drawn(n=1200, sites=sites)))
        eta = rows.linear(np.linspace(-2.0, 0.5, rows.k))
        effect = np.linspace(-1.5, 1.5, sites)
        want = rows.by_site(expit(eta + effect[rows.site]))
        assert curves.lattice(rows, eta).risks(effect) == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("decimals", [1, 2, 14])
def test_discrimination_of_single_rows_equals_that_of_counts(decimals):
    random = np.random.default_rng(decimals)
    risk = np.round(random.uniform(0.05, 0.6, 500), decimals)
    outcome = (random.random(500) < risk).astype(float)
    single = calibration.discrimination(outcome, np.ones(500), risk)
    merged = calibration._steps(*calibration._pairs(outcome, np.ones(500), risk))
    n1, n0 = outcome.sum(), 500 - outcome.sum()
    assert single.c == pytest.approx((merged.cases * merged.below).sum() / n1 / n0, abs=1e-14)
    doubled = calibration.discrimination(2 * outcome, np.full(500, 2.0), risk)
    assert doubled.c == pytest.approx(single.c, abs=1e-14)
    larger = np.repeat(risk, 2), np.repeat(outcome, 2)
    repeated = calibration.discrimination(larger[1], np.ones(1000), larger[0])
    assert repeated.standard_error == pytest.approx(doubled.standard_error, rel=1e-12)


def test_one_step_lies_a_small_part_of_a_bootstrap_deviation_from_exact_fits():
    rows = rows_of(collaborative(n=20_000, sites=20, sigma=0.35, seed=7, adjusters=4).cohort())
    step = bootstrap.standardised_rates(rows, draws=300, seed=3, method="one-step")
    exact = bootstrap.standardised_rates(rows, draws=12, seed=3, method="exact")
    assert (step.method, exact.method, exact.failed) == ("one-step", "exact", 0)
    error = np.abs(step.rates[:12] - exact.rates) / np.nanstd(step.rates, axis=0)
    assert np.nanmedian(error) < 0.03
    assert np.nanmax(error) < 0.5
    assert (np.isnan(step.rates[:12]) == np.isnan(exact.rates)).all()


def test_few_events_or_no_spread_are_fitted_exactly():
    few = rows_of(cohort_of(small(n=300, sites=6)))
    assert bootstrap.standardised_rates(few, draws=2).method == "exact"
    flat = rows_of(cohort_of(small(n=2000, sites=6, sigma=0.0, seed=21)))
    assert hierarchical.fit(flat, fixed=logistic.fit(flat)).sigma == 0
    found = bootstrap.standardised_rates(flat, draws=2, method="one-step")
    assert (found.method, found.failed) == ("exact", 0)
    with pytest.raises(ValueError, match="none of"):
        bootstrap.standardised_rates(few, draws=2, method="guess")


def test_a_comparison_of_numbers_only_and_of_levels_only_adds_up():
    for adjusters in (NUMBERS, LEVELS):
        result = compare(cohort_of(drawn(n=3000, sites=9), adjusters=adjusters))
        assert result.overall.expected == pytest.approx(result.overall.observed, abs=1e-6)
        assert result.model.calibration_slope == pytest.approx(1.0, abs=1e-6)


def test_equal_inputs_give_equal_bytes_in_another_process():
    code = (
        "import hashlib, numpy as np\n"
        "from feedback.statistics.compare import compare\n"
        "from feedback.statistics.simulate import collaborative\n"
        "result = compare(collaborative(n=4000, sites=9, sigma=0.3, seed=2).cohort())\n"
        "print(hashlib.sha256((repr(result.sites) + repr(result.model)).encode() + result.expected_risk.tobytes()).hexdigest())"
    )
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(found) == 1


HEAVY = {"numpy", "pandas", "scipy", "statsmodels", "pyarrow"}


def loaded_by(code):
    """Return the packages that a new process holds after running ``code``, and the last line but one that it printed."""
    said = "print('\\n' + json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    words = f"import json, sys\n{code}\n{said}"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line]
    return set(json.loads(lines[-1])), lines[:-1]


def test_the_first_word_of_the_command_needs_no_numbers():
    packages, _ = loaded_by(
        "import runpy\n"
        "sys.argv = ['manage.py', '--help']\n"
        "try:\n    runpy.run_path('manage.py', run_name='__main__')\n"
        "except SystemExit:\n    pass"
    )
    assert "django" in packages
    assert not packages & HEAVY


def test_a_worker_knows_its_jobs_before_it_needs_numbers():
    packages, said = loaded_by(
        "from config.celery import app\n"
        "worker = app.Worker(pool='solo', hostname='a@b')\n"
        "due = {entry['task'] for entry in app.conf.beat_schedule.values()}\n"
        "print(json.dumps([sorted(name for name in app.tasks if not name.startswith('celery.')), sorted(due - set(app.tasks))]))"
    )
    known, unknown = json.loads(said[-1])
    assert {"registry.check_upload", "registry.draw_audit", "registry.try_rule", "registry.assess_quality"} <= set(
        known
    )
    assert {"feedback.compare", "feedback.build_release", "interventions.search", "sites.sweep"} <= set(known)
    assert unknown == []
    assert not packages & HEAVY


def test_a_cohort_of_one_kind_of_site_label_keeps_its_order():
    cohort = build(site=["b", "a", "b"], outcome=[0, 1, 0])
    rows = rows_of(cohort)
    assert rows.row_of.tolist() == [1, 0, 1]
    assert rows.restored(np.array([5.0, 7.0])).tolist() == [7.0, 5.0, 7.0]
