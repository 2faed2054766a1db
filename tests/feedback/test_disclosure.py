"""Which aggregates may leave towards the payer."""

from datetime import date

import pytest

from feedback.disclosure import Contribution, cell, judge_cell, judge_period


def sites(*pairs: tuple[int, int]) -> list[Contribution]:
    return [Contribution(denominator=d, numerator=n) for d, n in pairs]


FINE = sites(*[(100, 7)] * 6)


def test_a_sound_cell_leaves_rounded_and_its_rate_follows_the_rounded_counts():
    made = cell(group="all", contributions=sites(*[(103, 7)] * 6))
    assert (made.hospitals, made.denominator, made.numerator) == (6, 620, 40)
    assert made.rate == round(40 / 620, 4)


@pytest.mark.parametrize(
    ("contributions", "words"),
    [
        (sites(*[(100, 7)] * 4, (0, 0)), "Only 4 hospitals"),
        (sites(*[(200, 14)] * 5), "Only 5 hospitals"),
        (sites((1000, 70), *[(100, 7)] * 6), "more than half"),
        (sites((300, 20), (290, 20), *[(45, 4)] * 4), "three quarters"),
        (sites(*[(100, 2)] * 5), "fewer than 11 cases with the outcome"),
        (sites(*[(100, 98)] * 5), "fewer than 11 cases without"),
        (sites(*[(2, 0)] * 5), "fewer than 11 cases counted"),
        (sites(*[(100, 0)] * 5), "0 or 100 per cent"),
        (sites(*[(100, 100)] * 5), "0 or 100 per cent"),
    ],
)
def test_a_cell_that_tells_too_much_is_refused_with_the_reason(contributions, words):
    assert words in " ".join(judge_cell(contributions))
    with pytest.raises(ValueError, match=r"fewer|Only|One|Two|rate"):
        cell(group="all", contributions=contributions)


def test_all_reasons_are_told_at_once():
    assert len(judge_cell(sites((3, 1), (2, 1)))) == 4


def test_a_sound_cell_has_no_reasons():
    assert judge_cell(FINE) == ()


def test_a_period_must_be_a_quarter_and_ninety_days_past():
    quarter = {"starts_on": date(2026, 4, 1), "ends_before": date(2026, 7, 1)}
    assert judge_period(**quarter, today=date(2026, 9, 29)) == ()
    assert "29 September 2026" in judge_period(**quarter, today=date(2026, 9, 28))[0]
    month = judge_period(starts_on=date(2026, 4, 1), ends_before=date(2026, 5, 1), today=date(2026, 11, 1))
    assert month == ("The period is shorter than a quarter.",)


def test_a_registry_without_dates_has_no_period_to_judge():
    assert judge_period(starts_on=None, ends_before=None, today=date(2026, 1, 1)) == ()
