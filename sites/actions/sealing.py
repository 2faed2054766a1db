"""Seal the trail: chain what was committed, and publish the head of the chain once a day."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection

from sites import chain
from sites.models import AuditEvent, AuditHead, AuditLink

MOST = 5000
# Events get their numbers before they commit: one whose transaction took long appears behind the newest sealed one.
# The usual run looks back this far; the first run of a day looks at all.
LOOK_BACK = 20_000
LOCK = 0x0C_A1_5E_A1


def seal(*, at: datetime, thorough: bool = False) -> int:
    """Chain up to 5,000 committed events that have no link yet; return how many. One sealer at a time.

    A thorough run looks at the whole trail for events that committed long after others with a higher number.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = AuditLink.objects.order_by("-position").first()
    position, digest = (last.position, bytes(last.digest)) if last else (0, chain.FIRST)
    made = []
    for event in _unsealed(thorough=thorough or last is None):
        position += 1
        digest = chain.link(previous=digest, event=event)
        made.append(AuditLink(position=position, event_id=event["id"], digest=digest, sealed_at=at))
    AuditLink.objects.bulk_create(made)
    return len(made)


def publish_head(*, on: date, at: datetime) -> AuditHead | None:
    """Publish the head of the chain for a day; return None when nothing is sealed yet."""
    last = AuditLink.objects.order_by("-position").first()
    if last is None:
        return None
    made = AuditHead(day=on, position=last.position, digest=bytes(last.digest).hex(), published_at=at)
    made.save(force_insert=True)
    return made


def run(*, on: date, at: datetime) -> int:
    """Seal what is new; on the first run of a day look at all of it and publish the head."""
    first = not AuditHead.objects.filter(day=on).exists()
    sealed = seal(at=at, thorough=first)
    if first:
        publish_head(on=on, at=at)
    return sealed


def _unsealed(*, thorough: bool) -> Iterator[dict[str, Any]]:
    newest = 0 if thorough else AuditLink.objects.order_by("-event_id").values_list("event_id", flat=True).first() or 0
    floor = newest - LOOK_BACK if newest else 0
    links = AuditLink.objects.filter(event_id__gt=floor).values("event_id")
    rows = AuditEvent.objects.filter(pk__gt=floor).exclude(pk__in=links)
    yield from rows.order_by("id").values(*chain.FIELDS)[:MOST]
