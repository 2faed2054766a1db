"""Recognition: declare a rule before it counts; a hospital decides whether what it earned is shown. Never an order of hospitals."""

from datetime import date, datetime, timedelta

from feedback.models import MeasureVersion
from interventions.models import Recognition, RecognitionRule
from registry.models import Registry
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

Kind, State = RecognitionRule.Kind, Recognition.State
NEEDS_MEASURE = (Kind.MOST_IMPROVED, Kind.TOGETHER)
NEEDS_THRESHOLD = (Kind.ABSTRACTORS, Kind.TOGETHER)
LONGEST = timedelta(days=2 * 366)


def declare(
    *,
    registry: Registry,
    kind: str,
    title: str,
    measure_code: str,
    threshold: float | None,
    counts_from: date,
    by: Person,
    at: datetime,
) -> RecognitionRule:
    """Declare a rule that counts from a day after today on; it never changes, and nobody knows yet who will earn it."""
    if counts_from <= at.date():
        raise Refusal("A rule counts from a day after today: what is declared beforehand can be believed afterwards.")
    if kind in NEEDS_MEASURE and not MeasureVersion.objects.filter(registry=registry, code=measure_code).exists():
        raise Refusal("Name a measure of the registry.")
    if kind in NEEDS_THRESHOLD and not (threshold is not None and 0 < threshold < 1):
        raise Refusal("Name a threshold between 0 and 1.")
    made = RecognitionRule.objects.create(
        code=random_code(), registry=registry, kind=kind, title=title, measure_code=measure_code if kind in NEEDS_MEASURE else "",
        threshold=threshold if kind in NEEDS_THRESHOLD else None, counts_from=counts_from, declared_at=at, declared_by=by,
    )  # fmt: skip
    audit.record(
        action="declare recognition", at=at, by=by, kind="recognition rule", object_id=made.code,
        detail={"kind": kind, "measure": made.measure_code, "threshold": made.threshold, "counts_from": counts_from.isoformat()},
    )  # fmt: skip
    return made


def answer(
    *, code: str, hospital_ids: tuple[int, ...], state: str, shown_until: date | None, by: Person, at: datetime
) -> Recognition:
    """Show what the hospital earned to the hospitals of the registry until a day, or keep it; either way taken back at once."""
    row = Recognition.objects.select_for_update(of=("self",)).filter(code=code, hospital_id__in=hospital_ids).first()
    if row is None:
        raise NotFound
    shown = state == State.SHOWN
    if shown and not (shown_until and at.date() < shown_until <= at.date() + LONGEST):
        raise Refusal("Say until which day it is shown, at most two years from today.")
    row.state, row.shown_until, row.answered_at, row.answered_by = state, shown_until if shown else None, at, by
    row.save(update_fields=["state", "shown_until", "answered_at", "answered_by"])
    audit.record(
        action="answer recognition",
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="recognition",
        object_id=row.code,
        detail={"state": state},
    )
    return row
