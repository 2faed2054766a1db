"""The community: be found or not, ask and answer peers, moderate, ask a mentor. Words with a patient in them are refused at the door."""

from datetime import datetime

from interventions.actions.wording import refuse_name, refuse_patients, refuse_persons
from interventions.models import DirectoryConsent, DirectoryEntry, MentorReply, MentorRequest, PeerAnswer, PeerQuestion
from interventions.selectors import bright_spots
from interventions.selectors import community as selectors
from sites import audit
from sites.codes import random_code
from sites.models import Hospital, Person
from sites.refusals import NotFound, Refusal

PUBLISHED, DECLINED = "PUBLISHED", "DECLINED"


def list_person(*, hospital_id: int, topics: str, contact: str, listed: bool, by: Person, at: datetime) -> None:
    """Let oneself be found by members, with what one can be asked about, or no longer."""
    if listed and not (topics.strip() and contact.strip()):
        raise Refusal("Say what one may ask you about, and how to reach you.")
    refuse_patients(topics)
    DirectoryEntry.objects.update_or_create(
        person=by, hospital_id=hospital_id, defaults={"topics": topics, "contact": contact, "listed": listed, "at": at}
    )
    _record("be found in the directory" if listed else "leave the directory", by=by, at=at, hospital_id=hospital_id)


def let_be_found(*, hospital_id: int, listed: bool, by: Person, at: datetime) -> None:
    """Let the hospital's people be found under its name, or no longer: gone at the next request."""
    DirectoryConsent.objects.create(hospital_id=hospital_id, listed=listed, at=at, by=by)
    words = "let its people be found" if listed else "take back that its people are found"
    _record(words, by=by, at=at, hospital_id=hospital_id)


def ask(*, hospital_id: int | None, about: str, words: str, by: Person, at: datetime) -> PeerQuestion:
    """Ask peers; the centre reads the question before anybody else does."""
    _plain(about, words, hospital_id=hospital_id)
    made = PeerQuestion.objects.create(
        code=random_code(), hospital_id=hospital_id, person=by, about=about, words=words, at=at
    )
    _record("ask peers", by=by, at=at, hospital_id=hospital_id, object_id=made.code)
    return made


def answer(*, code: str, hospital_id: int | None, words: str, by: Person, at: datetime) -> PeerAnswer:
    """Answer a question that is published."""
    question_id = selectors.published_id(code=code)
    if question_id is None:
        raise NotFound
    _plain(words, hospital_id=hospital_id)
    made = PeerAnswer.objects.create(question_id=question_id, hospital_id=hospital_id, person=by, words=words, at=at)
    _record("answer peers", by=by, at=at, hospital_id=hospital_id, object_id=code)
    return made


def moderate(*, kind: str, row_id: int, publish: bool, reason: str, by: Person, at: datetime) -> None:
    """Publish a question or an answer, or decline it (also later) with a reason that its writer reads. Nobody moderates the own words."""
    model = {"question": PeerQuestion, "answer": PeerAnswer}.get(kind)
    row = None if model is None else model.objects.select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None:
        raise NotFound
    if row.state == DECLINED or (publish and row.state == PUBLISHED):
        raise Refusal("This was decided already.")
    if row.person_id == by.pk:
        raise Refusal("Somebody else moderates your own words.")
    if not publish and not reason.strip():
        raise Refusal("Say why: its writer reads it.")
    read_by_members = [row.words, *([row.about] if isinstance(row, PeerQuestion) else [])]
    for hospital in Hospital.objects.all() if publish else ():
        refuse_name(hospital, *read_by_members)
    row.state, row.reason, row.moderated_at, row.moderated_by = (
        PUBLISHED if publish else DECLINED,
        "" if publish else reason,
        at,
        by,
    )
    row.save(update_fields=["state", "reason", "moderated_at", "moderated_by"])
    _record(
        f"{'publish' if publish else 'decline'} a peer {kind}",
        by=by,
        at=at,
        hospital_id=row.hospital_id,
        object_id=str(row.pk),
    )


def ask_mentor(
    *, hospital_id: int, exemplar_code: str, words: str, contact: str, by: Person, at: datetime
) -> MentorRequest:
    """Ask an exemplar that is named today; one's own hospital is named to it by asking."""
    found = next((one for one in bright_spots.named(on=at.date()) if one.code == exemplar_code), None)
    if found is None:
        raise NotFound
    refuse_patients(words)
    made = MentorRequest.objects.create(
        code=random_code(), hospital_id=hospital_id, exemplar_code=exemplar_code, measure_title=found.measure_title, words=words, contact=contact,
        at=at, by=by,
    )  # fmt: skip
    _record("ask a mentor", by=by, at=at, hospital_id=hospital_id, object_id=made.code)
    return made


def reply_as_mentor(*, code: str, hospital_id: int, agreed: bool, words: str, by: Person, at: datetime) -> None:
    """Answer a request to one's own hospital; a later answer replaces it."""
    if not any(one.code == code and one.mentor_id == hospital_id for one in selectors.asked_of_us()):
        raise NotFound
    if not words.strip():
        raise Refusal("Say whom to reach, or why it is not possible now.")
    refuse_patients(words)
    MentorReply.objects.create(request_code=code, hospital_id=hospital_id, agreed=agreed, words=words, at=at, by=by)
    _record("agree to mentor" if agreed else "decline to mentor", by=by, at=at, hospital_id=hospital_id, object_id=code)


def _plain(*texts: str, hospital_id: int | None) -> None:
    refuse_persons(*texts)
    refuse_patients(*texts)
    if not any(text.strip() for text in texts[-1:]):
        raise Refusal("Write something.")
    own = Hospital.objects.filter(pk=hospital_id).first() if hospital_id else None
    if own is not None:
        refuse_name(own, *texts)


def _record(action: str, *, by: Person, at: datetime, hospital_id: int | None, object_id: str = "") -> None:
    audit.record(action=action, at=at, by=by, hospital_id=hospital_id, kind="community", object_id=object_id)
