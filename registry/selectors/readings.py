"""Read one's own second readings: the charts assigned to a reviewer, and nothing of any first reading."""

from dataclasses import dataclass

from registry.calendar import day_words
from registry.lifecycle import AuditState, SheetState
from registry.models import SecondReading
from registry.selectors import dictionaries
from sites.refusals import NotFound

HEAVY = tuple(f"version__{name}" for name in dictionaries.HEAVY)
TAKING = (AuditState.SAMPLED.value, AuditState.IN_REVIEW.value)


def own(*, code: str, person_id: int) -> SecondReading:
    """Return one's own reading."""
    rows = SecondReading.objects.select_related("audit__registry", "hospital", "version").defer(*HEAVY)
    found = rows.filter(code=code, reviewer_id=person_id).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, kw_only=True)
class ReadingLine:
    """One assigned chart: what finds it, and how far one's own reading is."""

    code: str
    key: str
    hospital: str
    occurred_on: str
    shape: str
    status: str
    n_answered: int
    is_open: bool


def assigned(*, person_id: int) -> list[ReadingLine]:
    """Return the charts that are assigned to somebody in audits that still take readings, open ones first."""
    rows = (
        SecondReading.objects.filter(reviewer_id=person_id, audit__status__in=TAKING)
        .select_related("hospital")
        .defer("answers")
        .order_by("-status", "audit_id", "place", "reader")
    )
    return [
        ReadingLine(
            code=row.code,
            key=row.key,
            hospital=row.hospital.name,
            occurred_on=day_words(row.occurred_on),
            shape="done" if row.status == SheetState.DONE.value else "current" if row.revision > 1 else "todo",
            status="read" if row.status == SheetState.DONE.value else "begun" if row.revision > 1 else "to read",
            n_answered=row.n_answered,
            is_open=row.status == SheetState.OPEN.value,
        )
        for row in rows[:500]
    ]


def n_open(*, person_id: int) -> int:
    """Count the charts that somebody has still to read."""
    return SecondReading.objects.filter(reviewer_id=person_id, status=SheetState.OPEN.value, audit__status__in=TAKING).count()
