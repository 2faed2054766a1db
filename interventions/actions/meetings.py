"""Meetings: plan, set the agenda, invite, answer, choose slides, open and close the deck, hold or cancel; attendance counts on the scorecard."""

from datetime import datetime, timedelta

from interventions.actions import scores
from interventions.actions.wording import refuse_name, refuse_persons
from interventions.models import AgendaItem, DeckSlide, Exemplar, Meeting, MeetingInvitation
from interventions.selectors import meetings, scorecards
from registry.models import Registry
from sites import audit
from sites.codes import random_code
from sites.models import Hospital, Person
from sites.refusals import NotFound, Refusal

State, Kind, Answer = Meeting.State, Meeting.Kind, MeetingInvitation.Answer
LONGEST = timedelta(days=14)


def plan(
    *, registry_code: str, kind: str, title: str, place: str, starts_at: datetime, by: Person, at: datetime
) -> Meeting:
    """Plan a meeting or a call."""
    registry = Registry.objects.filter(code=registry_code).first()
    if registry is None or kind not in Kind.values:
        raise NotFound
    _plain(title, place)
    made = Meeting.objects.create(
        code=random_code(),
        registry=registry,
        kind=kind,
        title=title,
        place=place,
        starts_at=starts_at,
        made_at=at,
        made_by=by,
    )
    _record("plan a meeting", made, by=by, at=at)
    return made


def add_item(*, meeting: Meeting, words: str, minutes: int, exemplar: str, by: Person, at: datetime) -> None:
    """Put something on the agenda; an exemplar is asked to speak by its code."""
    _planned(meeting)
    _plain(words)
    row = (
        Exemplar.objects.filter(code=exemplar, registry=meeting.registry_id, state="ACCEPTED").first()
        if exemplar
        else None
    )
    if exemplar and row is None:
        raise Refusal("This hospital has not agreed to be named.")
    place = AgendaItem.objects.filter(meeting=meeting).count() + 1
    AgendaItem.objects.create(meeting=meeting, position=place, words=words, minutes=minutes, exemplar_code=exemplar)
    _record("set the agenda", meeting, by=by, at=at, hospital_id=row.hospital_id if row else None)


def drop_item(*, meeting: Meeting, item_id: int, by: Person, at: datetime) -> None:
    """Take something off the agenda."""
    _planned(meeting)
    if not AgendaItem.objects.filter(meeting=meeting, pk=item_id, dropped=False).update(dropped=True):
        raise NotFound
    _record("set the agenda", meeting, by=by, at=at)


def invite(*, meeting: Meeting, people: list[tuple[int, int | None]], by: Person, at: datetime) -> int:
    """Invite people (person, hospital or none for the centre); whoever is invited already stays so. Return how many are new."""
    _planned(meeting)
    known = {row.person_id: row for row in MeetingInvitation.objects.filter(meeting=meeting)}
    again = [known[pk].pk for pk, _ in people if pk in known and known[pk].withdrawn_at]
    MeetingInvitation.objects.filter(pk__in=again).update(withdrawn_at=None, answer=Answer.ASKED, answered_at=None)
    fresh = [
        MeetingInvitation(meeting=meeting, person_id=pk, hospital_id=hospital, invited_at=at, invited_by=by)
        for pk, hospital in people if pk not in known
    ]  # fmt: skip
    MeetingInvitation.objects.bulk_create(fresh)
    for hospital in sorted({row.hospital_id for row in fresh if row.hospital_id}):
        _record("invite to a meeting", meeting, by=by, at=at, hospital_id=hospital)
    return len(fresh) + len(again)


def uninvite(*, meeting: Meeting, person_id: int, by: Person, at: datetime) -> None:
    """Withdraw an invitation: the deck is closed to that person from the next request on."""
    row = MeetingInvitation.objects.filter(meeting=meeting, person=person_id, withdrawn_at__isnull=True).first()
    if row is None:
        raise NotFound
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    _record("withdraw an invitation", meeting, by=by, at=at, hospital_id=row.hospital_id)


def answer(*, meeting: Meeting, comes: bool, by: Person, at: datetime) -> None:
    """Take the answer of somebody who is invited."""
    _planned(meeting)
    row = meetings.invitation(meeting=meeting, person_id=by.pk)
    if row is None:
        raise NotFound
    row.answer, row.answered_at = Answer.YES if comes else Answer.NO, at
    row.save(update_fields=["answer", "answered_at"])
    _record("answer an invitation", meeting, by=by, at=at, hospital_id=row.hospital_id, detail={"comes": comes})


