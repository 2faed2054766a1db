"""Read what waits for somebody, in words that the page shows behind the sign-in; and to whom mail goes. No mail carries any of these words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback.selectors import releases
from interventions.models import Newsletter, Notice, NoticePreference, SiteVisit
from interventions.selectors import committee, community, desk, meetings
from sites.access.permissions import Permission as P
from sites.access.policy import Authority
from sites.models import Membership, Person

WEEK, SOON = timedelta(days=7), timedelta(hours=48)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing: its words, the address it leads to, and whether it cannot wait for the digest. ``key`` stays the same from day to day."""

    key: str
    words: str
    route: str
    code: str = ""
    urgent: bool = False


def lines(*, held: Authority, at: datetime) -> list[Line]:
    """Return what waits for somebody, what is urgent first. The caller's scope must be bound."""
    found = [*_desk(held, at), *_previews(held, at)]
    if held.permissions() & {P.READ_STANDING, P.READ_BLINDED}:
        found += [*_letters(at), *_meetings(held, at), *_votes(held, at), *_community(held, at)]
    return sorted(found, key=lambda line: not line.urgent)


def _meetings(held: Authority, at: datetime) -> list[Line]:
    found = []
    mine = meetings.answers(person_id=held.person_id)
    for row in meetings.listed(person_id=held.person_id, everything=False):
        said = mine[row.pk].answer
        if row.state == "PLANNED" and said == "ASKED" and row.starts_at > at:
            urgent = row.starts_at <= at + timedelta(days=1)
            words = f"You are invited to **{row.title}**, {row.starts_at:%-d %B %Y}. Do you come?"
            found.append(
                Line(
                    key=f"invited {row.code}", words=words, route="interventions:meeting", code=row.code, urgent=urgent
                )
            )
        elif said != "NO" and row.deck_until and row.deck_from <= at < row.deck_until and row.state != "CANCELLED":
            words = f"The deck of **{row.title}** is open until {row.deck_until:%-d %B}."
            found.append(Line(key=f"deck {row.code}", words=words, route="interventions:meeting", code=row.code))
    return found


def _votes(held: Authority, at: datetime) -> list[Line]:
    return [
        Line(
            key=f"vote {row.code}", words=f"The committee asks: **{row.question}** Your vote counts until {row.closes_at:%-d %B, %H:%M} UTC.",
            route="interventions:committee", urgent=row.closes_at <= at + SOON,
        )
        for row in committee.waiting_for(person_id=held.person_id, at=at)
    ]  # fmt: skip


def _desk(held: Authority, at: datetime) -> list[Line]:
    reach = tuple(sorted({*held.hospitals(P.CURATE), *held.hospitals(P.ADOPT)}))
    due = desk.due(person_id=held.person_id, hospital_ids=reach, today=at.date()) if reach else []
    found = []
    if due:
        late = sum(row.due_on < at.date() for row in due)
        words = f"**{len(due)} task{'s' if len(due) > 1 else ''}** of yours {'are' if len(due) > 1 else 'is'} due" + (
            f", {late} late." if late else "."
        )
        found.append(Line(key="tasks", words=words, route="interventions:desk"))
    reported = SiteVisit.objects.filter(hospital_id__in=held.hospitals(P.ADOPT), state="REPORTED").order_by("pk")
    found += [
        Line(
            key=f"visit {row.code}",
            words="The report of a visit waits for **your hospital’s answer**.",
            route="interventions:visit",
            code=row.code,
        )
        for row in reported
    ]
    return found


def _previews(held: Authority, at: datetime) -> list[Line]:
    """Releases in preview: a hospital that wants to object has until the last day."""
    if not held.hospitals(P.AGREE):
        return []
    return [
        Line(
            key=f"preview {row.code}", words=f"A release to the payer is in preview until **{row.preview_until:%-d %B %Y}**; you may object.",
            route="feedback:payer", urgent=row.preview_until <= (at + SOON).date(),
        )
        for row in releases.in_preview() if row.preview_until and row.preview_until >= at.date()
    ]  # fmt: skip


def _community(held: Authority, at: datetime) -> list[Line]:
    found = []
    if P.CURATE in held.permissions():
        n = sum(map(len, community.waiting()))
        found += [
            Line(key="moderate", words=f"**{n} to read** before members do.", route="interventions:community")
        ] * bool(n)
    if held.hospitals(P.ADOPT):
        replied = community.replied(hospital_ids=held.hospitals(P.ADOPT))
        n = sum(
            1 for row in community.asked_of_us() if row.code not in replied and row.mentor_id in held.hospitals(P.ADOPT)
        )
        found += [
            Line(key="mentor", words="A hospital **asks you to be its mentor**.", route="interventions:mentors")
        ] * bool(n)
    new = sum(1 for row in community.questions() if row.on >= (at - WEEK).date() and not row.own)
    found += [
        Line(
            key="questions",
            words=f"**{new} new question{'s' if new > 1 else ''}** of peers.",
            route="interventions:community",
        )
    ] * bool(new)
    return found


def _letters(at: datetime) -> list[Line]:
    letters = Newsletter.objects.filter(published_at__gte=at - WEEK, published_at__lte=at).order_by("pk")
    return [
        Line(
            key=f"newsletter {row.code}",
            words=f"A newsletter: **{row.title}**.",
            route="interventions:newsletter",
            code=row.code,
        )
        for row in letters
    ]


def preference(*, person_id: int) -> tuple[bool, bool]:
    """Return whether somebody wishes the weekly digest, and what is urgent."""
    row = NoticePreference.objects.filter(person=person_id).first()
    return (row.weekly, row.urgent) if row else (True, True)


def recipients() -> list[Person]:
    """Return everybody with an open account who holds or held a role (for those who hold none now nothing waits); a job reaches them."""
    held = Membership.objects.values_list("person_id", flat=True)
    return list(Person.objects.filter(pk__in=set(held), is_active=True).order_by("pk"))


def sent(*, person_id: int) -> set[tuple[str, str]]:
    """Return what somebody was sent: kind and key."""
    return set(Notice.objects.filter(person=person_id).values_list("kind", "key"))


def history(*, person_id: int) -> list[Notice]:
    """Return the newest mails somebody was sent."""
    return list(Notice.objects.filter(person=person_id).order_by("-pk")[:10])
