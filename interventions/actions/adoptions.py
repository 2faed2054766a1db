"""Adoptions: registered before they start, with outcome and window; noted in own words; stopped with a reason."""

from datetime import date, datetime

from interventions.models import Adoption, AdoptionNote, Toolkit, ToolkitVersion
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

WINDOWS = (4, 8)


def adopt(
    *, toolkit: Toolkit, hospital_id: int, starts_on: date, window: int, adapted: str, by: Person, at: datetime
) -> Adoption:
    """Commit a hospital to a toolkit from a day in the future; outcome and window are declared now and never change."""
    if toolkit.state == Toolkit.State.RETIRED:
        raise Refusal("This toolkit is retired; choose another.")
    if starts_on <= at.date():
        raise Refusal("Choose a start after today: what is declared beforehand can be believed afterwards.")
    if starts_on < toolkit.offered_on:
        raise Refusal(f"This toolkit is on offer from {toolkit.offered_on:%-d %B %Y}.")
    if window not in WINDOWS:
        raise Refusal("The effect is looked at over four or eight quarters.")
    if Adoption.objects.filter(toolkit=toolkit, hospital_id=hospital_id, stopped_on__isnull=True).exists():
        raise Refusal("Your hospital has adopted this toolkit already.")
    version = ToolkitVersion.objects.filter(toolkit=toolkit).order_by("-number").first()
    made = Adoption.objects.create(
        code=random_code(), version=version, toolkit=toolkit, hospital_id=hospital_id, starts_on=starts_on, measure_code=toolkit.measure_code,
        window=window, adapted=adapted, registered_at=at, registered_by=by,
    )  # fmt: skip
    audit.record(
        action="adopt toolkit", at=at, by=by, hospital_id=hospital_id, kind="adoption", object_id=made.code,
        detail={"toolkit": toolkit.code, "starts_on": starts_on.isoformat(), "measure": toolkit.measure_code, "window": window},
    )  # fmt: skip
    return made


def _own(code: str, hospital_ids: tuple[int, ...]) -> Adoption:
    row = Adoption.objects.select_for_update(of=("self",)).filter(code=code, hospital_id__in=hospital_ids).select_related("toolkit").first()
    if row is None:
        raise NotFound
    return row


def note(*, code: str, hospital_ids: tuple[int, ...], plan: str, did: str, saw: str, following: str, by: Person, at: datetime) -> None:
    """Keep one turn of plan, do, study, act."""
    row = _own(code, hospital_ids)
    if not any(words.strip() for words in (plan, did, saw, following)):
        raise Refusal("Write at least one of the four.")
    AdoptionNote.objects.create(adoption=row, hospital_id=row.hospital_id, plan=plan, did=did, saw=saw, next=following, by=by, at=at)
    audit.record(action="note on adoption", at=at, by=by, hospital_id=row.hospital_id, kind="adoption", object_id=row.code)


def stop(*, code: str, hospital_ids: tuple[int, ...], reason: str, by: Person, at: datetime) -> None:
    """Stop, with the reason. The adoption still counts where it began: who gave up belongs to the answer."""
    row = _own(code, hospital_ids)
    if row.stopped_on is not None:
        raise Refusal("This was stopped already.")
    if not reason.strip():
        raise Refusal("Say why; others learn from it.")
    row.stopped_on, row.reason = at.date(), reason
    row.save(update_fields=["stopped_on", "reason"])
    audit.record(action="stop adoption", at=at, by=by, hospital_id=row.hospital_id, kind="adoption", object_id=row.code, reason=reason)
