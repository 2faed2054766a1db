"""A little dictionary, and readings of its charts, for the tests of this room."""

from tests.registry.dictionary import samples

NO_YES = "0, No | 1, Yes"
COMPANION = """
[missing_states]
ND = "not done"
UNK = "unknown"

[roles]
case_key = "case_id"
"""


def dictionary():
    """Two sections: what was there before the operation, and what happened after it."""
    return samples.dictionary(
        samples.row("smoker", "radio", form="before", choices=NO_YES),
        samples.row("grade", "radio", form="before", choices="1, one | 2, two | 3, three"),
        samples.row("albumin", form="before", validation="number"),
        samples.row("seen_on", form="before", validation="date_ymd"),
        samples.row("seen_at", form="before", validation="datetime_ymd"),
        samples.row("remarks", "notes", form="before"),
        samples.row("leak", "radio", form="after", choices=NO_YES),
        samples.row("problems", "checkbox", form="after", choices="1, bleeding | 2, ileus"),
        companion=COMPANION,
    )


def chart(**answers):
    """Return one reading; whatever is not named is as in most charts."""
    usual = {
        "case_id": "A-1", "smoker": "0", "grade": "2", "albumin": "3.9", "seen_on": "2026-03-01",
        "seen_at": "2026-03-01 10:00", "leak": "0", "problems___1": "0", "problems___2": "0",
    }  # fmt: skip
    return usual | answers
