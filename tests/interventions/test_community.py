"""The community: nobody is found without two consents, nothing is read before the centre read it, no patient comes in, votes stay what they were."""

from datetime import timedelta

import pytest
from django.db import Error, transaction
from django.utils import timezone

from interventions.actions import committee, community
from interventions.actions.wording import refuse_patients
from interventions.models import Ballot, BallotResult, DirectoryEntry, MentorReply, MentorRequest, PeerQuestion, Vote
from interventions.selectors import committee as seats
from interventions.selectors import community as selectors
from sites.models import Hospital
from sites.refusals import NotFound, Refusal
from tests.house.catalog import ask
from tests.interventions.test_bright_spots import accept, as_person, ids, invite
from tests.interventions.test_meetings import away
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
TODAY = NOW.date()
LIVE = "<img src=x onerror=alert(1)>"
FORMULA = "=HYPERLINK(1)"


def found(name="abstractor2"):
    with as_person(name), transaction.atomic():
        return {(one.person, one.hospital) for one in selectors.directory(on=TODAY)}


def lets(code, listed, *, name="sitelead"):
    (pk,) = ids(code)
    with as_person(name), transaction.atomic():
        community.let_be_found(hospital_id=pk, listed=listed, by=person(name), at=NOW)


def test_somebody_is_found_by_two_consents_and_either_takes_it_back(world):
    who = person("sitelead")
    (pk,) = ids("H04")
    with machine():
        place = Hospital.objects.get(pk=pk).name
    assert found() == set()
    lets("H04", True)
    assert (who.name, place) in found()
    body = signed_in("abstractor2").get("/community/directory/").content.decode()
    assert place in body
    lets("H04", False)
    assert found() == set()
    assert place not in signed_in("abstractor2").get("/community/directory/").content.decode()
    lets("H04", True)
    with as_person("sitelead"), transaction.atomic():
        community.list_person(hospital_id=pk, topics="", contact="", listed=False, by=who, at=NOW)
    assert who.name not in {name for name, _ in found()}
    with as_person("abstractor2"), transaction.atomic():
        assert not DirectoryEntry.objects.filter(hospital=pk).exists()


def test_nobody_lists_another_or_lets_another_hospital_be_found(world):
    (own, other) = ids("H04", "H07")
    client = signed_in("sitelead")
    assert client.post("/community/directory/hospital/", {"hospital": other, "listed": "1"}).status_code == 400
    assert (
        signed_in("abstractor").post("/community/directory/hospital/", {"hospital": own, "listed": "1"}).status_code
        == 403
    )
    given = {"hospital": other, "topics": "x", "contact": "y", "listed": "on"}
    assert client.post("/community/directory/me/", given).status_code == 400
    with pytest.raises(Error), as_person("sitelead"), transaction.atomic():
        DirectoryEntry.objects.create(
            person=person("abstractor2"), hospital_id=other, topics="x", contact="y", listed=True, at=NOW
        )


PATIENTS = (
    "Born 3/4/1961, what now?",
    "She was born on a Friday.",
    "DOB unknown",
    "d.o.b. missing",
    "MRN 12",
    "Her record number is hard to read",
    "Patient 448812 came back",
    "Case A-448812",
    "Seen on 2026-03-04",
    "Operated 4 March 2026",
    "Operated March 4th, 2026",
    "Call 734 555 0199",
    "Write to a@b.example",
)


@pytest.mark.parametrize("words", PATIENTS)
def test_words_with_a_patient_in_them_are_refused_at_the_door(shared_world, words):
    (pk,) = ids("H04")
    with pytest.raises(Refusal), as_person("sitelead"), transaction.atomic():
        community.ask(hospital_id=pk, about="Care", words=words, by=person("sitelead"), at=NOW)
    with pytest.raises(Refusal), as_person("sitelead"), transaction.atomic():
        community.ask(hospital_id=pk, about=words, words="How?", by=person("sitelead"), at=NOW)


@pytest.mark.parametrize(
    "words",
    [
        "Within 30 days, 12.5 % of 1200",
        "Do you give 2 g of cefazolin?",
        "In May we began",
        "ASA 3, BMI 41.25",
        "The 3rd dose at 8",
    ],
)
def test_plain_questions_pass(words):
    refuse_patients(words)


