"""What the latest period, which never nominates, says of a nominated site."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from feedback.statistics.intervals import garwood
from interventions.deviance.persistent import calibrated, persistent
from interventions.deviance.series import Counts

LEAST_EXPECTED = 3.0


class Confirmation(StrEnum):
    """CONFIRMS: fewer unwelcome events than expected, and the case still stands with it. CONTRADICTS: as many as expected or
    more. SILENT: too few expected to say, or fewer events but no longer sure."""

    CONFIRMS = "CONFIRMS"
    SILENT = "SILENT"
    CONTRADICTS = "CONTRADICTS"


@dataclass(frozen=True)
class Latest:
    """The latest period of a site, in unwelcome events: counts, O/E with exact 95 per cent interval (None where nothing is
    expected), and the probability of being false with this period included."""

    cases: int
    observed: int
    expected: float
    ratio: float | None
    lower: float | None
    upper: float | None
    probability_false: float
    says: Confirmation


def confirm(table: Counts, *, site: int, bound: float, share: float) -> Latest:
    """Hold a nominated site against the latest period, the last column of the table.

    `table`: J sites in T ≥ 3 periods; expected events are moved until all sites' add up to the observed ones, so that a general
    improvement confirms nobody. `bound`, `share`: as they were for the nomination. Under three expected events it is SILENT:
    the chance of no event at all is then over 1 in 20 at an average site.
    Source: Garwood 1936; methods §4, §15 (regression to the mean).
    """
    observed, expected = table.observed[site, -1], float(calibrated(table)[site, -1])
    whole = float(persistent(table, bound=bound).probability_false[site])
    if expected < LEAST_EXPECTED:
        says = Confirmation.SILENT
    elif observed >= expected:
        says = Confirmation.CONTRADICTS
    else:
        says = Confirmation.CONFIRMS if whole <= share else Confirmation.SILENT
    low, high = garwood(np.array([observed]))
    known = expected > 0
    return Latest(
        cases=int(table.cases[site, -1]), observed=int(observed), expected=expected, ratio=float(observed / expected) if known else None,
        lower=float(low[0] / expected) if known else None, upper=float(high[0] / expected) if known else None,
        probability_false=whole, says=says,
    )  # fmt: skip
