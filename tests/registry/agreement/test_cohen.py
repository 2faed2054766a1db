"""Cohen's kappa: reference figures, agreement with Conger's for two raters, bootstrap, degenerate tables."""

import numpy as np
import pytest

from registry.agreement.coefficients import Note
from registry.agreement.cohen import cohen, cohen_of_table, cross_table
from registry.agreement.raters import conger
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of
from tests.registry.agreement.data import VISION

FIGURES = {
    "identity": (0.595388828089434, 0.00728685113474574, 0.00703927550076564, 0.708305470108332, 0.279074454335277),
    "linear": (0.652380429500598, 0.00707526357069837, 0.00814055772323457, 0.875796888235032, 0.642703914550801),
    "quadratic": (0.702334252490098, 0.00838193658653672, 0.0115591468012711, 0.937586375997503, 0.790323124092669),
}


def figures(found):
    return [found.estimate, found.standard_error, found.null_standard_error, found.agreement, found.chance]


def test_kappas_agree_with_the_reference():
    case = open_case("s07_agreement")
    table = np.zeros((4, 4))
    for row in rows_of("s07_agreement", "data_vision_stuart1953.csv"):
        table[int(row["r_eye"]) - 1, int(row["l_eye"]) - 1] = float(row["n"])
    np.testing.assert_array_equal(table, VISION)
    for key, weights in (("kappa", "identity"), ("kappa_linear", "linear"), ("kappa_quadratic", "quadratic")):
        case.check(f"vision.{key}", figures(cohen_of_table(counts=table, weights=weights)))
    assert_all_pass(case, at_least=15)


@pytest.mark.parametrize("weights", FIGURES)
def test_vision_of_stuart(weights):
    found = cohen_of_table(counts=VISION, weights=weights)
    assert figures(found) == pytest.approx(FIGURES[weights], abs=1e-10)
    assert found.upper - found.lower == pytest.approx(2 * 1.959964 * found.standard_error, rel=1e-6)
    assert found.n_subjects == VISION.sum()
    assert sum(found.prevalence) == pytest.approx(1.0)


@pytest.mark.parametrize("weights", FIGURES)
def test_pairs_and_table_agree_and_equal_conger_for_two_raters(weights):
    ratings = np.random.default_rng(1).integers(0, 3, (80, 2))
    ratings[:50, 1] = ratings[:50, 0]
    found = cohen(ratings=ratings, n_categories=3, weights=weights)
    other = conger(ratings=ratings, n_categories=3, weights=weights)
    assert found.estimate == pytest.approx(other.estimate)
    assert found.standard_error == pytest.approx(other.standard_error, rel=0.02)
    missing = np.concatenate([ratings, [[1, -1], [-1, 2]]])
    assert cohen(ratings=missing, n_categories=3, weights=weights) == found


def test_one_category_is_undefined_and_an_empty_table_too():
    one = cohen(ratings=np.zeros((9, 2), dtype=int), n_categories=2)
    assert (one.estimate, one.agreement, one.chance, one.note) == (None, 1.0, 1.0, Note.ONE_CATEGORY)
    empty = cohen(ratings=np.array([[-1, 0]]), n_categories=2)
    assert (empty.estimate, empty.agreement, empty.note) == (None, None, Note.NO_PAIRS)


def test_perfect_agreement_keeps_an_interval_with_width():
    found = cohen_of_table(counts=np.diag([4, 6]))
    assert (found.estimate, found.standard_error, found.upper, found.note) == (1.0, 0.0, 1.0, Note.NO_SPREAD)
    assert found.lower < 0.8


def test_two_raters_who_always_differ():
    found = cohen_of_table(counts=[[0, 5], [5, 0]])
    assert found.estimate == -1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cross_table(ratings=np.zeros((3, 3), dtype=int), n_categories=2), "two raters"),
        (lambda: cohen_of_table(counts=[[1, 2]]), "square"),
        (lambda: cohen_of_table(counts=[1, 2]), "square"),
        (lambda: cohen_of_table(counts=[[1, -2], [1, 1]]), "at least 0"),
        (lambda: cohen_of_table(counts=[[1, 2], [1, 1]], level=0.0), "level"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
