"""Exact counts of unequal risks: both ways against the binomial, each other and their own sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from feedback.statistics import event_counts, exact_test
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import cohort_of, small


def _full(found, n):
    out = np.zeros(n + 1)
    out[found[0] : found[0] + len(found[1])] = found[1]
    return out


@pytest.mark.parametrize(("n", "p"), [(1, 0.3), (7, 0.5), (64, 0.02), (1000, 0.07), (1999, 0.5), (2000, 0.97)])
def test_products_keep_every_digit_of_small_probabilities(n, p):
    (found,) = event_counts.of_sites(np.full(n, p), np.array([n]))
    want = binom.pmf(np.arange(n + 1), n, p)
    seen = want > 1e-20
    assert _full(found, n)[seen] == pytest.approx(want[seen], rel=1e-8)


def test_waves_agree_with_products_whatever_the_sizes():
    random = np.random.default_rng(5)
    sizes = np.concatenate([[1, 2, 8, 9, 4000], random.integers(1, 900, 40)])
    for risks in (
        random.random(sizes.sum()),
        random.beta(0.3, 8.0, sizes.sum()),
        1.0 - random.beta(0.1, 40.0, sizes.sum()),
    ):
        pairs = zip(
            event_counts.of_sites(risks, sizes), event_counts.by_waves(risks, sizes), sizes.tolist(), strict=True
        )
        for exact, wave, n in pairs:
            assert _full(wave, n) == pytest.approx(_full(exact, n), abs=1e-14)
            assert _full(exact, n).sum() == pytest.approx(1.0, abs=1e-12)


def test_tilting_is_exact_far_up_and_far_down():
    cohort = cohort_of(small())
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    risks = np.random.default_rng(2).beta(0.4, 4.0, len(rows.site)) * 0.98 + 0.01
    for ratio in (0.01, 0.8, 1.3, 4.0):
        moved = exact_test.tilted(rows, risks=risks, ratio=ratio)
        before, after = rows.by_site(rows.trials * risks), rows.by_site(rows.trials * moved)
        goal = np.minimum(ratio * before, rows.by_site(rows.trials) * (1.0 - 1e-9))
        assert after == pytest.approx(goal, rel=1e-9)
        odds = np.log(moved / (1 - moved)) - np.log(risks / (1 - risks))
        assert np.ptp(odds[rows.site == 0]) < 1e-6
