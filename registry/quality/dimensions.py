"""How good a hospital's data of one period are: seven dimensions, their thresholds and the light each gets. Pure.

A light is earned by the figure, and red needs certainty: the whole 95 % interval must lie on the wrong side of the line
that yellow starts from. What was not measured is grey and says why; it is never green.

Source: thresholds after the practice of surgical registries (re-abstraction disagreement of 5 %, follow-up of 95 %, NSQIP);
intervals by Wilson 1927.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from registry.agreement.proportion import wilson


class Light(StrEnum):
    """The state of one figure."""

    GREEN = "GREEN"
    YELLOW = "YELLOW"
    RED = "RED"
    GREY = "GREY"

    @property
    def words(self) -> str:
        """Say it without the colour."""
        return {"GREEN": "good", "YELLOW": "look at it", "RED": "act", "GREY": "not measured"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One thing that makes data believable. ``green`` and ``yellow`` are the least shares (0–1) for these lights."""

    code: str
    title: str
    counted: str
    of: str
    why: str
    remedy: str
    green: float
    yellow: float


DIMENSIONS = (
    Dimension(
        code="completeness",
        title="Completeness",
        counted="required answers given",
        of="required answers asked for",
        why="An answer that is missing cannot be adjusted for.",
        remedy="Open the cases with blanks from the worklist and answer, or say why there is no answer.",
        green=0.97,
        yellow=0.93,
    ),
    Dimension(
        code="timeliness",
        title="Timeliness",
        counted="cases submitted",
        of="cases that should be in by now",
        why="Cases that come late are missing from the comparison.",
        remedy="Submit the drafts whose follow-up is over.",
        green=0.95,
        yellow=0.85,
    ),
    Dimension(
        code="follow_up",
        title="Follow-up",
        counted="cases followed to day 30",
        of="cases whose day 30 is past",
        why="Complications after discharge are found only by asking.",
        remedy="Work through the list of follow-ups that are due; record each attempt.",
        green=0.95,
        yellow=0.90,
    ),
    Dimension(
        code="frame",
        title="Operating list",
        counted="drawn operations abstracted",
        of="operations drawn from the operating list that should be in by now",
        why="Only a drawn sample speaks for all operations.",
        remedy="Abstract the drawn cases that are still drafts; draw the cycles that are due.",
        green=0.95,
        yellow=0.85,
    ),
    Dimension(
        code="queries",
        title="Data queries",
        counted="questions not overdue",
        of="questions asked",
        why="A doubtful value stays doubtful until somebody looks into the chart.",
        remedy="Answer the overdue questions: correct the value or confirm it.",
        green=0.90,
        yellow=0.75,
    ),
    Dimension(
        code="audit",
        title="Audit agreement",
        counted="values that stood",
        of="values read a second time",
        why="A second reading shows whether the same chart gives the same case.",
        remedy="Read the audit's report with the abstractors; training is offered where more than 5 % differed.",
        green=0.95,
        yellow=0.90,
    ),
    Dimension(
        code="adjusters",
        title="Case mix recorded",
        counted="case-mix answers given",
        of="case-mix answers asked for, in the adjuster with most blanks",
        why="A risk that is not recorded makes care look worse than it is.",
        remedy="Record the adjuster that is named; “not documented” counts as not recorded.",
        green=0.98,
        yellow=0.95,
    ),
)
BY_CODE = {dimension.code: dimension for dimension in DIMENSIONS}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One dimension of one hospital and period. Shares and limits are 0–1, None where nothing was counted."""

    code: str
    light: Light
    numerator: int
    denominator: int
    value: float | None
    lower: float | None
    upper: float | None
    note: str = ""

    def to_document(self) -> dict[str, Any]:
        """Return plain data for storage as JSON."""
        return asdict(self) | {"light": self.light.value}


def judge(code: str, *, numerator: int | None, denominator: int | None, note: str = "") -> Figure:
    """Judge one figure.

    Parameters
    ----------
    code
        The dimension.
    numerator, denominator
        Counts with 0 <= numerator <= denominator; None where it is not measured here.
    note
        Words to stand beside it: the adjuster's name, the day of the audit, or why it is not measured.

    Raises
    ------
    ValueError
        When the counts are impossible.
    """
    if numerator is None or denominator is None or denominator == 0:
        return Figure(
            code=code,
            light=Light.GREY,
            numerator=0,
            denominator=0,
            value=None,
            lower=None,
            upper=None,
            note=note or "Nothing to count yet.",
        )
    if not 0 <= numerator <= denominator:
        raise ValueError(f"{numerator} of {denominator} is impossible.")
    dimension, value = BY_CODE[code], numerator / denominator
    lower, upper = wilson(share=value, n=denominator)
    light = Light.RED if upper < dimension.yellow else Light.YELLOW
    if value >= dimension.green:
        light = Light.GREEN
    return Figure(
        code=code,
        light=light,
        numerator=numerator,
        denominator=denominator,
        value=value,
        lower=lower,
        upper=upper,
        note=note,
    )


def worst(figures: tuple[Figure, ...]) -> Light:
    """Return the worst light that was measured; grey only where nothing was."""
    order = (Light.RED, Light.YELLOW, Light.GREEN)
    held = {figure.light for figure in figures}
    return next((light for light in order if light in held), Light.GREY)
