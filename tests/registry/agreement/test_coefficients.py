"""Agreement on categories: published and reference figures, jackknife, kappa's paradox, missing ratings, degenerate tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from registry.agreement.coefficients import (
    Note,
    agreement_weights,
    brennan_prediger,
    encode,
    fleiss,
    fleiss_by_category,
    gwet,
    percent,
)
from registry.agreement.raters import conger, krippendorff
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of
from tests.registry.agreement.data import DIAGNOSES

ALL = (percent, gwet, fleiss, brennan_prediger, conger, krippendorff)


def figures(found):
    return [found.estimate, found.standard_error, found.agreement, found.chance]


def test_coefficients_agree_with_the_reference():
    case = open_case("s07_agreement")
    rows = rows_of("s07_agreement", "data_diagnoses_fleiss1971.csv")
    ratings = np.array([[int(row[f"rater{i}"]) - 1 for i in range(1, 7)] for row in rows])
    np.testing.assert_array_equal(ratings, DIAGNOSES)
    for key, function in zip(("pa", "gwet", "fleiss", "bp", "conger", "kripp"), ALL, strict=True):
        case.check(f"fleiss1971.irrCAC.{key}", figures(function(ratings=ratings, n_categories=5)))
    found = fleiss(ratings=ratings, n_categories=5)
    case.check("fleiss1971.kappa", found.estimate)
    case.check("fleiss1971.published", round(found.estimate, 3))
    case.check("fleiss1971.se_null_fleiss1979", found.null_standard_error)
    case.check("fleiss1971.Po_Pe", [found.agreement, found.chance])
    case.check("fleiss1971.kappa_by_category", fleiss_by_category(ratings=ratings, n_categories=5))
    assert_all_pass(case, at_least=34)


@pytest.mark.parametrize(
    ("function", "estimate", "error"),
    [
        (percent, 0.55556, 0.0441),
        (gwet, 0.44788, 0.05566),
        (fleiss, 0.43024, 0.0542),
        (brennan_prediger, 0.44444, 0.05512),
        (conger, 0.44181, 0.05079),
        (krippendorff, 0.43341, 0.0542),
    ],
)
def test_diagnoses_of_fleiss(function, estimate, error):
    found = function(ratings=DIAGNOSES, n_categories=5)
    assert found.estimate == pytest.approx(estimate, abs=1.1e-5)
    assert found.standard_error == pytest.approx(error, abs=1.1e-5)
    assert found.lower == pytest.approx(found.estimate - 2.04523 * found.standard_error, abs=1e-5)
    assert found.upper == pytest.approx(found.estimate + 2.04523 * found.standard_error, abs=1e-5)
    assert sum(found.prevalence) == pytest.approx(1.0)
    assert found.n_subjects == 30


def test_fleiss_kappa_by_category_and_under_chance():
    assert fleiss(ratings=DIAGNOSES, n_categories=5).null_standard_error == pytest.approx(0.0243739320994112)
    want = [0.244755244755245, 0.244755244755245, 0.52, 0.471127272727273, 0.566117806823969]
    assert fleiss_by_category(ratings=DIAGNOSES, n_categories=5) == pytest.approx(want)
    assert fleiss_by_category(ratings=DIAGNOSES, n_categories=6)[5] is None
    assert fleiss_by_category(ratings=np.zeros((4, 2), dtype=int), n_categories=2) == (None, None)
    assert fleiss_by_category(ratings=np.array([[0, -1], [1, -1]]), n_categories=2) == (None, None)


def holed(seed=3, n=60, r=4, q=3):
    """Ratings with structure and with gaps."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, q, n)
    ratings = np.where(random.random((n, r)) < 0.7, truth[:, None], random.integers(0, q, (n, r)))
    return np.where(random.random((n, r)) < 0.15, -1, ratings)


@pytest.mark.parametrize("weights", ["identity", "linear", "quadratic", "ordinal"])
@pytest.mark.parametrize("function", ALL)
def test_standard_errors_agree_with_the_jackknife(function, weights):
    ratings = holed(n=150)
    found = function(ratings=ratings, n_categories=3, weights=weights)
    out = [
        function(ratings=np.delete(ratings, i, axis=0), n_categories=3, weights=weights).estimate
        for i in range(len(ratings))
    ]
    jackknife = (np.var(out) * (len(out) - 1)) ** 0.5
    assert found.standard_error == pytest.approx(jackknife, rel=0.02)


def test_kappa_paradox_shows_prevalence_and_ac1_beside_kappa():
    ratings = np.array([[0, 0]] * 95 + [[0, 1]] * 3 + [[1, 0]] * 2)
    kappa, ac1 = fleiss(ratings=ratings, n_categories=2), gwet(ratings=ratings, n_categories=2)
    assert kappa.agreement == 0.95
    assert kappa.estimate < 0
    assert ac1.estimate > 0.94
    assert kappa.prevalence == pytest.approx((0.975, 0.025))


