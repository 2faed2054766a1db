"""Intraclass correlations: published and reference figures, invariance, missing values, degenerate tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from registry.agreement.icc import FORMS, icc
from tests.feedback.statistics.shared_reference import assert_all_pass, open_case, rows_of
from tests.registry.agreement.data import ANXIETY, JUDGES, VIDEO

FILES = {"shrout_fleiss": "data_shrout_fleiss1979.csv", "anxiety": "data_anxiety.csv", "video": "data_video.csv"}


def test_the_six_forms_agree_with_the_reference():
    case = open_case("s07_agreement")
    for (key, file), kept in zip(FILES.items(), (JUDGES, ANXIETY, VIDEO), strict=True):
        values = np.array([[float(v) for v in list(row.values())[1:]] for row in rows_of("s07_agreement", file)])
        np.testing.assert_array_equal(values, kept)
        forms = icc(values=values).forms
        case.check(f"{key}.icc", [form.estimate for form in forms])
        case.check(f"{key}.icc_lower", [form.lower for form in forms])
        case.check(f"{key}.icc_upper", [form.upper for form in forms])
    case.check("shrout_fleiss.published", [round(form.estimate, 2) for form in icc(values=JUDGES).forms])
    assert_all_pass(case, at_least=60)


def test_judges_of_shrout_and_fleiss():
    table = icc(values=JUDGES)
    assert tuple(form.form for form in table.forms) == FORMS
    assert [form.estimate for form in table.forms] == pytest.approx([0.17, 0.29, 0.71, 0.44, 0.62, 0.91], abs=0.0051)
    lower = [
        -0.132932324874751,
        0.018786513374712,
        0.342464765033925,
        -0.884442155238121,
        0.0711368153025032,
        0.675674713816304,
    ]
    upper = [
        0.722560062328121,
        0.761084369648953,
        0.945858259955359,
        0.912415420340775,
        0.927232040167722,
        0.985891678169062,
    ]
    assert [form.lower for form in table.forms] == pytest.approx(lower, abs=1e-8)
    assert [form.upper for form in table.forms] == pytest.approx(upper, abs=1e-8)
    assert (table.between, table.within, table.raters, table.residual) == pytest.approx(
        (11.2417, 6.2639, 32.4861, 1.0194), abs=1e-4
    )


def test_a_subject_with_a_missing_value_is_left_out_and_counted():
    holed = np.vstack([JUDGES.astype(float), [1, 2, np.nan, 3]])
    table = icc(values=holed)
    assert (table.n_subjects, table.n_left_out) == (6, 1)
    assert table.forms == icc(values=JUDGES).forms


@pytest.mark.parametrize(
    "values", [np.empty((0, 2)), [[1.0, 2.0]], [[3.0, 3.0], [3.0, 3.0]], [[np.nan, 1.0], [2.0, 2.0]]]
)
def test_without_two_subjects_or_any_difference_nothing_is_defined(values):
    table = icc(values=values)
    assert table.between is None
    assert all((form.estimate, form.lower, form.upper) == (None, None, None) for form in table.forms)


def test_raters_a_constant_apart_are_wholly_consistent_without_an_interval():
    table = icc(values=np.column_stack([np.arange(5), np.arange(5) + 2]))
    third = table.forms[2]
    assert (third.estimate, third.lower, third.upper) == (1.0, None, None)
    assert table.forms[1].estimate < 1
    assert table.forms[1].lower is None
    assert table.forms[0].lower is not None


def test_identical_raters_have_no_interval_in_any_form():
    table = icc(values=np.column_stack([np.arange(5), np.arange(5)]))
    assert [form.estimate for form in table.forms] == pytest.approx([1] * 6)
    assert all(form.lower is None for form in table.forms)


def test_subjects_with_equal_means_give_a_negative_single_and_no_average_form():
    table = icc(values=[[1, 3], [3, 1], [2, 2]])
    assert table.forms[0].estimate == pytest.approx(-1.0)
    assert table.forms[3].estimate is None
    assert table.forms[3].lower is None


@pytest.mark.parametrize("values", [[[4, 0], [4, 0], [0, 3]], [[0, 5, 5], [5, 1, 5]]])
def test_where_the_degrees_of_freedom_fail_the_absolute_form_has_no_interval(values):
    form = icc(values=values).forms[1]
    assert form.estimate < 0
    assert (form.lower, form.upper) == (None, None)


def test_an_average_form_next_to_its_pole_is_undefined():
    assert icc(values=[[2, 0], [0, 2], [0, 0]]).forms[4].estimate is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: icc(values=[1, 2]), "at least two raters"),
        (lambda: icc(values=[[1], [2]]), "at least two raters"),
        (lambda: icc(values=[[1, np.inf], [2, 1]]), "infinite"),
        (lambda: icc(values=JUDGES, level=1.0), "level"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(2, 8), st.integers(2, 5)), elements=st.integers(0, 6)),
    st.sampled_from([0.5, 3.0]),
)
def test_unit_and_origin_do_not_matter_and_nothing_is_not_a_number(values, factor):
    one, other = icc(values=values), icc(values=values * factor + 7)
    for a, b in zip(one.forms, other.forms, strict=True):
        for x, y in ((a.estimate, b.estimate), (a.lower, b.lower), (a.upper, b.upper)):
            assert (x is None) == (y is None)
            assert x is None or (np.isfinite(x) and x == pytest.approx(y, rel=1e-6, abs=1e-6))
        if a.lower is not None:
            assert a.lower <= a.estimate + 1e-9
            assert a.estimate <= a.upper + 1e-9
