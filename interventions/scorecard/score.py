"""The points of one hospital: rules and readings in, a card out. Pure arithmetic; no database, no clock.

What is waived, or cannot be judged, leaves the card and its weight goes to the other items in proportion, so that the weights of
what counts always come to 100. For every line: points to date + still earnable + lost = weight.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from interventions.scorecard.refusal import ScoreRefusal
from interventions.scorecard.rules import COLLABORATIVE, TOTAL, Cohort, Item, Rules

ATTAINMENT, IMPROVEMENT, APPEAL = "ATTAINMENT", "IMPROVEMENT", "APPEAL"
COUNTED, WAIVED, NOT_JUDGED = "COUNTED", "WAIVED", "NOT_JUDGED"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is known of one item: the value (None: nothing), the year before, the best still possible, whether nothing can change it.

    Values of rates and shares are 0 to 1. ``best`` is None where the whole weight can still be earned. ``reliability`` is 0 to 1 or None
    where it was not worked out. ``evidence`` is shown as it is: words, the name of a page, its arguments.
    """

    value: float | None = None
    baseline: float | None = None
    best: float | None = None
    settled: bool = False
    reliability: float | None = None
    words: str = ""
    evidence: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One item of the card; weight, points, earnable and lost are points of 100."""

    code: str
    title: str
    why: str
    kind: str
    scope: str
    state: str
    weight: float
    points: float
    earnable: float
    lost: float
    route: str
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class Card:
    """All lines, and their sums: ``points`` + ``earnable`` + ``lost`` = 100."""

    cohort: str
    lines: tuple[Line, ...]
    points: float
    earnable: float
    lost: float

    def of_kind(self, kind: str) -> float:
        """Return the points to date of one kind of item."""
        return sum(line.points for line in self.lines if line.kind == kind)


def score(
    rules: Rules, cohort: Cohort, readings: Mapping[str, Reading], *,
    waived: frozenset[str] = frozenset(), upheld: Mapping[str, float] | None = None,
) -> Card:  # fmt: skip
    """Return the card of a hospital of a cohort.

    ``readings`` by item code (a missing one is a reading of nothing); ``waived`` names items that hardship took off the card, never one that
    the collaborative shares; ``upheld`` gives the share (0 to 1) that an appeal won for an item, which counts where it is more.
    Raises ScoreRefusal when no weight is left.
    """
    upheld = upheld or {}
    known = {item.code: readings.get(item.code, Reading()) for item in rules.items}
    states = {item.code: _state(item, known[item.code], waived) for item in rules.items}
    counted = sum(item.weights[cohort.code] for item in rules.items if states[item.code] == COUNTED)
    if counted <= 0:
        raise ScoreRefusal("Nothing is left to score: every item that weighs anything is waived or cannot be judged.")
    lines = tuple(
        _line(
            item,
            known[item.code],
            state=states[item.code],
            factor=TOTAL / counted,
            cohort=cohort,
            won=upheld.get(item.code),
        )
        for item in rules.items
    )
    return Card(
        cohort=cohort.code, lines=lines, points=sum(line.points for line in lines), earnable=sum(line.earnable for line in lines),
        lost=sum(line.lost for line in lines),
    )  # fmt: skip


def _state(item: Item, reading: Reading, waived: frozenset[str]) -> str:
    if item.code in waived and item.scope != COLLABORATIVE:
        return WAIVED
    if reading.value is None:
        return NOT_JUDGED if reading.settled else COUNTED
    low = (
        item.scope != COLLABORATIVE
        and reading.reliability is not None
        and reading.reliability < item.reliability_at_least
    )
    return NOT_JUDGED if low else COUNTED


def _line(item: Item, reading: Reading, *, state: str, factor: float, cohort: Cohort, won: float | None) -> Line:
    weight = item.weights[cohort.code] * factor if state == COUNTED else 0.0
    share, route = shared(item, reading)
    if won is not None and won > share:
        share, route = min(won, 1.0), APPEAL
    best = max(share, _best(item, reading))
    return Line(
        code=item.code, title=item.title, why=item.why, kind=item.kind, scope=item.scope, state=state, weight=weight, points=weight * share,
        earnable=weight * (best - share), lost=weight * (1.0 - best), route=route if state == COUNTED else "", reading=reading,
    )  # fmt: skip


def shared(item: Item, reading: Reading) -> tuple[float, str]:
    """Return the share of the weight a reading earns (0 to 1) and by which way: attainment, or improvement where that gives more."""
    if reading.value is None:
        return 0.0, ""
    attained = item.scale.share(reading.value)
    if item.improvement is None or reading.baseline is None:
        return attained, ATTAINMENT
    improved = item.improvement.share(covered(value=reading.value, baseline=reading.baseline, falling=item.falling))
    return (improved, IMPROVEMENT) if improved > attained else (attained, ATTAINMENT)


def covered(*, value: float, baseline: float, falling: bool) -> float:
    """Return the part of the way from the year before to perfection (0, or 1) that was covered; negative when it grew worse.

    A baseline that was perfect leaves no way to cover: 0 when it is kept, -1 when it is not.
    """
    way = baseline if falling else 1.0 - baseline
    gone = baseline - value if falling else value - baseline
    if way <= 0:
        return 0.0 if gone >= 0 else -1.0
    return gone / way


def _best(item: Item, reading: Reading) -> float:
    if reading.settled:
        return 0.0
    return 1.0 if reading.best is None else item.scale.share(reading.best)