def choose(*, meeting: Meeting, codes: list[str], by: Person, at: datetime) -> None:
    """Choose which measures the deck shows, in the order of their titles."""
    if meeting.state == State.CANCELLED:
        raise Refusal("The meeting was cancelled.")
    known = dict(meetings.measures(registry_id=meeting.registry_id))
    if not codes or not set(codes) <= set(known):
        raise Refusal("Choose measures of the newest published comparison.")
    DeckSlide.objects.filter(meeting=meeting, dropped=False).update(dropped=True)
    DeckSlide.objects.bulk_create(
        DeckSlide(meeting=meeting, position=place, measure_code=code, measure_title=title)
        for place, (code, title) in enumerate(known.items(), start=1) if code in codes
    )  # fmt: skip
    _record("choose slides", meeting, by=by, at=at, detail={"measures": sorted(codes)})


def open_deck(*, meeting: Meeting, until: datetime, by: Person, at: datetime) -> None:
    """Open the deck to those invited until a moment, two weeks from now at most; a moment that has come closes it."""
    if meeting.state == State.CANCELLED:
        raise Refusal("The meeting was cancelled.")
    if until > at + LONGEST:
        raise Refusal("A deck is open for two weeks at most.")
    if until > at and not meetings.chosen(meeting):
        raise Refusal("Choose the slides first.")
    closes = until <= at
    if closes and meeting.deck_until is None:
        raise Refusal("The deck is not open.")
    meeting.deck_from = meeting.deck_from or at
    meeting.deck_until = max(at, meeting.deck_from) if closes else until
    meeting.save(update_fields=["deck_from", "deck_until"])
    _record(
        "close a deck" if closes else "open a deck",
        meeting,
        by=by,
        at=at,
        detail={"until": meeting.deck_until.isoformat()},
    )


def close(*, meeting: Meeting, came: list[int], notes: str, held: bool, by: Person, at: datetime) -> None:
    """Hold the meeting with who came and its notes, or cancel it; attendance of the collaborative's meetings counts on the scorecard."""
    _planned(meeting)
    if held and meeting.starts_at > at:
        raise Refusal("The meeting has not begun.")
    _plain(notes)
    meeting.state, meeting.notes = State.HELD if held else State.CANCELLED, notes if held else ""
    meeting.closed_at, meeting.closed_by = at, by
    meeting.save(update_fields=["state", "notes", "closed_at", "closed_by"])
    if held:
        rows = MeetingInvitation.objects.filter(meeting=meeting, withdrawn_at__isnull=True)
        rows.update(came=False)
        rows.filter(person__in=came).update(came=True)
        _count(meeting, by=by, at=at)
    _record("hold a meeting" if held else "cancel a meeting", meeting, by=by, at=at)


def _count(meeting: Meeting, *, by: Person, at: datetime) -> None:
    """Record attendance on the running scorecard of the year, where its rules ask for it."""
    if meeting.kind != Kind.QUARTERLY:
        return
    day = meeting.starts_at.date()
    came = MeetingInvitation.objects.filter(meeting=meeting, came=True, hospital__isnull=False)
    hospitals = tuple(sorted(set(came.values_list("hospital_id", flat=True))))
    for row in scorecards.running(on=day):
        items = [one.code for one in scorecards.rules(row).items if one.source == "attendance"]
        if hospitals and row.registry_id == meeting.registry_id and row.year == day.year:
            for item in items:
                scores.record(
                    scorecard=row,
                    hospital_ids=hospitals,
                    item=item,
                    on_day=day,
                    words=meeting.title,
                    withdrawn=False,
                    by=by,
                    at=at,
                )


def viewed(*, meeting: Meeting, deck: meetings.Deck, by: Person, at: datetime) -> None:
    """Write down that somebody read the deck: once for each hospital that was named in it, so that its lead reads it too."""
    for hospital_id in (None, *deck.hospital_ids):
        _record("view a deck", meeting, by=by, at=at, hospital_id=hospital_id, detail={"measures": list(deck.measures)})


def _planned(meeting: Meeting) -> None:
    if meeting.state != State.PLANNED:
        raise Refusal("This meeting is over.")


def _plain(*texts: str) -> None:
    """Refuse words with a patient or a hospital in them: those invited come from every hospital."""
    refuse_persons(*texts)
    for hospital in Hospital.objects.all():
        refuse_name(hospital, *texts)


def _record(
    action: str,
    meeting: Meeting,
    *,
    by: Person,
    at: datetime,
    hospital_id: int | None = None,
    detail: dict | None = None,
) -> None:
    audit.record(
        action=action,
        at=at,
        by=by,
        hospital_id=hospital_id,
        kind="meeting",
        object_id=meeting.code,
        detail=detail or {},
    )
