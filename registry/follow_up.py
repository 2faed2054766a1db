"""Follow-up to day 30 by the hospital's calendar: when it is due, when a case may be complete, what a contact answers. No clock here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from registry.dictionary.elements import DataDictionary, DataElement, Role
from registry.dictionary.values import calendar_day, instant_of


class Method(StrEnum):
    """How a patient was asked."""

    CLINIC = "CLINIC"
    TELEPHONE = "TELEPHONE"
    LETTER = "LETTER"
    CHART = "CHART"


class Outcome(StrEnum):
    """What came of asking."""

    REACHED = "REACHED"
    NO_ANSWER = "NO_ANSWER"
    LOST = "LOST"
    REFUSED = "REFUSED"


# By which word of a choice's label a dictionary says the same.
SAID = {
    Outcome.REACHED: "complete",
    Outcome.LOST: "lost",
    Outcome.REFUSED: "refused",
    Method.CLINIC: "clinic",
    Method.TELEPHONE: "telephone",
    Method.LETTER: "letter",
    Method.CHART: "chart",
}


class State(StrEnum):
    """Where the follow-up of a case stands."""

    WAITS = "WAITS"
    DUE = "DUE"
    LATE = "LATE"


@dataclass(frozen=True, kw_only=True)
class Window:
    """The days of a follow-up. due_on: from this day the state at day 30 can be known. late_on: from here on it is late."""

    operated_on: date
    due_on: date
    late_on: date

    def state(self, today: date) -> State:
        """Say where the follow-up stands on a day of the hospital's calendar."""
        if today < self.due_on:
            return State.WAITS
        return State.DUE if today < self.late_on else State.LATE


def window(operated_on: date, *, days: int = 30, late_after: int = 14) -> Window:
    """Return the window of an operation: calendar days are counted, never hours, so that no clock change moves it.

    days: 0 …, the length of follow-up; late_after: days after which asking is late. Raises OverflowError past the year 9999.
    """
    due_on = operated_on + timedelta(days=days)
    return Window(operated_on=operated_on, due_on=due_on, late_on=due_on + timedelta(days=late_after))


def day_number(on: date, *, operated_on: date) -> int:
    """Return which day after the operation a day is: 0 is the day of the incision."""
    return (on - operated_on).days


def begins_at(day: date, *, zone: str) -> datetime:
    """Return the instant (UTC) at which a calendar day begins in a zone.

    Where the clocks jump over midnight the day begins when the jump is done; where they go back over it, at the first
    of the two midnights: both follow from reading a midnight that is not there, or there twice, by the offset before.
    """
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def may_complete(*, due_on: date | None, died_on: date | None, today: date) -> bool:
    """Tell whether a case may be submitted: day 30 is reached, or the patient is dead, or nothing is to be followed."""
    if due_on is None or today >= due_on:
        return True
    return died_on is not None and died_on <= today


def day_of(dictionary: DataDictionary, answers: Mapping[str, str], role: Role) -> date | None:
    """Read the day that the element of a role holds; None where there is none, or it holds a missing state."""
    element = dictionary.role(role)
    if element is None:
        return None
    seconds = instant_of(dictionary.types.read(element.name, answers.get(element.name)))
    return None if seconds is None else calendar_day(seconds)


def is_still_in_hospital(dictionary: DataDictionary, answers: Mapping[str, str]) -> bool:
    """Tell whether the discharge date says “does not apply”: the patient was still there at day 30."""
    element = dictionary.role(Role.DISCHARGED_ON)
    return element is not None and answers.get(element.name) == "NAP"


def contact_answers(dictionary: DataDictionary, *, method: Method, outcome: Outcome, on: date) -> dict[str, str]:
    """Return what a contact answers in the case, so that nobody copies it: status, and where reached method and day.

    An attempt without an answer answers nothing. A dictionary whose choices are called otherwise gets what it has words for.
    """
    if outcome is Outcome.NO_ANSWER:
        return {}
    told = {Role.FOLLOW_UP_STATUS: _code(dictionary.role(Role.FOLLOW_UP_STATUS), SAID[outcome])}
    if outcome is Outcome.REACHED:
        told[Role.FOLLOW_UP_METHOD] = _code(dictionary.role(Role.FOLLOW_UP_METHOD), SAID[method])
        told[Role.FOLLOW_UP_ON] = on.isoformat()
    return {dictionary.roles[role]: text for role, text in told.items() if text and role in dictionary.roles}


def _code(element: DataElement | None, word: str) -> str:
    choices = element.choices if element is not None else ()
    return next((choice.code for choice in choices if word in choice.label.casefold()), "")
