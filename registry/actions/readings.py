"""A reviewer's blind second reading: save it as it is typed, finish it; the last one finished starts the comparison."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from registry.actions import sheets
from registry.actions.audits import locked as locked_audit
from registry.actions.audits import move, record
from registry.actions.case_merge import Change
from registry.actions.case_rows import Reason
from registry.actions.sheets import SheetSaved
from registry.auditing.reading import compared, kind_of, same, value
from registry.calendar import local_day
from registry.dictionary.elements import DataDictionary
from registry.lifecycle import AuditState, SheetState
from registry.models import Audit, AuditCase, ElementDisagreement, SecondReading
from registry.selectors import dictionaries
from sites import outbox
from sites.models import Person
from sites.refusals import NotFound, Refusal

RESPOND_WITHIN = timedelta(days=14)


@transaction.atomic
def save(
    *, reading_id: int, changes: Mapping[str, Change], reasons: Iterable[Reason], by: Person, at: datetime
) -> tuple[SecondReading, SheetSaved]:
    """Keep what the reviewer typed."""
    reading = _locked(reading_id, by)
    _refuse_over(reading.audit)
    today = local_day(at, zone=reading.hospital.time_zone)
    saved = sheets.save(sheet=reading, dictionary=_dictionary(reading), changes=changes, reasons=reasons, today=today, at=at)
    return reading, saved


@transaction.atomic
def finish(*, reading_id: int, by: Person, at: datetime) -> SecondReading:
    """Finish a second reading; it never changes again."""
    reading = _locked(reading_id, by)
    _refuse_over(reading.audit)
    today = local_day(at, zone=reading.hospital.time_zone)
    sheets.finish(sheet=reading, dictionary=_dictionary(reading), today=today, at=at)
    reading.save(update_fields=["status", "finished_at", "changed_at"])
    record("finish second reading", reading.audit, by=by, at=at, detail={"place": reading.place, "reader": reading.reader})
    outbox.after_commit("registry.follow_audit", at=at, by=by, audit=reading.audit_id)
    return reading


def _locked(reading_id: int, by: Person) -> SecondReading:
    rows = SecondReading.objects.select_for_update(of=("self",)).select_related("audit__registry", "hospital", "version")
    heavy = [f"version__{name}" for name in dictionaries.HEAVY]
    reading = rows.defer(*heavy).filter(pk=reading_id, reviewer=by).first()
    if reading is None:
        raise NotFound
    return reading


def _dictionary(reading: SecondReading) -> DataDictionary:
    return dictionaries.governed(reading.version, registry=reading.audit.registry)


def _refuse_over(audit: Audit) -> None:
    if audit.status not in (AuditState.SAMPLED.value, AuditState.IN_REVIEW.value):
        raise Refusal("This audit takes no more readings.")


@transaction.atomic
def follow(*, audit_id: int, at: datetime) -> Audit:
    """Move the audit on after a reading was finished: the last one brings the preliminary results. By the worker."""
    held = locked_audit(audit_id)
    if held.status not in (AuditState.SAMPLED.value, AuditState.IN_REVIEW.value):
        return held
    left = SecondReading.objects.filter(audit=held, status=SheetState.OPEN.value).count()
    if held.status == AuditState.SAMPLED.value:
        move(held, AuditState.IN_REVIEW, at=at)
    if left:
        return held
    n = _compare(held)
    held.respond_by = local_day(at, zone=held.hospital.time_zone) + RESPOND_WITHIN
    held.save(update_fields=["respond_by"])
    move(held, AuditState.PRELIMINARY, at=at)
    record("show preliminary results", held, by="audit", at=at, detail={"n_differing": n})
    return held


def _compare(held: Audit) -> int:
    readings: dict[int, dict[int, SecondReading]] = {}
    for reading in SecondReading.objects.filter(audit=held):
        readings.setdefault(reading.place, {})[reading.reader] = reading
    rows: list[ElementDisagreement] = []
    for item in AuditCase.objects.filter(audit=held).select_related("version").order_by("place"):
        rows += _differences(held, item, readings[item.place])
    ElementDisagreement.objects.bulk_create(rows)
    return len(rows)


def _differences(held: Audit, item: AuditCase, readings: Mapping[int, SecondReading]) -> list[ElementDisagreement]:
    dictionary, layout = dictionaries.load(item.version), dictionaries.layout(item.version)
    first = layout.unpack(item.answers)
    second = layout.unpack(readings[1].answers)
    other = layout.unpack(readings[2].answers) if 2 in readings else None
    rows = []
    for element in compared(dictionary):
        one, two = value(element, first), value(element, second)
        three = two if other is None else value(element, other)
        if not (one or two or three) or (same(element, one, two) and same(element, one, three)):
            continue
        kind = kind_of(dictionary, element, one, two) or kind_of(dictionary, element, one, three)
        rows.append(
            ElementDisagreement(
                audit=held,
                audit_case=item,
                hospital_id=held.hospital_id,
                element=element.name,
                abstractor_id=item.abstractor_id,
                first=one,
                second=two,
                other=None if same(element, two, three) else three,
                kind=kind.value,
            )
        )
    return rows
