"""The community of the example: who lets themselves be found, questions and answers, a mentor asked, votes of the committee."""

from collections.abc import Callable
from datetime import datetime, timedelta

from config.example import people as cast
from config.example.world import World, acting, machine
from interventions.actions import committee, community
from interventions.models import PeerAnswer, PeerQuestion
from interventions.selectors import bright_spots
from interventions.selectors import community as selectors
from sites.models import Person

Cast = Callable[[str], Person]
LEADS = (("H04", "sitelead"), ("H07", "sitelead2"))
QUESTIONS = (
    (
        "sitelead2",
        "Glucose control",
        "How do you get the second evening glucose measured when the ward is short of hands?",
        True,
    ),
    (
        "abstractor",
        "Date of readmission",
        "Where do you look first when the discharge letter says nothing of a readmission elsewhere?",
        True,
    ),
    ("surgeon", "Wound protector", "Does anybody use the protector in converted operations too?", False),
)
ANSWERS = (
    ("sitelead", 0, "The night shift does it with the last round; we put it on their card, and nobody has to remember.", True),
    ("abstractor2", 1, "In the list of the emergency department. It is a minute more and finds most of them.", True),
)  # fmt: skip
BALLOTS = (
    ("RETIREMENT", "Retire the measure on drains, which every hospital meets?", ["Retire it", "Keep it another year"], -20, (0, 0, 0, 1)),
    ("UNBLINDING", "Show infections by name in the spring meeting, for those who consent?", ["Yes", "No", "Later"], 1.5, (0,)),
)  # fmt: skip


def fill(world: World, *, staff: Person, lead: Person, now: datetime, found: bool) -> None:
    """Fill all of it; ``found`` lets two hospitals' people be found by everybody."""

    def somebody(name: str) -> Person:
        return world.people[f"{name}@{cast.DOMAIN}"]

    _found(world, somebody, now=now, listed=found)
    _asked(world, somebody, staff=staff, now=now)
    _mentor(world, somebody("sitelead2"), now=now)
    _votes(somebody, staff=staff, lead=lead, now=now)


def _found(world: World, somebody: Cast, *, now: datetime, listed: bool) -> None:
    """Let two hospitals' people be found; three of them are."""
    for code, name in LEADS:
        place = world.hospitals[code].pk
        with acting(somebody(name)) as who:
            community.let_be_found(hospital_id=place, listed=listed, by=who, at=now)
            community.list_person(
                hospital_id=place,
                topics="Joining, the audit, follow-up",
                contact=f"Ask for {who.name} at the switchboard",
                listed=True,
                by=who,
                at=now,
            )
    with acting(somebody("abstractor")) as who:
        community.list_person(
            hospital_id=world.hospitals["H04"].pk,
            topics="Reading charts of emergencies",
            contact="By the abstractors’ call",
            listed=True,
            by=who,
            at=now,
        )


def _asked(world: World, somebody: Cast, *, staff: Person, now: datetime) -> None:
    """Ask and answer; the centre has read all but the newest."""
    at = now - timedelta(days=5)
    place = {"sitelead": "H04", "abstractor": "H04", "surgeon": "H04", "sitelead2": "H07", "abstractor2": "H07"}
    for name, about, words, published in QUESTIONS:
        with acting(somebody(name)) as who:
            community.ask(hospital_id=world.hospitals[place[name]].pk, about=about, words=words, by=who, at=at)
        if published:
            _read(PeerQuestion, "question", by=staff, at=at)
    with acting(staff):
        codes = {row.about: row.code for row in selectors.questions()}
    for name, number, words, published in ANSWERS:
        with acting(somebody(name)) as who:
            community.answer(
                code=codes[QUESTIONS[number][1]],
                hospital_id=world.hospitals[place[name]].pk,
                words=words,
                by=who,
                at=at,
            )
        if published:
            _read(PeerAnswer, "answer", by=staff, at=at)


def _read(model: type[PeerQuestion | PeerAnswer], kind: str, *, by: Person, at: datetime) -> None:
    with acting(by):
        row = model.objects.filter(state="WAITING").order_by("-pk").first()
        community.moderate(kind=kind, row_id=row.pk, publish=True, reason="", by=by, at=at)


def _mentor(world: World, who: Person, *, now: datetime) -> None:
    """Ask a hospital that lets itself be named, where there is one."""
    with acting(who):
        named = bright_spots.named(on=now.date())
        if named:
            community.ask_mentor(
                hospital_id=world.hospitals["H07"].pk, exemplar_code=named[0].code, words="We would like to see the pause before the incision.",
                contact="By telephone, mornings", by=who, at=now,
            )  # fmt: skip


def _votes(somebody: Cast, *, staff: Person, lead: Person, now: datetime) -> None:
    """Seat four, count one vote that is over, leave one running."""
    members = [somebody(name) for name in ("sitelead", "sitelead2", "surgeon", "analyst")]
    began = now - timedelta(days=40)
    with acting(lead):
        for member in members:
            committee.seat(person=member, by=lead, at=began)
    for kind, question, options, days, choices in BALLOTS:
        closes = now + timedelta(days=days)
        at = min(began, closes - timedelta(days=14)) if days < 0 else now - timedelta(days=3)
        with acting(staff):
            row = committee.put(
                kind=kind, question=question, options=options, quorum=3, closes_at=closes, by=staff, at=at
            )
        for member, choice in zip(members, choices, strict=False):
            with acting(member):
                committee.vote(ballot=row, choice=options[choice], by=member, at=at + timedelta(days=1))
        if days < 0:
            with machine():
                committee.close(ballot=row, by=staff, at=closes + timedelta(days=1))
