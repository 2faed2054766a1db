"""What the payer may learn about a named hospital: items of process that the charter lists, done or not. Pure; rule P9.

An item is a fact about taking part, never about patients: there is no count, no rate and no outcome to put in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CHARTER = "charter-1"
RULES = "participation-1"
NEVER = "It never contains a case, a patient, a surgeon, a count or an outcome."


@dataclass(frozen=True)
class Item:
    """One process item of the charter."""

    code: str
    words: str


ITEMS = (
    Item("SUBMITTED", "Cases of the period were submitted before it was closed"),
    Item("ATTESTED", "The site lead attested that the period is complete"),
    Item("CERTIFIED", "At least one certified abstractor works at the hospital"),
    Item("AUDITED", "A re-abstraction audit was completed within two years before the period ended"),
)


def lines(facts: Mapping[str, bool]) -> list[dict[str, str]]:
    """Return the statement's lines, every item of the charter once.

    Raises ValueError when the facts are not exactly those of the charter, or are anything but yes and no: a statement
    cannot carry what the charter does not list.
    """
    if set(facts) != {item.code for item in ITEMS}:
        raise ValueError("A participation statement holds the items of the charter, all of them and no other.")
    if any(type(value) is not bool for value in facts.values()):
        raise ValueError("An item of the charter is done or not done; nothing else may be said.")
    return [{"item": item.words, "state": "done" if facts[item.code] else "not done"} for item in ITEMS]
