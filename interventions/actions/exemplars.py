"""Exemplars: invite a nominee, take its answer, take the consent back. Each step is dated, signed and on the hospital's trail."""

from datetime import date, datetime, timedelta

from feedback.models import MeasureVersion
from interventions.models import Candidate, Exemplar, ExemplarStep
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

State, Audience = Exemplar.State, Exemplar.Audience
# Which answers may follow which: what was declined or withdrawn may be thought over again by the hospital, never by the centre.
ANSWERS = {
    State.INVITED: (State.ACCEPTED, State.UNNAMED, State.DECLINED),
    State.ACCEPTED: (State.ACCEPTED, State.UNNAMED, State.WITHDRAWN),
    State.UNNAMED: (State.ACCEPTED, State.UNNAMED, State.WITHDRAWN),
    State.DECLINED: (State.ACCEPTED, State.UNNAMED),
    State.WITHDRAWN: (State.ACCEPTED, State.UNNAMED),
}
LONGEST = timedelta(days=2 * 366)


def invite(*, candidate: Candidate, by: Person | None, at: datetime) -> Exemplar:
    """Invite a hospital; from now on it and the centre read the invitation. Once for the same hospital and measure while it is open."""
    registry = candidate.search.comparison.registry
    known = Exemplar.objects.filter(registry=registry, hospital=candidate.hospital, measure_code=candidate.measure_code).first()
    if known is not None:
        return known
    version = MeasureVersion.objects.filter(registry=registry, code=candidate.measure_code).order_by("-number").first()
    made = Exemplar.objects.create(
        code=random_code(), candidate=candidate, registry=registry, hospital=candidate.hospital, measure_code=candidate.measure_code,
        measure_title=version.title, document=candidate.document | {"spans": candidate.search.document["spans"]}, invited_at=at, changed_at=at,
    )  # fmt: skip
    _step(made, by=by, at=at, action="invite hospital")
    return made


def answer(
    *, code: str, hospital_ids: tuple[int, ...], state: str, audience: str, expires_on: date | None, contact: str, practice: str,
    by: Person, at: datetime,
) -> Exemplar:  # fmt: skip
    """Take a hospital's answer. Named means: within an audience, until a day; every other answer ends any naming at once."""
    row = Exemplar.objects.select_for_update().filter(code=code, hospital_id__in=hospital_ids).first()
    if row is None:
        raise NotFound
    if state not in ANSWERS[State(row.state)]:
        raise Refusal("This answer cannot follow the one given before. Reload the page to see where the invitation stands.")
    named = state == State.ACCEPTED
    if named and (audience not in (Audience.CENTRE, Audience.COLLABORATIVE) or expires_on is None):
        raise Refusal("Say who may read the hospital’s name, and until which day.")
    if named and not at.date() < expires_on <= at.date() + LONGEST:
        raise Refusal("The consent ends on a day in the future, at most two years from now.")
    row.state, row.audience = state, audience if named else Audience.NOBODY
    row.expires_on, row.contact = expires_on if named else None, contact if named else ""
    row.practice = "" if state in (State.DECLINED, State.WITHDRAWN) else practice
    row.changed_at = at
    row.save(update_fields=["state", "audience", "expires_on", "contact", "practice", "changed_at"])
    _step(row, by=by, at=at, action="answer invitation")
    return row


def _step(row: Exemplar, *, by: Person | None, at: datetime, action: str) -> None:
    ExemplarStep.objects.create(
        exemplar=row, hospital_id=row.hospital_id, state=row.state, audience=row.audience, expires_on=row.expires_on, at=at, by=by
    )
    audit.record(
        action=action, at=at, by=by or "job", hospital_id=row.hospital_id, kind="exemplar", object_id=row.code,
        detail={"state": row.state, "audience": row.audience, "measure": row.measure_code},
    )  # fmt: skip
