"""Days as people say them. Clinical dates are local calendar days of the hospital, never instants. No clock here."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local_time(at: datetime, *, zone: str) -> datetime:
    """Return an instant on the hospital's clock."""
    return at.astimezone(ZoneInfo(zone))


def local_day(at: datetime, *, zone: str) -> date:
    """Return the hospital's calendar day at an instant."""
    return local_time(at, zone=zone).date()


def day_words(day: date | None) -> str:
    """Write a day: 12 Mar 2026; nothing for no day."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else ""


def days_words(starts_on: date, ends_before: date) -> str:
    """Write a stretch of days with its last day, as people say it: 9 to 16 Nov 2026, 30 Sep to 7 Oct 2026."""
    last = ends_before - timedelta(days=1)
    if starts_on.year != last.year:
        return f"{day_words(starts_on)} to {day_words(last)}"
    first = f"{starts_on.day}" if starts_on.month == last.month else f"{starts_on.day} {MONTHS[starts_on.month - 1]}"
    return f"{first} to {day_words(last)}"


def short_day(day: date, *, today: date) -> str:
    """Write a day without its year where that is this year's."""
    return f"{day.day} {MONTHS[day.month - 1]}" if day.year == today.year else day_words(day)


def due_words(day: date | None, *, today: date) -> str:
    """Say how far off a due day is: today, tomorrow, in 6 days, in 3 weeks, 2 days late."""
    if day is None:
        return ""
    days = (day - today).days
    if days == 0:
        return "today"
    if days == 1:
        return "tomorrow"
    if days == -1:
        return "1 day late"
    return f"in {_span(days)}" if days > 0 else f"{_span(-days)} late"


def _span(days: int) -> str:
    if days < 14:
        return f"{days} days"
    if days < 61:
        return f"{days // 7} weeks"
    return f"{days // 30} months" if days < 730 else f"{days // 365} years"


def ago_words(at: datetime, *, now: datetime, zone: str) -> str:
    """Say when something was: just now, 20 minutes ago, today 14:02, yesterday 09:10, 12 Mar."""
    seconds = (now - at).total_seconds()
    if 0 <= seconds < 90:
        return "just now"
    if 0 <= seconds < 3600:
        minutes = int(seconds // 60)
        return f"{minutes} minute{'' if minutes == 1 else 's'} ago"
    then, today = local_time(at, zone=zone), local_day(now, zone=zone)
    days = (today - then.date()).days
    if days in (0, 1):
        return f"{'today' if days == 0 else 'yesterday'} {then:%H:%M}"
    return short_day(then.date(), today=today)


def moment_words(at: datetime, *, zone: str) -> str:
    """Write an instant on the hospital's clock: 12 Mar 2026, 14:02."""
    then = local_time(at, zone=zone)
    return f"{day_words(then.date())}, {then:%H:%M}"
