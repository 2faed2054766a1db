"""The hash chain over the trail: what one link is made of. Pure; who seals and who verifies stands elsewhere."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

# What of an event goes into its link, in this order; a new column of the trail needs a new chain.
FIELDS = (
    "id",
    "at",
    "person_id",
    "actor",
    "action",
    "hospital_id",
    "object_kind",
    "object_id",
    "detail",
    "reason",
    "request_id",
)
FIRST = bytes(32)


def canonical(event: dict[str, Any]) -> bytes:
    """Write an event in the one way in which it is hashed.

    Parameters
    ----------
    event
        The values of ``FIELDS``; ``at`` with a time zone, ``detail`` as parsed JSON.

    Returns
    -------
    UTF-8 JSON: keys sorted, no spaces, times in UTC to the microsecond.
    """
    values = {name: event[name] for name in FIELDS}
    at: datetime = values["at"]
    values["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def link(*, previous: bytes, event: dict[str, Any]) -> bytes:
    """Return the 32 bytes that bind an event to everything sealed before it: SHA-256 of the earlier link and the event."""
    return hashlib.sha256(previous + canonical(event)).digest()