def asked(words="How do you do it?", *, about="Closing", name="sitelead2", code="H07"):
    (pk,) = ids(code)
    with as_person(name), transaction.atomic():
        return community.ask(hospital_id=pk, about=about, words=words, by=person(name), at=NOW)


def moderated(row, *, publish=True, by="staff", kind="question"):
    with as_person(by), transaction.atomic():
        community.moderate(
            kind=kind, row_id=row.pk, publish=publish, reason="" if publish else "A name.", by=person(by), at=NOW
        )


def readable(name):
    with as_person(name), transaction.atomic():
        return {one.words for one in selectors.questions()}


def test_nobody_reads_a_question_before_the_centre_did_and_nobody_reads_who_asked(world):
    row = asked()
    assert row.words not in readable("abstractor") | readable("abstractor2") | readable("sitelead2")
    with as_person("abstractor2"), transaction.atomic():
        assert not PeerQuestion.objects.filter(pk=row.pk).exists()
    assert signed_in("abstractor").get(f"/community/questions/{row.code}/").status_code == 404
    assert row.words in signed_in("staff").get("/community/").content.decode()
    assert row.words in signed_in("sitelead2").get("/community/").content.decode()
    moderated(row)
    body = signed_in("abstractor").get(f"/community/questions/{row.code}/").content.decode()
    with machine():
        asker, place = person("sitelead2").name, Hospital.objects.get(code="H07").name
    assert row.words in body
    assert asker not in body
    assert place not in body
    moderated(row, publish=False)
    assert row.words not in readable("abstractor")
    assert "A name." in signed_in("sitelead2").get("/community/").content.decode()


def test_a_member_cannot_publish_past_the_application(world):
    row = asked()
    with pytest.raises(Error, match="somebody else of the centre"), as_person("sitelead2"), transaction.atomic():
        PeerQuestion.objects.filter(pk=row.pk).update(
            state="PUBLISHED", moderated_by=person("sitelead2"), moderated_at=NOW
        )
    with pytest.raises(Error, match="reads it first"), as_person("sitelead2"), transaction.atomic():
        PeerQuestion.objects.create(
            code="SELF",
            person=person("sitelead2"),
            words="x",
            state="PUBLISHED",
            at=NOW,
            moderated_by=person("sitelead2"),
        )
    assert (
        signed_in("sitelead2")
        .post("/community/moderate/", {"kind": "question", "row": row.pk, "publish": "1"})
        .status_code
        == 403
    )


def test_a_question_that_names_a_hospital_is_not_published(world):
    with machine():
        name = Hospital.objects.get(code="H01").name
    row = asked(f"How does {name} do it?")
    with pytest.raises(Refusal, match="name the hospital"):
        moderated(row)
    with pytest.raises(Refusal):
        asked("At H07 we wonder")
    titled = asked(about=f"The pathway of {name}")
    with pytest.raises(Refusal, match="name the hospital"):
        moderated(titled)


def test_an_answer_is_moderated_like_its_question(world):
    row = asked()
    moderated(row)
    (pk,) = ids("H04")
    with as_person("abstractor"), transaction.atomic():
        said = community.answer(code=row.code, hospital_id=pk, words="With a card.", by=person("abstractor"), at=NOW)
    address = f"/community/questions/{row.code}/"
    assert "With a card." not in signed_in("surgeon").get(address).content.decode()
    moderated(said, kind="answer")
    assert "With a card." in signed_in("surgeon").get(address).content.decode()
    with pytest.raises(NotFound), as_person("abstractor"), transaction.atomic():
        community.answer(code=asked().code, hospital_id=pk, words="Early", by=person("abstractor"), at=NOW)