def test_one_category_used_agrees_wholly_and_leaves_kappa_undefined():
    ratings = np.zeros((12, 3), dtype=int)
    for function in (fleiss, conger, krippendorff):
        found = function(ratings=ratings, n_categories=2)
        assert (found.estimate, found.lower, found.agreement, found.note) == (None, None, 1.0, Note.ONE_CATEGORY)
    assert gwet(ratings=ratings, n_categories=1).note is Note.ONE_CATEGORY
    assert gwet(ratings=ratings, n_categories=2).estimate == 1.0
    assert brennan_prediger(ratings=ratings, n_categories=1).estimate is None


@pytest.mark.parametrize("function", ALL)
def test_perfect_agreement_keeps_an_interval_with_width(function):
    found = function(ratings=np.array([[0, 0], [1, 1], [0, 0], [1, 1], [1, 1]]), n_categories=2)
    assert found.estimate == pytest.approx(1.0)
    assert found.upper == 1.0
    assert found.lower < 0.7
    assert found.note is Note.NO_SPREAD


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize("ratings", [np.empty((0, 2), dtype=int), np.array([[0, -1], [-1, 1]]), np.array([[-1, -1]])])
def test_without_any_pair_there_is_no_coefficient(function, ratings):
    found = function(ratings=ratings, n_categories=2)
    assert (found.estimate, found.agreement, found.n_subjects, found.note) == (None, None, 0, Note.NO_PAIRS)


@pytest.mark.parametrize("function", ALL)
def test_one_subject_has_a_value_but_no_interval(function):
    found = function(ratings=np.array([[0, 1, 1]]), n_categories=2)
    assert found.estimate is not None
    assert (found.standard_error, found.lower, found.note) == (None, None, Note.ONE_SUBJECT)


def test_one_subject_left_for_a_pair_among_single_readings():
    found = gwet(ratings=np.array([[0, 1], [0, -1], [1, -1]]), n_categories=2)
    assert found.n_subjects == 1
    assert found.standard_error is not None


def test_raters_without_ratings_and_subjects_without_ratings_are_left_out():
    ratings = holed()
    more = np.pad(ratings, ((0, 2), (0, 1)), constant_values=-1)
    for function in ALL:
        assert figures(function(ratings=ratings, n_categories=3)) == pytest.approx(
            figures(function(ratings=more, n_categories=3))
        )
    assert fleiss(ratings=ratings, n_categories=3).null_standard_error is None


def test_a_single_active_rater_makes_no_pair():
    assert conger(ratings=np.array([[0, -1], [1, -1]]), n_categories=2).note is Note.NO_PAIRS


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, st.tuples(st.integers(2, 12), st.integers(2, 4)), elements=st.integers(-1, 2)), st.randoms())
def test_order_of_subjects_of_raters_and_names_of_categories_do_not_matter(ratings, random):
    rows, columns, names = (random.sample(range(n), n) for n in (*ratings.shape, 3))
    renamed = np.where(ratings >= 0, np.array(names)[ratings], -1)[rows][:, columns]
    for function in ALL:
        one, other = function(ratings=ratings, n_categories=3), function(ratings=renamed, n_categories=3)
        assert (one.estimate is None) == (other.estimate is None)
        if one.estimate is not None:
            assert figures(one)[::2] == pytest.approx(figures(other)[::2], abs=1e-9)
            assert one.estimate <= 1 + 1e-12
            assert one.lower is None or one.lower <= one.estimate + 1e-9


def test_weights_by_hand():
    np.testing.assert_allclose(agreement_weights(kind="linear", n_categories=3)[0], [1, 0.5, 0])
    np.testing.assert_allclose(agreement_weights(kind="quadratic", n_categories=3)[0], [1, 0.75, 0])
    np.testing.assert_allclose(agreement_weights(kind="ordinal", n_categories=4)[0], [1, 5 / 6, 0.5, 0])
    np.testing.assert_array_equal(agreement_weights(kind="linear", n_categories=1), [[1]])


def test_codes_become_positions_and_blanks_are_missing():
    coded = encode(values=[["yes", "no"], ["", "yes"], [None, "no"]], categories=["no", "yes"])
    assert coded.tolist() == [[1, 0], [-1, 1], [-1, 0]]
    with pytest.raises(ValueError, match="maybe"):
        encode(values=[["yes", "maybe"]], categories=["no", "yes"])
    with pytest.raises(ValueError, match="twice"):
        encode(values=[], categories=["no", "no"])
    with pytest.raises(ValueError, match="one entry per rater"):
        encode(values=[["no"], ["no", "yes"]], categories=["no", "yes"])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: percent(ratings=[[0], [1]], n_categories=2), "at least two raters"),
        (lambda: percent(ratings=[0, 1], n_categories=2), "at least two raters"),
        (lambda: percent(ratings=[[0, 2]], n_categories=2), "position of a category"),
        (lambda: percent(ratings=[[0, -2]], n_categories=2), "position of a category"),
        (lambda: percent(ratings=[[0.0, 1.0]], n_categories=2), "position of a category"),
        (lambda: percent(ratings=[[0, 1]], n_categories=2, weights="cubic"), "no such weights"),
        (lambda: percent(ratings=[[0, 1]], n_categories=0), "at least one category"),
        (lambda: percent(ratings=[[0, 1]], n_categories=2, level=1.0), "level"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
