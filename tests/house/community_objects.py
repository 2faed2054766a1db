"""The site desk and its visits, the newsletter and a meeting, that the tests of the house use."""

from datetime import datetime, timedelta

from interventions.actions import desk, meetings
from interventions.models import Ballot, Meeting, Newsletter, PeerQuestion
from sites.models import Hospital, Person
from tests.sites.acting import machine, person

TITLE = "A meeting of the house"
OF_A_MEETING = ("", "-answer", "-agenda", "-invite", "-slides", "-open", "-close", "-deck")
KINDS = dict.fromkeys(
    ("interventions:visit", "interventions:visit-hold", "interventions:visit-report", "interventions:visit-answer"),
    "visits",
)


def made(*, hospitals: dict[str, Hospital], staff: Person, at: datetime) -> dict[str, dict[str, str]]:
    """Make one of each for three hospitals; return their codes by kind and letter."""
    with machine():
        visits = {letter: _visit(hospital, by=staff, at=at) for letter, hospital in hospitals.items()}
        _meeting(hospitals["A"], by=staff, at=at)
    return {"visits": visits}


def _visit(hospital: Hospital, *, by: Person, at: datetime) -> str:
    day = at.date() + timedelta(days=5)
    return desk.prepare_visit(hospital_id=hospital.pk, on_day=day, purpose="Look", preparation="", by=by, at=at).code


def _meeting(hospital: Hospital, *, by: Person, at: datetime) -> None:
    """Plan a meeting for a site lead, staff and lead, with its deck open."""
    row = meetings.plan(
        registry_code="colorectal",
        kind="QUARTERLY",
        title=TITLE,
        place="Hall",
        starts_at=at + timedelta(days=3),
        by=by,
        at=at,
    )
    people = [(person("sitelead").pk, hospital.pk), (by.pk, None), (person("lead").pk, None)]
    meetings.invite(meeting=row, people=people, by=by, at=at)
    meetings.choose(meeting=row, codes=["ssi30"], by=by, at=at)
    meetings.open_deck(meeting=row, until=at + timedelta(days=5), by=by, at=at)


def a_meeting() -> str:
    """Return the code of the meeting that was made above, whatever an attack has put before its title."""
    return Meeting.objects.get(title__endswith=TITLE).code


def a_question() -> str:
    """Return the code of a published question to peers."""
    return PeerQuestion.objects.filter(state="PUBLISHED").order_by("pk").first().code


def a_ballot() -> str:
    """Return the code of the vote that ends last."""
    return Ballot.objects.order_by("-closes_at").first().code


def a_newsletter() -> str:
    """Return the code of a newsletter that was published."""
    return Newsletter.objects.filter(published_at__isnull=False).order_by("pk").first().code


COMMON = {f"interventions:meeting{name}": a_meeting for name in OF_A_MEETING} | {
    "interventions:newsletter": a_newsletter,
    "interventions:newsletter-write": a_newsletter,
    "interventions:question": a_question,
    "interventions:answer-peers": a_question,
    "interventions:vote": a_ballot,
    "interventions:count-votes": a_ballot,
}
