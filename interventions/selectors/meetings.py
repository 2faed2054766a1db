"""Read meetings, who is invited, and the deck: what the database lets this person read of it at this moment."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from feedback.models import Comparison, MeasureRun
from interventions import deck as slides
from interventions.models import AgendaItem, DeckSlide, Exemplar, Meeting, MeetingInvitation
from interventions.selectors import bright_spots, recognition
from registry.models import Registry
from sites.access import policy
from sites.access.roles import Role
from sites.refusals import NotFound
from sites.selectors import people as people_selectors

COLUMNS = "place, measure_code, measure_title, label, contributing, largest_own, consented, field, named"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the agenda; ``speaker`` is an exemplar's hospital while its consent names it to this reader."""

    row: AgendaItem
    speaker: str
    practice: str


@dataclass(frozen=True, kw_only=True)
class Deck:
    """A deck as one person reads it now. ``hospital_ids`` are those named in it, for the trail alone."""

    slides: tuple[slides.Slide, ...]
    measures: tuple[str, ...]
    hospital_ids: tuple[int, ...]


def listed(*, person_id: int, everything: bool) -> list[Meeting]:
    """Return the meetings somebody is invited to (all for those who keep them), newest first."""
    rows = Meeting.objects.select_related("registry").order_by("-starts_at", "-pk")
    if not everything:
        held = MeetingInvitation.objects.filter(person=person_id, withdrawn_at__isnull=True).values_list(
            "meeting_id", flat=True
        )
        rows = rows.filter(pk__in=list(held))
    return list(rows[:100])


def one(*, code: str, person_id: int, everything: bool) -> Meeting:
    """Return a meeting that somebody is invited to or keeps."""
    row = Meeting.objects.filter(code=code).select_related("registry", "made_by", "closed_by").first()
    if row is None or not (everything or invitation(meeting=row, person_id=person_id)):
        raise NotFound
    return row


def invitation(*, meeting: Meeting, person_id: int) -> MeetingInvitation | None:
    """Return somebody's own invitation."""
    return MeetingInvitation.objects.filter(meeting=meeting, person=person_id, withdrawn_at__isnull=True).first()


def answers(*, person_id: int) -> dict[int, MeetingInvitation]:
    """Return somebody's invitations by meeting."""
    rows = MeetingInvitation.objects.filter(person=person_id, withdrawn_at__isnull=True)
    return {row.meeting_id: row for row in rows}


def invited(meeting: Meeting) -> list[MeetingInvitation]:
    """Return those invited whom the reader may know: all for the centre, one's own hospital's for the others."""
    rows = MeetingInvitation.objects.filter(meeting=meeting, withdrawn_at__isnull=True)
    return list(rows.select_related("person", "hospital").order_by("hospital__name", "person__name", "pk"))


def agenda(meeting: Meeting, *, on: date) -> list[Item]:
    """Return the agenda; an exemplar speaks under its name as long as the reader may read that name."""
    rows = list(AgendaItem.objects.filter(meeting=meeting, dropped=False).order_by("position", "pk"))
    named = {one.code: one for one in bright_spots.named(on=on)} if any(row.exemplar_code for row in rows) else {}
    found = []
    for row in rows:
        speaks = named.get(row.exemplar_code)
        found.append(
            Item(row=row, speaker=speaks.hospital if speaks else "", practice=speaks.practice if speaks else "")
        )
    return found


def exemplars(*, registry_id: int) -> list[Exemplar]:
    """Return those who agreed to be named, for the centre that asks them to speak."""
    rows = Exemplar.objects.filter(registry=registry_id, state="ACCEPTED").select_related("hospital")
    return list(rows.order_by("measure_title", "hospital__name"))


def chosen(meeting: Meeting) -> list[DeckSlide]:
    """Return the slides."""
    return list(DeckSlide.objects.filter(meeting=meeting, dropped=False).order_by("position", "pk"))


def measures(*, registry_id: int) -> list[tuple[str, str]]:
    """Return the measures of the newest published comparison: code and title."""
    newest = (
        Comparison.objects.filter(registry=registry_id, status="PUBLISHED").order_by("-published_at", "-pk").first()
    )
    rows = MeasureRun.objects.filter(comparison=newest, refusal=[]).order_by("measure__title")
    return list(rows.values_list("measure__code", "measure__title"))


def registries() -> list[Registry]:
    """Return the registries with a published comparison."""
    held = Comparison.objects.filter(status="PUBLISHED").values_list("registry_id", flat=True)
    return list(Registry.objects.filter(pk__in=list(held)).order_by("title"))


def deck(meeting: Meeting) -> Deck | None:
    """Return the deck as the bound person may read it now; None when it is not open to them. The database decides, by its own clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cairn_deck_open(%s)", [meeting.pk])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(f"SELECT {COLUMNS} FROM cairn_deck(%s)", [meeting.pk])
        rows = [dict(zip(COLUMNS.split(", "), row, strict=True)) for row in cursor.fetchall()]
    made = tuple(_slide(row) for row in rows)
    named = sorted({one["id"] for row in rows for one in _decoded(row["named"])})
    return Deck(slides=made, measures=tuple(row["measure_code"] for row in rows), hospital_ids=tuple(named))


def _slide(row: dict[str, Any]) -> slides.Slide:
    return slides.slide(
        title=row["measure_title"], label=row["label"], contributing=row["contributing"], largest_own=row["largest_own"],
        consented=row["consented"], field=_decoded(row["field"]), named=_decoded(row["named"]),
    )  # fmt: skip


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def praise(*, on: date) -> tuple[list[bright_spots.Named], list[recognition.Shown]]:
    """Return exemplars and recognitions that this reader may read by name today."""
    return bright_spots.named(on=on), recognition.shown(on=on)


def to_invite(*, roles: list[str], on: date) -> list[tuple[int, int | None]]:
    """Return everybody who holds one of the roles today: person and hospital (none: the centre), each person once."""
    held = people_selectors.memberships(hospital_ids=policy.all_hospital_ids(), with_centre=True, on=on)
    found: dict[int, int | None] = {}
    for row in held:
        if row.role in roles and row.starts_on <= on and row.person.is_active:
            found.setdefault(row.person_id, row.hospital_id)
    return sorted(found.items())


def calls(*, kinds: tuple[str, ...] = ("SURGEONS", "ABSTRACTORS")) -> list[Meeting]:
    """Return the calls that were held, with their notes, newest first."""
    return list(
        Meeting.objects.filter(state="HELD", kind__in=kinds).select_related("registry").order_by("-starts_at")[:50]
    )


ROLES = [
    (role.value, role.words)
    for role in (Role.SITE_LEAD, Role.SURGEON, Role.ABSTRACTOR, *map(Role, Role.centre_values()))
]
