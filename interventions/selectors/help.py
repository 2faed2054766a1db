"""Read barriers, requests and offers of help, and who was introduced to whom: by two consents, from the database."""

from collections import Counter
from dataclasses import dataclass

from django.db import connection

from interventions.models import Adoption, Barrier, HelpOffer, HelpRequest
from sites.refusals import NotFound

BETWEEN = (HelpRequest.Way.PEER, HelpRequest.Way.CHOSEN)


@dataclass(frozen=True)
class Introduction:
    """One side of an introduction: how many were asked, whether the asked side agreed; the peer's name only while both agree."""

    code: str
    side: str
    asked: int
    agreed: bool
    peer: str | None
    contact: str | None


@dataclass(frozen=True)
class Choice:
    """A hospital that agreed to help one that agreed to be named, where the centre is asked to choose."""

    request_code: str
    offer_code: str
    offer_id: int
    hospital_id: int
    hospital: str


def choices() -> list[Choice]:
    """Return whom the centre may introduce: names after both consents alone, and to the centre alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_help_choices()")
        return [Choice(*row) for row in cursor.fetchall()]


def to_choose(*, hospital_ids: tuple[int, ...]) -> list[tuple[HelpRequest, list[Choice]]]:
    """Return the requests of which both sides agreed, each with those that the centre chooses among; not those it has settled."""
    offered: dict[str, list[Choice]] = {}
    for one in choices():
        offered.setdefault(one.request_code, []).append(one)
    rows = HelpRequest.objects.filter(hospital_id__in=hospital_ids, code__in=list(offered)).select_related("toolkit", "hospital").order_by("pk")
    return [(row, offered[row.code]) for row in rows if row.chosen_id not in {one.offer_id for one in offered[row.code]}]


def introductions() -> dict[str, Introduction]:
    """Return the introductions of the bound hospitals by the code of the own side."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_introductions()")
        return {row[0]: Introduction(*row) for row in cursor.fetchall()}


def barriers(*, adoption: Adoption) -> list[Barrier]:
    """Return what was said of each barrier, the newest of a kind alone, in order of time."""
    latest: dict[str, Barrier] = {}
    for row in Barrier.objects.filter(adoption=adoption).select_related("by").order_by("pk"):
        latest[row.hindrance] = row
    return sorted(latest.values(), key=lambda row: row.pk)


def requests(*, hospital_ids: tuple[int, ...]) -> list[HelpRequest]:
    """Return what these hospitals asked for, newest first."""
    return list(
        HelpRequest.objects.filter(hospital_id__in=hospital_ids).select_related("toolkit", "hospital").order_by("-pk")
    )


def offers(*, hospital_ids: tuple[int, ...]) -> list[HelpOffer]:
    """Return what these hospitals are asked, newest first."""
    return list(
        HelpOffer.objects.filter(hospital_id__in=hospital_ids).select_related("toolkit", "hospital").order_by("-pk")
    )


def waiting(*, hospital_ids: tuple[int, ...]) -> list[HelpRequest]:
    """Return the calls and the material that were asked for and not answered, oldest first."""
    rows = HelpRequest.objects.filter(hospital_id__in=hospital_ids, state=HelpRequest.State.OPEN).exclude(
        way__in=BETWEEN
    )
    return list(rows.select_related("toolkit", "hospital").order_by("pk"))


def peers_asked(*, hospital_ids: tuple[int, ...]) -> Counter:
    """Count the requests for an introduction by what they are about."""
    rows = HelpRequest.objects.filter(hospital_id__in=hospital_ids, way__in=BETWEEN)
    return Counter(row.get_hindrance_display() for row in rows)


def request(*, code: str, hospital_ids: tuple[int, ...]) -> HelpRequest:
    """Return one request of these hospitals."""
    row = (
        HelpRequest.objects.filter(code=code, hospital_id__in=hospital_ids)
        .select_related("toolkit", "hospital")
        .first()
    )
    if row is None:
        raise NotFound
    return row


def offer(*, code: str, hospital_ids: tuple[int, ...]) -> HelpOffer:
    """Return one offer of these hospitals."""
    row = (
        HelpOffer.objects.filter(code=code, hospital_id__in=hospital_ids).select_related("toolkit", "hospital").first()
    )
    if row is None:
        raise NotFound
    return row
