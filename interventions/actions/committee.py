"""The steering committee: give and end seats, put a question, vote once, close with a record that nobody changes."""

import hashlib
import json
from datetime import date, datetime, timedelta

from interventions.actions.wording import refuse_name, refuse_patients, refuse_persons
from interventions.models import Ballot, BallotResult, CommitteeSeat, Vote
from interventions.selectors import committee as selectors
from sites import audit
from sites.codes import random_code
from sites.models import Hospital, Person
from sites.refusals import NotFound, Refusal

ABSTAIN = "ABSTAIN"
LONGEST = timedelta(days=60)


def seat(*, person: Person, by: Person, at: datetime) -> None:
    """Give somebody a seat from today on."""
    if CommitteeSeat.objects.filter(person=person, ends_on__isnull=True).exists():
        raise Refusal("This person sits on the committee already.")
    CommitteeSeat.objects.create(person=person, starts_on=at.date(), given_at=at, given_by=by)
    audit.record(action="give a seat", at=at, by=by, kind="committee", object_id=str(person.pk))


def unseat(*, seat_id: int, on: date, by: Person, at: datetime) -> None:
    """End a seat today."""
    if not CommitteeSeat.objects.filter(pk=seat_id, ends_on__isnull=True).update(ends_on=on):
        raise NotFound
    audit.record(action="end a seat", at=at, by=by, kind="committee", object_id=str(seat_id))


def put(
    *, kind: str, question: str, options: list[str], quorum: int, closes_at: datetime, by: Person, at: datetime
) -> Ballot:
    """Put a question to the committee; from now on it never changes."""
    chosen = list(dict.fromkeys(option.strip() for option in options if option.strip()))
    if kind not in Ballot.Kind.values or not 2 <= len(chosen) <= 8 or ABSTAIN in chosen:
        raise Refusal("Give two to eight options.")
    if not at < closes_at <= at + LONGEST:
        raise Refusal("A vote ends within 60 days.")
    seats = selectors.n_seats(on=at.date())
    if not 1 <= quorum <= max(seats, 1):
        raise Refusal(f"The committee has {seats} seats: a quorum is at most that.")
    refuse_persons(question, *chosen)
    refuse_patients(question, *chosen)
    for hospital in Hospital.objects.all():
        refuse_name(hospital, question, *chosen)
    made = Ballot.objects.create(
        code=random_code(),
        kind=kind,
        question=question,
        options=chosen,
        quorum=quorum,
        opens_at=at,
        closes_at=closes_at,
        made_at=at,
        made_by=by,
    )
    audit.record(action="put a question", at=at, by=by, kind="ballot", object_id=made.code)
    return made


def vote(*, ballot: Ballot, choice: str, by: Person, at: datetime) -> None:
    """Vote, once: an option, or abstain (a conflict of interest is a reason to)."""
    if not selectors.sits(person_id=by.pk, on=at.date()):
        raise NotFound
    if not ballot.opens_at <= at < ballot.closes_at:
        raise Refusal("The vote is over.")
    if choice not in (*ballot.options, ABSTAIN):
        raise Refusal("Choose one of the options, or abstain.")
    if Vote.objects.filter(ballot=ballot, person=by).exists():
        raise Refusal("You have voted. A vote is not changed.")
    Vote.objects.create(ballot=ballot, person=by, choice=choice, at=at)
    audit.record(action="vote", at=at, by=by, kind="ballot", object_id=ballot.code)


def close(*, ballot: Ballot, by: Person, at: datetime) -> BallotResult:
    """Count, once the time is over, and write the record. More than half of those who did not abstain decide, if the quorum was there."""
    if at < ballot.closes_at:
        raise Refusal("The vote still runs.")
    if BallotResult.objects.filter(ballot=ballot).exists():
        raise Refusal("This vote was counted.")
    votes = list(Vote.objects.filter(ballot=ballot).order_by("person_id").values_list("person_id", "choice"))
    counts = {option: sum(choice == option for _, choice in votes) for option in (*ballot.options, ABSTAIN)}
    cast, quorate = sum(counts[option] for option in ballot.options), len(votes) >= ballot.quorum
    first = max(ballot.options, key=counts.__getitem__)
    decision = first if quorate and 2 * counts[first] > cast else ""
    record = json.dumps(
        [ballot.code, ballot.question, ballot.options, ballot.quorum, votes], sort_keys=True, separators=(",", ":")
    )
    made = BallotResult.objects.create(
        ballot=ballot, counts=counts, seats=selectors.n_seats(on=ballot.closes_at.date()), quorate=quorate, decision=decision,
        digest=hashlib.sha256(record.encode()).hexdigest(), at=at, by=by,
    )  # fmt: skip
    audit.record(
        action="count a vote",
        at=at,
        by=by,
        kind="ballot",
        object_id=ballot.code,
        detail={"counts": counts, "digest": made.digest},
    )
    return made
