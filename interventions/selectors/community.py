"""Read the community: who lets themselves be found, questions and answers that were published, mentors. The database decides what of it."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from interventions.models import DirectoryConsent, DirectoryEntry, MentorReply, MentorRequest, PeerAnswer, PeerQuestion
from sites.refusals import NotFound


@dataclass(frozen=True)
class Found:
    """Somebody who lets members find them."""

    person: str
    role: str
    hospital: str
    topics: str
    contact: str


@dataclass(frozen=True)
class Asked:
    """A published question, without who asked."""

    question_id: int
    code: str
    about: str
    words: str
    on: date
    n_answers: int
    own: bool


@dataclass(frozen=True)
class Said:
    """A published answer, without who gave it."""

    words: str
    on: date
    centre: bool
    own: bool


@dataclass(frozen=True)
class OfUs:
    """A request to one's own hospital to be a mentor; it names who asks, for that is what asking means."""

    code: str
    mentor_id: int
    measure_title: str
    hospital: str
    words: str
    contact: str
    on: date


def _asked(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return cursor.fetchall()


def directory(*, on: date) -> list[Found]:
    """Return who may be found today: their own consent, and their hospital's."""
    return [
        Found(*row) for row in _asked("SELECT person, role, hospital, topics, contact FROM cairn_directory(%s)", on)
    ]


def entries(*, person_id: int) -> list[DirectoryEntry]:
    """Return somebody's own entries."""
    return list(DirectoryEntry.objects.filter(person=person_id).select_related("hospital").order_by("hospital__name"))


def let_be_found(*, hospital_ids: tuple[int, ...]) -> dict[int, bool]:
    """Return whether each of these hospitals lets its people be found."""
    rows = (
        DirectoryConsent.objects.filter(hospital_id__in=hospital_ids)
        .order_by("hospital_id", "-pk")
        .distinct("hospital_id")
    )
    return dict.fromkeys(hospital_ids, False) | dict(rows.values_list("hospital_id", "listed"))


def questions() -> list[Asked]:
    """Return the published questions, newest first."""
    return [Asked(*row) for row in _asked("SELECT id, code, about, words, on_day, n, own FROM cairn_peer_questions()")]


def question(*, code: str) -> Asked:
    """Return one published question."""
    found = next((one for one in questions() if one.code == code), None)
    if found is None:
        raise NotFound
    return found


def published_id(*, code: str) -> int | None:
    """Return the row of a published question, or None."""
    return next((one.question_id for one in questions() if one.code == code), None)


def answers(*, code: str) -> list[Said]:
    """Return the published answers, oldest first."""
    return [Said(*row) for row in _asked("SELECT words, on_day, centre, own FROM cairn_peer_answers(%s)", code)]


def own(*, person_id: int) -> tuple[list[PeerQuestion], list[PeerAnswer]]:
    """Return what somebody wrote that is not published, with where it stands."""
    asked = PeerQuestion.objects.filter(person=person_id).exclude(state="PUBLISHED").order_by("-pk")
    said = PeerAnswer.objects.filter(person=person_id).exclude(state="PUBLISHED").order_by("-pk")
    return list(asked[:20]), list(said[:20])


def waiting() -> tuple[list[PeerQuestion], list[PeerAnswer]]:
    """Return what waits for the centre, oldest first; the centre alone reaches it."""
    asked = PeerQuestion.objects.filter(state="WAITING").select_related("person", "hospital").order_by("pk")
    said = PeerAnswer.objects.filter(state="WAITING").select_related("person", "hospital", "question").order_by("pk")
    return list(asked), list(said)


def asked_of_us() -> list[OfUs]:
    """Return the requests to own hospitals to be a mentor, newest first."""
    sql = "SELECT code, mentor_id, measure_title, hospital, words, contact, on_day FROM cairn_mentor_requests()"
    return [OfUs(*row) for row in _asked(sql)]


def replies() -> dict[str, tuple[bool, str]]:
    """Return the newest reply to each request of own hospitals: agreed or not, and the words."""
    return {
        code: (agreed, words)
        for code, agreed, words in _asked("SELECT code, agreed, words FROM cairn_mentor_replies()")
    }


def requests(*, hospital_ids: tuple[int, ...]) -> list[MentorRequest]:
    """Return the requests of own hospitals, newest first."""
    return list(MentorRequest.objects.filter(hospital_id__in=hospital_ids).order_by("-pk")[:50])


def replied(*, hospital_ids: tuple[int, ...]) -> dict[str, MentorReply]:
    """Return the newest own reply to each request to own hospitals."""
    return {row.request_code: row for row in MentorReply.objects.filter(hospital_id__in=hospital_ids).order_by("pk")}
