"""Read the chain over the trail: verify all of it, and list the published heads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sites import chain
from sites.models import AuditEvent, AuditHead, AuditLink

CHUNK = 5000
GRACE = timedelta(minutes=2)
MOST_FAULTS = 50


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What verifying found: how many links hold, the head, and every fault in words."""

    links: int
    head: str
    faults: tuple[str, ...]


def heads(*, most: int = 60) -> list[AuditHead]:
    """Return the newest published heads."""
    return list(AuditHead.objects.order_by("-day")[:most])


def verify(*, at: datetime, noted: dict[int, str] | None = None) -> Verdict:
    """Compute the whole chain anew from the events as they stand now.

    ``noted`` are heads (position to digest in hex) that somebody wrote down elsewhere: the only thing that shows a chain
    that was written anew from its beginning.
    """
    faults: list[str] = []
    digests = {head.position: head.digest for head in AuditHead.objects.all()}
    asked = [*((p, d, "published") for p, d in digests.items()), *((p, d, "noted") for p, d in (noted or {}).items())]
    wanted = {position for position, _, _ in asked}
    found: dict[int, str] = {}
    digest, count = chain.FIRST, 0
    for row, event in _links():
        count += 1
        if row.position != count:
            faults.append(f"Link {count} is missing: the chain goes on at {row.position}.")
            count = row.position
        if event is None:
            faults.append(f"Event {row.event_id} (link {row.position}) is gone.")
        elif chain.link(previous=digest, event=event) != bytes(row.digest):
            faults.append(f"Event {row.event_id} (link {row.position}) is not what was sealed.")
        digest = bytes(row.digest)
        if row.position in wanted:
            found[row.position] = digest.hex()
        if len(faults) >= MOST_FAULTS:
            faults.append("Further faults are not listed.")
            break
    for position, expected, kind in asked:
        if found.get(position) != expected and len(faults) < MOST_FAULTS:
            faults.append(f"The {kind} head at link {position} is not in the chain.")
    late = _late(at)
    if late:
        faults.append(f"{late} events older than two minutes are not sealed; is the worker running?")
    return Verdict(links=count, head=digest.hex(), faults=tuple(faults))


def _links() -> Iterator[tuple[AuditLink, dict | None]]:
    """Walk the chain in order with the event of each link, a chunk at a time."""
    position = 0
    while rows := list(AuditLink.objects.filter(position__gt=position).order_by("position")[:CHUNK]):
        events = AuditEvent.objects.filter(pk__in=[row.event_id for row in rows]).values(*chain.FIELDS)
        by_id = {event["id"]: event for event in events}
        for row in rows:
            yield row, by_id.get(row.event_id)
        position = rows[-1].position


def _late(at: datetime) -> int:
    sealed = AuditLink.objects.values("event_id")
    return AuditEvent.objects.filter(at__lt=at - GRACE).exclude(pk__in=sealed).count()
