"""What may leave towards the payer: one cell of an aggregate, or the reasons why not. Pure; rules P3–P5 (docs/trust.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

RULES = "cells-2"
SMALLEST_COUNT = 11
# A member who takes its own hospital away still sees five.
FEWEST_SITES = 6
LARGEST_SHARE = 0.5
LARGEST_TWO_SHARE = 0.75
ROUND_TO = 5
LAG = timedelta(days=90)
SHORTEST = timedelta(days=85)


@dataclass(frozen=True)
class Contribution:
    """What one site brings to a cell: cases counted and cases with the outcome."""

    denominator: int
    numerator: int


@dataclass(frozen=True)
class Cell:
    """One cell as it may leave: counts rounded to five, the rate computed anew from the rounded counts."""

    group: str
    hospitals: int
    denominator: int
    numerator: int
    rate: float


def judge_cell(contributions: Sequence[Contribution]) -> tuple[str, ...]:
    """Return every reason why a cell may not leave; none means it may.

    Sites without a case do not count. Numerator, denominator and complement must be 0 or at least 11; at least six
    sites, the largest at most half, the largest two at most three quarters of the cases; 0 % and 100 % of a cell
    tell of everybody in it and are withheld.
    """
    sizes = sorted((c.denominator for c in contributions if c.denominator > 0), reverse=True)
    denominator, numerator = sum(sizes), sum(c.numerator for c in contributions)
    reasons = []
    if len(sizes) < FEWEST_SITES:
        reasons.append(f"Only {len(sizes)} hospitals contribute; at least {FEWEST_SITES} are needed.")
    elif sizes[0] > LARGEST_SHARE * denominator:
        reasons.append("One hospital makes up more than half of the cases.")
    elif sum(sizes[:2]) > LARGEST_TWO_SHARE * denominator:
        reasons.append("Two hospitals make up more than three quarters of the cases.")
    for words, count in (
        ("cases counted", denominator),
        ("cases with the outcome", numerator),
        ("cases without the outcome", denominator - numerator),
    ):
        if 0 < count < SMALLEST_COUNT:
            reasons.append(f"There are fewer than {SMALLEST_COUNT} {words}.")
    if denominator and numerator in {0, denominator}:
        reasons.append("The rate is 0 or 100 per cent, which tells of every case in the cell.")
    return tuple(reasons)


def judge_period(*, starts_on: date | None, ends_before: date | None, today: date) -> tuple[str, ...]:
    """Return every reason why a period may not leave: shorter than a quarter, or not 90 days past."""
    if starts_on is None or ends_before is None:
        return ()
    reasons = []
    if ends_before - starts_on < SHORTEST:
        reasons.append("The period is shorter than a quarter.")
    if today < ends_before + LAG:
        reasons.append(f"The period must be {LAG.days} days past; it may leave from {ends_before + LAG:%-d %B %Y} on.")
    return tuple(reasons)


def cell(*, group: str, contributions: Sequence[Contribution]) -> Cell:
    """Round a cell that may leave.

    Raises ValueError when it may not: rounding is no substitute for the rules.
    """
    reasons = judge_cell(contributions)
    if reasons:
        raise ValueError(" ".join(reasons))
    denominator = rounded(sum(c.denominator for c in contributions))
    numerator = rounded(sum(c.numerator for c in contributions))
    return Cell(
        group=group,
        hospitals=sum(c.denominator > 0 for c in contributions),
        denominator=denominator,
        numerator=numerator,
        rate=round(numerator / denominator, 4),
    )


def rounded(count: int) -> int:
    """Round a count to the nearest five."""
    return ROUND_TO * ((count + ROUND_TO // 2) // ROUND_TO)
