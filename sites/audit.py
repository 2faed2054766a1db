"""The trail: ``record`` writes one line in the transaction of the act itself; ``trail`` reads what one may."""

from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from sites.models import AuditEvent, Person

request_id: ContextVar[str] = ContextVar("request_id", default="")


def record(
    *,
    action: str,
    at: datetime,
    by: Person | str,
    hospital_id: int | None = None,
    kind: str = "",
    object_id: str = "",
    detail: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Append one event. ``by`` is a person, or the name of a machine."""
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                at=at,
                person=by if isinstance(by, Person) else None,
                actor=by.name if isinstance(by, Person) else by,
                action=action,
                hospital_id=hospital_id,
                object_kind=kind,
                object_id=object_id,
                detail=detail or {},
                reason=reason,
                request_id=request_id.get(),
            )
        ]
    )


def trail(*, hospital_ids: tuple[int, ...], person_id: int) -> QuerySet[AuditEvent]:
    """Return the events of these hospitals and of this person, newest first."""
    events = AuditEvent.objects.filter(hospital_id__in=hospital_ids) | AuditEvent.objects.filter(person_id=person_id)
    return events.select_related("hospital").order_by("-id")
