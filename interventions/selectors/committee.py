"""Read the steering committee: seats, questions, who has voted already, results."""

from datetime import date, datetime

from django.db.models import Q

from interventions.models import Ballot, BallotResult, CommitteeSeat, Vote
from sites.refusals import NotFound


def _sitting(on: date) -> Q:
    return Q(starts_on__lte=on) & (Q(ends_on__isnull=True) | Q(ends_on__gt=on))


def seats(*, on: date) -> list[CommitteeSeat]:
    """Return who sits on the committee on a day, by name."""
    return list(CommitteeSeat.objects.filter(_sitting(on)).select_related("person").order_by("person__name", "pk"))


def n_seats(*, on: date) -> int:
    """Return how many sit on it."""
    return CommitteeSeat.objects.filter(_sitting(on)).count()


def sits(*, person_id: int, on: date) -> bool:
    """Tell whether somebody sits on it."""
    return CommitteeSeat.objects.filter(_sitting(on), person=person_id).exists()


def ballots() -> list[Ballot]:
    """Return the questions, newest first."""
    return list(Ballot.objects.select_related("made_by").order_by("-opens_at", "-pk")[:100])


def ballot(*, code: str) -> Ballot:
    """Return one question."""
    row = Ballot.objects.filter(code=code).select_related("made_by").first()
    if row is None:
        raise NotFound
    return row


def results() -> dict[int, BallotResult]:
    """Return the results by question."""
    return {row.ballot_id: row for row in BallotResult.objects.select_related("by")}


def own_votes(*, person_id: int) -> dict[int, str]:
    """Return somebody's own votes by question."""
    return dict(Vote.objects.filter(person=person_id).values_list("ballot_id", "choice"))


def waiting_for(*, person_id: int, at: datetime) -> list[Ballot]:
    """Return the running questions on which somebody who sits on the committee has not voted."""
    if not sits(person_id=person_id, on=at.date()):
        return []
    done = own_votes(person_id=person_id)
    rows = Ballot.objects.filter(opens_at__lte=at, closes_at__gt=at).order_by("closes_at")
    return [row for row in rows if row.pk not in done]
