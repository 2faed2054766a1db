"""What a measure is: population, exclusions, outcome, adjusters and who answers for them; not how it is read or applied."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

from registry.dictionary.expression import Expression


class Status(IntEnum):
    """What a measure says of one case; the number is what evaluation arrays hold."""

    NOT_MET = 0
    MET = 1
    EXCLUDED = 2
    MISSING = 3


class Kind(StrEnum):
    """Whether a measure speaks of what became of patients or of what was done for them."""

    OUTCOME = "outcome"
    PROCESS = "process"


class Coding(StrEnum):
    """How an adjuster enters the risk model."""

    CATEGORICAL = "categorical"
    LINEAR = "linear"
    SPLINE4 = "spline4"
    SPLINE5 = "spline5"

    @property
    def numeric(self) -> bool:
        """Say whether the adjuster is read as a number."""
        return self is not Coding.CATEGORICAL


class MissingRule(StrEnum):
    """What an adjuster does with a case in which it is not known."""

    CATEGORY = "category"
    MEAN_INDICATOR = "mean_indicator"


@dataclass(frozen=True)
class Exclusion:
    """One reason for which a case of the population does not count; the words are what a nurse reads."""

    code: str
    when: Expression
    words: str


@dataclass(frozen=True)
class Adjuster:
    """One case-mix covariate: the export column it reads and how it is coded.

    `reference` is the code of the reference level of a categorical adjuster, None for a number.
    A number enters as (value - centre) / scale. `missing` is the declared rule for unknown values.
    """

    element: str
    label: str
    coding: Coding
    missing: MissingRule
    reference: str | None = None
    centre: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class Change:
    """One line of a measure's change log."""

    version: str
    on: date
    by: str
    words: str


@dataclass(frozen=True)
class Measure:
    """One version of one measure.

    `adverse` is True when meeting the measure is bad for the patient (a death), False when it is good
    (a bundle given). `missing_when` adds cases whose outcome cannot be known although its elements are filled.
    """

    code: str
    version: str
    title: str
    registry: str
    why: str
    kind: Kind
    adverse: bool
    unit: str
    population: Expression
    exclusions: tuple[Exclusion, ...]
    outcome: Expression
    missing_when: Expression | None
    adjusters: tuple[Adjuster, ...]
    denominator_words: str
    numerator_words: str
    authors: tuple[str, ...]
    checker: str
    review_date: date
    change_log: tuple[Change, ...]
    digest: str

    @property
    def expressions(self) -> tuple[tuple[str, Expression], ...]:
        """Return every expression of the measure with the TOML key it stands under."""
        pairs = [("population", self.population), ("outcome", self.outcome)]
        if self.missing_when is not None:
            pairs.append(("missing_when", self.missing_when))
        pairs.extend((f"exclusions[{at}].when", rule.when) for at, rule in enumerate(self.exclusions, start=1))
        return tuple(pairs)