def test_a_mentor_is_asked_by_name_and_the_centre_and_others_read_none_of_it(world):
    (first, second) = ids("H04", "H07")
    code = invite("H04")[first]
    accept(code, first)
    with as_person("sitelead2"), transaction.atomic():
        row = community.ask_mentor(
            hospital_id=second,
            exemplar_code=code,
            words="May we watch?",
            contact="Mornings",
            by=person("sitelead2"),
            at=NOW,
        )
    body = signed_in("sitelead").get("/community/mentors/").content.decode()
    with machine():
        asker = Hospital.objects.get(pk=second).name
    assert asker in body
    assert "May we watch?" in body
    for name in ("staff", "abstractor-h01"):
        assert "May we watch?" not in signed_in(name).get("/community/mentors/").content.decode()
    with as_person("staff"), transaction.atomic():
        assert not MentorRequest.objects.exists()
    answer = {"request": row.code, "hospital": first, "agreed": "1", "words": "Come on a Tuesday"}
    assert signed_in("sitelead").post("/community/mentors/reply/", answer).status_code == 302
    assert "Come on a Tuesday" in signed_in("sitelead2").get("/community/mentors/").content.decode()
    forged = answer | {"hospital": second, "words": "Forged"}
    assert signed_in("sitelead2").post("/community/mentors/reply/", forged).status_code == 400
    with as_person("sitelead2"), transaction.atomic():
        MentorReply.objects.create(
            request_code=row.code, hospital_id=second, agreed=False, words="Forged", at=NOW, by=person("sitelead2")
        )
        assert selectors.replies()[row.code] == (True, "Come on a Tuesday")
    accept(code, first, state="WITHDRAWN", audience="", until=None)
    with pytest.raises(NotFound), as_person("sitelead2"), transaction.atomic():
        community.ask_mentor(
            hospital_id=second, exemplar_code=code, words="Again?", contact="x", by=person("sitelead2"), at=NOW
        )


def ballot(*, quorum=2, closes=timedelta(days=2), at=NOW):
    with machine():
        return committee.put(
            kind="MEASURE",
            question="Take it up?",
            options=["Yes", "No"],
            quorum=quorum,
            closes_at=at + closes,
            by=person("staff"),
            at=at,
        )


def cast(row, name, choice, *, at=NOW):
    with as_person(name), transaction.atomic():
        committee.vote(ballot=row, choice=choice, by=person(name), at=at)


def test_a_vote_is_cast_once_by_a_seat_in_time(world):
    row = ballot()
    cast(row, "sitelead", "Yes")
    with pytest.raises(Refusal, match="You have voted"):
        cast(row, "sitelead", "No")
    with pytest.raises(NotFound):
        cast(row, "abstractor", "Yes")
    with pytest.raises(Refusal, match="over"):
        cast(row, "surgeon", "Yes", at=NOW + timedelta(days=3))
    with pytest.raises(Refusal):
        cast(row, "surgeon", "Perhaps")
    with pytest.raises(Error, match="member of the committee"), as_person("abstractor"), transaction.atomic():
        Vote.objects.create(ballot=row, person=person("abstractor"), choice="Yes", at=NOW)
    with pytest.raises(Error), as_person("surgeon"), transaction.atomic():
        Vote.objects.create(ballot=row, person=person("sitelead2"), choice="Yes", at=NOW)
    with as_person("surgeon"), transaction.atomic():
        assert not Vote.objects.filter(ballot=row).exists()
    with machine(), pytest.raises(Error, match="not counted"), transaction.atomic():
        committee.close(ballot=row, by=person("staff"), at=NOW + timedelta(days=3))
    with pytest.raises(Refusal, match="still runs"), machine():
        committee.close(ballot=row, by=person("staff"), at=NOW)
    with pytest.raises(Error, match="when it is over"), machine():
        BallotResult.objects.create(
            ballot=row, counts={}, seats=1, quorate=True, decision="Yes", digest="x", at=NOW, by=person("staff")
        )


@pytest.mark.parametrize(
    ("votes", "quorum", "quorate", "decision"),
    [
        ({"sitelead": "Yes", "surgeon": "Yes", "analyst": "No"}, 3, True, "Yes"),
        ({"sitelead": "Yes", "surgeon": "No"}, 2, True, ""),
        ({"sitelead": "Yes"}, 2, False, ""),
        ({"sitelead": "Yes", "surgeon": "ABSTAIN"}, 2, True, "Yes"),
        ({}, 1, False, ""),
    ],
)
def test_a_decision_takes_the_quorum_and_more_than_half(world, votes, quorum, quorate, decision):
    row = ballot(quorum=quorum)
    for name, choice in votes.items():
        cast(row, name, choice)
    with away(timedelta(days=3)), machine():
        made = committee.close(ballot=row, by=person("staff"), at=NOW + timedelta(days=3))
        with pytest.raises(Refusal):
            committee.close(ballot=row, by=person("staff"), at=NOW + timedelta(days=3))
    assert (made.quorate, made.decision, sum(made.counts.values()), made.seats) == (quorate, decision, len(votes), 4)


