"""How long the hospitals may look at a release before it leaves. Pure; rule P7 (docs/trust.md)."""

from datetime import date, timedelta

WORKING_DAYS = 10
SATURDAY = 5


def ends_on(*, checked_on: date, working_days: int = WORKING_DAYS) -> date:
    """Return the last day on which a hospital may object: so many working days (Monday to Friday) after the second check."""
    day, left = checked_on, working_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return day


def is_over(*, until: date, today: date) -> bool:
    """Tell whether the last day has passed."""
    return today > until
