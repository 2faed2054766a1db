"""What the pages of this floor share: their tabs, and sentences about a nomination."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from sites.access import policy
from sites.access.permissions import Permission as P

TABS = (
    ("Examples", "interventions:learn", (P.READ_STANDING, P.READ_BLINDED)),
    ("Practices", "interventions:practices", (P.READ_STANDING, P.READ_BLINDED)),
    ("Elements", "interventions:elements", (P.READ_STANDING, P.READ_BLINDED)),
    ("Library", "interventions:library", (P.READ_STANDING, P.READ_BLINDED)),
    ("Bright spots", "interventions:bright-spots", (P.CURATE, P.READ_BLINDED)),
    ("Plans", "interventions:plans", (P.READ_STANDING, P.CURATE)),
    ("Spread", "interventions:spread", (P.READ_STANDING, P.READ_BLINDED)),
    ("Help", "interventions:help", (P.ADOPT, P.CURATE)),
    ("Recognition", "interventions:recognition", (P.READ_STANDING, P.READ_BLINDED)),
)
SAYS = {
    "CONFIRMS": ("done", "confirms"),
    "SILENT": ("unclear", "says nothing"),
    "CONTRADICTS": ("warning", "contradicts"),
}


def tabs(request: HttpRequest, current: str) -> list[tuple[str, str, bool]]:
    """Return the tabs this person may open; none when there is only one."""
    found = [(words, reverse(name), name == current) for words, name, needed in TABS if any(policy.can(request.authority, one) for one in needed)]
    return found if len(found) > 1 else []


def invited(row: Any) -> str:
    """Say to a hospital why it is invited, with the uncertainty."""
    estimate, spans = row.document["estimate"], row.document["spans"]
    chance = max(1, round(100 * estimate["probability_false"]))
    return (
        f"In {' and '.join(spans[:-1])} the odds were **{estimate['odds_ratio']:.2f} times** those of a middling hospital"
        f" ({estimate['lower']:.2f} to {estimate['upper']:.2f}) for patients alike; with a probability of about {chance} %"
        " this is no lasting difference worth the name."
    )
