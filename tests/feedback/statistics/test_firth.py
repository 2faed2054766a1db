"""Firth's regression agrees with published fits, stays finite under separation, and its risks add up (FLIC)."""

import numpy as np
import pytest

from feedback.statistics import firth
from feedback.statistics.separation import direction
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of

NAME = "s10_firth_separation"
SETS = {
    "endometrial": ("data.csv", "HG", ("NV", "PI", "EH")),
    "sex2": ("data_sex2.csv", "case", ("age", "oc", "vic", "vicl", "vis", "dia")),
    "toy": ("data_toy_complete.csv", "y", ("x",)),
}


def design_of(key):
    file, outcome, names = SETS[key]
    rows = rows_of(NAME, file)
    columns = [np.ones(len(rows))] + [np.array([float(row[name]) for row in rows]) for name in names]
    return np.column_stack(columns), np.array([float(row[outcome]) for row in rows])


def test_published_fits_are_reproduced():
    case = open_case(NAME)
    separated = []
    for key, column in (("endometrial", 1), ("sex2", 6), ("toy", 1)):
        matrix, outcome = design_of(key)
        found = firth.fit(matrix, outcome=outcome)
        case.check(f"{key}.firth.coef", found.beta)
        case.check(f"{key}.firth.se", found.standard_error)
        case.check(f"{key}.firth.profile_lo", found.lower)
        case.check(f"{key}.firth.profile_hi", found.upper)
        case.check(f"{key}.firth.plr_p", found.p_value)
        if key != "toy":
            case.check(f"published.{key}.firth", found.beta)
        separated.append(bool(direction(matrix, outcome=outcome)[column] != 0))
        assert found.converged
        assert found.risk(matrix).sum() == pytest.approx(outcome.sum(), abs=1e-8)
    case.check("separated", separated)
    rows = rows_of(NAME, "data_medpar.csv")
    sites = sorted({row["provnum"] for row in rows})
    died = {site: {row["died"] for row in rows if row["provnum"] == site} for site in sites}
    case.check("medpar.hospitals_zero_deaths", [site for site in sites if died[site] == {"0"}])
    case.check("medpar.hospitals_all_died", [site for site in sites if died[site] == {"1"}])
    assert_all_pass(case, at_least=80)


def test_an_intercept_alone_has_the_known_closed_form():
    outcome = np.array([1.0, 0, 0, 0, 0, 0, 0, 1.0, 0])
    found = firth.fit(np.ones((9, 1)), outcome=outcome)
    rate = (outcome.sum() + 0.5) / (9 + 1)
    assert found.beta[0] == pytest.approx(np.log(rate / (1 - rate)))
    assert found.risk(np.ones((1, 1)))[0] == pytest.approx(2 / 9)


def test_no_events_at_all_stay_finite_but_for_flic():
    found = firth.fit(np.ones((6, 1)), outcome=np.zeros(6))
    assert np.isfinite(found.beta).all()
    assert found.flic_intercept == -np.inf
    assert found.risk(np.ones((1, 1)))[0] == 0


def test_a_limit_that_is_never_reached_is_infinite(monkeypatch):
    monkeypatch.setattr(firth, "FARTHEST", 1.0)
    matrix = np.column_stack([np.ones(8), np.repeat([0.0, 1.0], 4)])
    found = firth.fit(matrix, outcome=np.repeat([0.0, 1.0], 4))
    assert found.upper[1] == np.inf
    assert found.lower[0] == -np.inf


def test_overlong_searches_and_deficient_designs_are_said():
    matrix = np.column_stack([np.ones(8), np.repeat([0.0, 1.0], 4)])
    outcome = np.array([0.0, 0, 0, 1, 1, 1, 0, 1])
    assert not firth.fit(matrix, outcome=outcome, most_steps=1).converged
    with pytest.raises(ValueError, match="full column rank"):
        firth.fit(np.ones((8, 2)), outcome=outcome)


def test_rows_that_are_alike_may_be_one_row_with_trials():
    matrix, outcome = design_of_numbers()
    whole = firth.fit(matrix, outcome=outcome)
    cells, place = np.unique(matrix, axis=0, return_inverse=True)
    merged = firth.fit(cells, outcome=np.bincount(place, outcome), trials=np.bincount(place).astype(float))
    for name in ("beta", "lower", "upper", "p_value", "flic_intercept"):
        assert getattr(merged, name) == pytest.approx(getattr(whole, name), abs=1e-7)


def test_columns_without_a_profile_have_walds_interval():
    matrix, outcome = design_of_numbers()
    whole, part = firth.fit(matrix, outcome=outcome), firth.fit(matrix, outcome=outcome, profiled=(1,))
    assert part.upper[1] == whole.upper[1]
    assert part.upper[0] == pytest.approx(part.beta[0] + 1.959963984540054 * part.standard_error[0])


def design_of_numbers():
    random = np.random.default_rng(2)
    x, flag = random.integers(0, 3, 120).astype(float), (random.random(120) < 0.2).astype(float)
    outcome = (random.random(120) < 0.15 + 0.1 * x).astype(float) * (1 - flag)
    return np.column_stack([np.ones(120), x, flag]), outcome


def test_a_singular_look_has_no_likelihood():
    data = firth._Data(
        matrix=np.column_stack([np.ones(4), np.arange(4.0)]), events=np.array([0.0, 0, 1, 1]), trials=np.ones(4)
    )
    assert firth._look(data, np.array([-1e5, 1.0])).value == -np.inf
