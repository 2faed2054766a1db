"""The coefficients side by side: which there are, and that they are the same as one by one."""

import numpy as np
import pytest

from registry.agreement.coefficients import gwet
from registry.agreement.summary import agreement_summary
from tests.registry.agreement.data import DIAGNOSES

NAMES = ["percent", "gwet", "fleiss", "brennan_prediger", "conger", "krippendorff"]


def test_two_raters_get_cohen_too_and_more_raters_do_not():
    assert [c.name for c in agreement_summary(ratings=DIAGNOSES, n_categories=5)] == NAMES
    two = agreement_summary(ratings=DIAGNOSES[:, :2], n_categories=5, weights="linear", level=0.9)
    assert [c.name for c in two] == [*NAMES[:2], "cohen", *NAMES[2:]]
    assert two[1] == gwet(ratings=DIAGNOSES[:, :2], n_categories=5, weights="linear", level=0.9)


def test_without_subjects_every_coefficient_is_undefined():
    found = agreement_summary(ratings=np.empty((0, 2), dtype=int), n_categories=3)
    assert len(found) == 7
    assert all(c.estimate is None for c in found)


def test_bad_ratings_are_refused():
    with pytest.raises(ValueError, match="at least two raters"):
        agreement_summary(ratings=[0, 1], n_categories=2)
