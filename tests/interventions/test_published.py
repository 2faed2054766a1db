"""The estimators against published worked examples."""

import numpy as np
import pytest

from interventions.impact import callaway, interrupted
from interventions.impact.imputation import effects, estimate
from interventions.impact.panel import from_points
from tests.interventions import published


def minimum_wage():
    weight = np.repeat(published.COUNTIES[:, None], 5, axis=1).astype(float)
    return from_points(excess=published.EMPLOYMENT, weight=weight, start=published.FIRST, left_out=0, window=None)


def test_imputation_agrees_with_etwfe_and_jwdid():
    counted = minimum_wage()
    assert estimate(counted)[0].value == pytest.approx(published.IMPUTATION, abs=1e-9)
    assert effects(counted, start=counted.start[None], kept=np.ones((1, 4))).mean[0] == pytest.approx(
        published.IMPUTATION, abs=1e-9
    )


def test_group_time_effects_agree_with_the_package_did():
    rows = callaway.group_times(minimum_wage(), never=True)
    assert [(row.group + 2003, row.time + 2003) for row in rows] == [
        (group, year) for group, year, _ in published.GROUP_TIME
    ]
    assert [row.effect for row in rows] == pytest.approx([effect for *_, effect in published.GROUP_TIME], abs=6e-5)
    assert callaway.simple(rows) == pytest.approx(published.SIMPLE, abs=6e-5)
    assert callaway.simple(rows) == pytest.approx(published.SIMPLE_NEVER_LONG, abs=1e-9)


def test_the_smoking_ban_in_sicily_agrees_with_the_tutorial():
    month = np.arange(59) % 12 + 1
    season = np.column_stack([wave(2 * np.pi * k * month / 12) for wave in (np.sin, np.cos) for k in (1, 2)])
    ban = interrupted.counts(
        observed=published.EVENTS, expected=published.POPULATION, start=published.BAN, season=season
    )
    assert round(ban.value, 2) == published.BAN_RATIO
    assert ban.upper < 1
    assert ban.dispersion > 1
    plain = interrupted.counts(observed=published.EVENTS, expected=published.POPULATION, start=published.BAN)
    assert round(plain.value, 2) == published.BAN_RATIO
