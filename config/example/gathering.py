"""The meetings of the example: one held with its attendance, one to come with its deck open, and two calls with their notes."""

from datetime import UTC, datetime, time, timedelta

from config.example import people as cast
from config.example.world import World, acting
from interventions.actions import meetings
from interventions.models import Meeting, MeetingInvitation
from interventions.selectors import meetings as selectors
from registry.models import Registry
from sites.models import Person

ROLES = {
    "QUARTERLY": ["SITE_LEAD", "SURGEON", "ABSTRACTOR", "CENTRE_STAFF", "CENTRE_LEAD", "CENTRE_ANALYST"],
    "SURGEONS": ["SURGEON", "CENTRE_LEAD"],
    "ABSTRACTORS": ["ABSTRACTOR", "CENTRE_STAFF"],
}
AGENDA = (
    ("Welcome, and thanks", 10),
    ("The results of the quarter", 40),
    ("How it works where it works", 30),
    ("What we try next", 25),
)
CALLS = (
    ("SURGEONS", "Surgeons’ call: the wound protector", 33, "Three ways to hold the protector were shown. Most wish for a short film; the centre asks"
     " who would make one."),
    ("ABSTRACTORS", "Abstractors’ call: dates of readmission", 19, "The day of arrival counts, not the day of the decision. The ruling says so now."),
)  # fmt: skip


def fill(world: World, registry: Registry, *, staff: Person, now: datetime) -> None:
    """Hold a meeting and two calls, plan the next meeting and open its deck."""
    with acting(staff):
        _meeting(registry, title="Autumn meeting", days=-40, by=staff, now=now, held=True)
        _meeting(registry, title="Winter meeting", days=6, by=staff, now=now, held=False)
        for kind, title, ago, notes in CALLS:
            row = _planned(registry, kind=kind, title=title, days=-ago, by=staff, now=now)
            meetings.close(
                meeting=row, came=_came(row), notes=notes, held=True, by=staff, at=now - timedelta(days=ago - 1)
            )
    answering = world.people[f"sitelead@{cast.DOMAIN}"]
    with acting(answering):
        coming = selectors.listed(person_id=answering.pk, everything=False)[0]
        meetings.answer(meeting=coming, comes=True, by=answering, at=now)


def _planned(registry: Registry, *, kind: str, title: str, days: int, by: Person, now: datetime) -> Meeting:
    made = now + timedelta(days=min(days, 0) - 30)
    starts = datetime.combine((now + timedelta(days=days)).date(), time(14), tzinfo=UTC)
    row = meetings.plan(
        registry_code=registry.code, kind=kind, title=title, place="On line", starts_at=starts, by=by, at=made
    )
    meetings.invite(meeting=row, people=selectors.to_invite(roles=ROLES[kind], on=now.date()), by=by, at=made)
    return row


def _meeting(registry: Registry, *, title: str, days: int, by: Person, now: datetime, held: bool) -> None:
    row = _planned(registry, kind="QUARTERLY", title=title, days=days, by=by, now=now)
    speakers = [one.code for one in selectors.exemplars(registry_id=registry.pk)][:1]
    for place, (words, minutes) in enumerate(AGENDA):
        exemplar = speakers[0] if place == 2 and speakers else ""
        meetings.add_item(meeting=row, words=words, minutes=minutes, exemplar=exemplar, by=by, at=now)
    codes = [code for code, _ in selectors.measures(registry_id=registry.pk)]
    meetings.choose(meeting=row, codes=codes[:4] + ["ssi30"] * ("ssi30" in codes[4:]), by=by, at=now)
    if held:
        meetings.close(
            meeting=row,
            came=_came(row),
            notes="The minutes stand with the steering committee.",
            held=True,
            by=by,
            at=now,
        )
    else:
        meetings.open_deck(meeting=row, until=now + timedelta(days=13), by=by, at=now)


def _came(row: Meeting) -> list[int]:
    """Let three of four have come."""
    people = list(MeetingInvitation.objects.filter(meeting=row).order_by("pk").values_list("person_id", flat=True))
    return [pk for place, pk in enumerate(people) if place % 4]
