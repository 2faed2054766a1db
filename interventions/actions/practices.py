"""Practices: written after a visit or a call, or by the exemplar itself; shared by the hospital alone, and taken back by it."""

from datetime import date, datetime

from interventions.actions.exemplars import LONGEST
from interventions.actions.wording import refuse_name, refuse_persons
from interventions.models import Exemplar, Material, Practice, PracticeStep, Toolkit, ToolkitPractice
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

TAKES_PART = (Exemplar.State.ACCEPTED, Exemplar.State.UNNAMED)
Audience, Origin = Practice.Audience, Practice.Origin


def write(
    *, exemplar: Exemplar, origin: str, title: str, who: str, what: str, when: str, with_what: str, material: str, by: Person, at: datetime
) -> Practice:  # fmt: skip
    """Keep what an exemplar does. The hospital and the centre read it; others when the hospital shares it."""
    if exemplar.state not in TAKES_PART:
        raise Refusal("The hospital has not agreed to say what it does; nothing is written down before it has.")
    refuse_persons(title, who, what, when, with_what, material)
    made = Practice.objects.create(
        code=random_code(), exemplar=exemplar, hospital_id=exemplar.hospital_id, origin=origin, title=title, who=who, what=what, when=when,
        with_what=with_what, material=material, written_at=at, written_by=by,
    )  # fmt: skip
    _step(made, by=by, at=at, action="write practice")
    return made


def share(
    *, code: str, hospital_ids: tuple[int, ...], audience: str, expires_on: date | None, contact: str, by: Person, at: datetime
) -> Practice:  # fmt: skip
    """Say who may read a practice from now on. Only its hospital does; the words must not name it."""
    row = (
        Practice.objects.select_for_update(of=("self",))
        .filter(code=code, hospital_id__in=hospital_ids)
        .select_related("hospital")
        .first()
    )
    if row is None:
        raise NotFound
    wide = audience == Audience.COLLABORATIVE
    if wide and (expires_on is None or not at.date() < expires_on <= at.date() + LONGEST):
        raise Refusal("Say until which day others may read it: a day in the future, at most two years from now.")
    if wide:
        files = Material.objects.filter(practice=row, withdrawn_at__isnull=True).values_list("title", "file_name")
        named = [words for names in files for words in names]
        refuse_name(row.hospital, row.title, row.who, row.what, row.when, row.with_what, row.material, *named)
    row.audience, row.expires_on, row.contact = audience, expires_on if wide else None, contact if wide else ""
    row.save(update_fields=["audience", "expires_on", "contact"])
    _step(row, by=by, at=at, action="share practice" if wide else "stop sharing practice")
    return row


def attach(*, toolkit: Toolkit, practice_id: int, by: Person, at: datetime) -> None:
    """Say that a toolkit was made from a practice. Its words are read by the practice's own consent."""
    _, new = ToolkitPractice.objects.get_or_create(
        toolkit=toolkit, practice_id=practice_id, defaults={"at": at, "by": by}
    )
    if not new:
        raise Refusal("This practice belongs to the toolkit already.")
    audit.record(action="attach practice", at=at, by=by, kind="toolkit", object_id=toolkit.code)


def _step(row: Practice, *, by: Person, at: datetime, action: str) -> None:
    PracticeStep.objects.create(
        practice=row, hospital_id=row.hospital_id, audience=row.audience, expires_on=row.expires_on, at=at, by=by
    )
    audit.record(
        action=action, at=at, by=by, hospital_id=row.hospital_id, kind="practice", object_id=row.code,
        detail={"origin": row.origin, "audience": row.audience},
    )  # fmt: skip
