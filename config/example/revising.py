"""The next version of the colorectal dictionary as a draft: what it changes and touches is there to be looked at before anybody publishes."""

import re
from datetime import datetime

from config.example import files
from config.example.world import acting
from registry.actions import dictionaries
from registry.models import DictionaryVersion, Registry
from sites.models import Person

DROPPED = "platelets"
RENAMED = ("Emergency department within 30 days", "Emergency department visit within 30 days")
CHOICE = "1, All layers | 2, Deep layers only | 3, Not closed"
FEWER = "1, All layers | 3, Not closed"
AFTER = "functional_status"
ADDED = (
    'frailty,risk_before_surgery,,radio,Clinical frailty scale,"1, Fit: 1 to 3 | 2, Vulnerable: 4 | 3, Frail: 5 to 9",'
    "As in the anaesthesia record,,,,,,y,,,,,"
)


def files_of_next() -> tuple[bytes, bytes]:
    """Return (dictionary.csv, checks.toml) of the next version: an element dropped, one added, a choice less, a label put better."""
    source, companion = (content.decode() for content in files.dictionary("colorectal"))
    lines = []
    for line in source.replace(*RENAMED).replace(CHOICE, FEWER).splitlines():
        if not line.startswith(f"{DROPPED},"):
            lines.append(line)
        if line.startswith(f"{AFTER},"):
            lines.append(ADDED)
    companion = re.sub(rf"(?ms)^\[element\.{DROPPED}\]\n.*?(?=^\[)", "", companion)
    return "\n".join([*lines, ""]).encode(), companion.encode()


def fill(registry: Registry, *, staff: Person, at: datetime) -> DictionaryVersion:
    """Send the draft, as staff do."""
    source, companion = files_of_next()
    with acting(staff):
        return dictionaries.draft(registry=registry, source=source, companion=companion, by=staff, at=at)
