"""The trail: ``record`` writes one line in the transaction of the act itself; ``trail`` reads what one may."""

import json
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from sites.models import AuditEvent, Person

INSERT = (
    "INSERT INTO sites_auditevent (at, person_id, actor, action, hospital_id, object_kind, object_id, detail, reason,"
    " request_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
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
    """Append one event. ``by`` is a person, or the name of a machine.

    Written as plain SQL: an INSERT that returns its id would need the right to read the trail.
    """
    person = by if isinstance(by, Person) else None
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                at,
                person.pk if person else None,
                person.name if person else by,
                action,
                hospital_id,
                kind,
                object_id,
                json.dumps(detail or {}),
                reason,
                request_id.get(),
            ],
        )


def trail(*, hospital_ids: tuple[int, ...], person_id: int, of_centre: bool) -> QuerySet[AuditEvent]:
    """Return the events of these hospitals, of this person, and for the centre those about no hospital; newest first."""
    reach = Q(hospital_id__in=hospital_ids) | Q(person_id=person_id)
    if of_centre:
        reach |= Q(hospital_id__isnull=True)
    return AuditEvent.objects.filter(reach).select_related("hospital").order_by("-id")
