"""Credibility first: whose numbers can be believed enough to learn from."""

from dataclasses import dataclass
from enum import StrEnum


class Gate(StrEnum):
    """Why a site may not be nominated, whatever its numbers say."""

    NOT_AUDITED = "NOT_AUDITED"
    POOR_AGREEMENT = "POOR_AGREEMENT"
    FOLLOW_UP_UNKNOWN = "FOLLOW_UP_UNKNOWN"
    POOR_FOLLOW_UP = "POOR_FOLLOW_UP"
    COMPLETENESS_UNKNOWN = "COMPLETENESS_UNKNOWN"
    INCOMPLETE = "INCOMPLETE"


WORDS = {
    Gate.NOT_AUDITED: "No second reading of its cases in these periods.",
    Gate.POOR_AGREEMENT: "The second reading agreed too seldom with the first.",
    Gate.FOLLOW_UP_UNKNOWN: "How many patients were followed up is not known.",
    Gate.POOR_FOLLOW_UP: "Too many patients were not followed up; missing events look like good results.",
    Gate.COMPLETENESS_UNKNOWN: "How many of the eligible cases were entered is not known.",
    Gate.INCOMPLETE: "Too many eligible cases were not entered.",
}


@dataclass(frozen=True)
class Credibility:
    """What is known of a site's data; shares 0–1, None when it was not measured.

    `agreement`: of re-abstracted values with the first reading. `follow_up`: cases with known outcome. `completeness`:
    eligible cases that were entered.
    """

    agreement: float | None
    follow_up: float | None
    completeness: float | None


@dataclass(frozen=True)
class Gates:
    """The least share each must reach to be believed."""

    agreement: float = 0.90
    follow_up: float = 0.90
    completeness: float = 0.95


def closed(known: Credibility, *, gates: Gates) -> tuple[Gate, ...]:
    """Return the gates a site does not pass, in a fixed order; empty when it may be nominated.

    Raises ValueError for a share outside 0–1.
    """
    shares = (known.agreement, known.follow_up, known.completeness)
    if any(share is not None and not 0 <= share <= 1 for share in shares):
        raise ValueError("agreement, follow-up and completeness are shares between 0 and 1")
    rows = (
        (known.agreement, gates.agreement, Gate.NOT_AUDITED, Gate.POOR_AGREEMENT),
        (known.follow_up, gates.follow_up, Gate.FOLLOW_UP_UNKNOWN, Gate.POOR_FOLLOW_UP),
        (known.completeness, gates.completeness, Gate.COMPLETENESS_UNKNOWN, Gate.INCOMPLETE),
    )
    verdicts = [unknown if share is None else poor if share < least else None for share, least, unknown, poor in rows]
    return tuple(verdict for verdict in verdicts if verdict is not None)
