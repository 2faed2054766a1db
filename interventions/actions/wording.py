"""What may not stand in words that members of other hospitals read: a patient, a person's address, the hospital's own name."""

import re

from sites.models import Hospital
from sites.refusals import Refusal

NUMBER = re.compile(r"\d[\d \-/]{5,}\d")
DAY = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
PATIENT = re.compile(
    r"\b(?:m\.?r\.?n|d\.?o\.?b|ssn|nhs (?:no|number)|(?:medical )?record (?:no|number)|date of birth|born (?:on|in))\b",
    re.IGNORECASE,
)
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
SPELLED = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\.? (?:{MONTHS})[a-z]*\.?,? \d{{2,4}}\b|\b(?:{MONTHS})[a-z]*\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b",
    re.IGNORECASE,
)
DIGITS = re.compile(r"(?<![\d.,])[A-Za-z]{0,3}[-#]?\d{5,}")
# Parts of a hospital's name that say nothing of which hospital it is.
COMMON_WORDS = (
    "hospital hospitals general regional medical center centre county memorial community health healthcare clinic university"
    " saint north south east west shores valley district city of and the"
)
COMMON = frozenset(COMMON_WORDS.split())
SHORTEST = 4


def refuse_persons(*texts: str) -> None:
    """Refuse words that look like a patient: a date, a long number, an address of mail."""
    for text in texts:
        if DAY.search(text):
            raise Refusal("There is a date in these words. A date with a place can name a patient; leave it out.")
        if NUMBER.search(text):
            raise Refusal(
                "There is a long number in these words. It could be a patient’s or a telephone’s; leave it out."
            )
        if ADDRESS.search(text):
            raise Refusal("There is an address of mail in these words. Whom to ask has a field of its own.")


def refuse_patients(*texts: str) -> None:
    """Refuse words that speak of one patient: a date of birth or a record number in any of the usual ways. It finds the obvious, not all."""
    for text in texts:
        if PATIENT.search(text):
            raise Refusal(
                "These words speak of one patient’s record or birth. Ask about the kind of case, never about a patient."
            )
        if DAY.search(text) or SPELLED.search(text):
            raise Refusal("There is a date in these words. A date with a place can name a patient; leave it out.")
        if DIGITS.search(text):
            raise Refusal("There is a number in these words that looks like a patient’s record; leave it out.")


def refuse_name(hospital: Hospital, *texts: str) -> None:
    """Refuse words that name the hospital: its name is given by consent, and a consent can be taken back; words cannot."""
    parts = {part.casefold() for part in re.findall(r"\w+", hospital.name)} - COMMON
    telling = {part for part in parts if len(part) >= SHORTEST} | {hospital.code.casefold()}
    for text in texts:
        if telling & {word.casefold() for word in re.findall(r"\w+", text)}:
            raise Refusal("These words name the hospital. Its name is shown by its consent alone; say “we” instead.")