COUNTED = "SELECT count(*) FROM interventions_vote WHERE ballot_id = %s"
PEEKS = (
    COUNTED,
    "SELECT count(*) FROM interventions_vote v JOIN interventions_ballot b ON b.id = v.ballot_id WHERE b.id = %s AND v.choice = 'Yes'",
    "WITH later AS (SELECT set_config('cairn.now', '2999-01-01', true)) SELECT count(v.id) FROM later, interventions_vote v WHERE v.ballot_id = %s",
)


def test_nobody_reads_how_others_vote_before_the_end(world):
    """As the web's role with SQL of one's own: neither the centre, nor a machine, nor another seat; the own vote alone."""
    row = ballot()
    cast(row, "sitelead", "Yes")
    cast(row, "surgeon", "No")
    for name in ("staff", "lead", "analyst", "sitelead2"):
        for peek in PEEKS:
            with as_person(name), transaction.atomic():
                assert ask(peek, row.pk)[0][0] == 0, (name, peek)
    for peek in PEEKS:
        with machine():
            assert ask(peek, row.pk)[0][0] == 0
    with as_person("sitelead"), transaction.atomic():
        assert ask(COUNTED, row.pk)[0][0] == 1
    with away(timedelta(days=3)):
        with as_person("staff"), transaction.atomic():
            assert ask(COUNTED, row.pk)[0][0] == 2
        with as_person("sitelead2"), transaction.atomic():
            assert ask(COUNTED, row.pk)[0][0] == 0
        with pytest.raises(Error, match="not cast now"), as_person("sitelead2"), transaction.atomic():
            Vote.objects.create(ballot=row, person=person("sitelead2"), choice="No", at=NOW - timedelta(days=2))


def test_who_sits_on_the_committee_is_named_to_the_centre_alone(shared_world):
    name = person("sitelead2").name
    assert name in signed_in("lead").get("/community/committee/").content.decode()
    for who in ("sitelead", "abstractor", "surgeon"):
        assert name not in signed_in(who).get("/community/committee/").content.decode()


def test_a_seat_that_ended_votes_no_more(world):
    row = ballot()
    with machine():
        seat = next(one for one in seats.seats(on=TODAY) if one.person_id == person("surgeon").pk)
        committee.unseat(seat_id=seat.pk, on=TODAY, by=person("lead"), at=NOW)
    with pytest.raises(NotFound):
        cast(row, "surgeon", "Yes")
    assert signed_in("staff").post("/community/committee/seat/", {"end": seat.pk}).status_code == 403


def test_what_members_write_is_inert(world):
    (pk,) = ids("H04")
    lets("H04", True)
    with as_person("sitelead"), transaction.atomic():
        community.list_person(hospital_id=pk, topics=LIVE, contact=FORMULA, listed=True, by=person("sitelead"), at=NOW)
    row = asked(LIVE)
    moderated(row)
    with as_person("abstractor"), transaction.atomic():
        said = community.answer(code=row.code, hospital_id=pk, words=LIVE, by=person("abstractor"), at=NOW)
    moderated(said, kind="answer")
    code = invite("H04")[pk]
    accept(code, pk)
    (other,) = ids("H07")
    with as_person("sitelead2"), transaction.atomic():
        community.ask_mentor(
            hospital_id=other, exemplar_code=code, words=LIVE, contact=LIVE, by=person("sitelead2"), at=NOW
        )
    with machine():
        committee.put(
            kind="POLL",
            question=LIVE,
            options=[LIVE, "No"],
            quorum=1,
            closes_at=NOW + timedelta(days=1),
            by=person("staff"),
            at=NOW,
        )
    client = signed_in("sitelead")
    pages = (
        "/community/",
        f"/community/questions/{row.code}/",
        "/community/directory/",
        "/community/mentors/",
        "/community/committee/",
        "/notices/",
    )
    for path in pages:
        body = client.get(path).content.decode()
        assert "<img src=x" not in body, path
        assert "&lt;img src=x" in body, path
    with machine():
        assert Ballot.objects.filter(question=LIVE).exists()
