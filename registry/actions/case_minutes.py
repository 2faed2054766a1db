"""Add measured active seconds to a case: once for each message, however often it is sent."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from registry.dictionary.elements import DataDictionary
from registry.models import Case, CaseMinutes
from sites.models import Person

MOST_AT_ONCE = 3600


@transaction.atomic
def add(*, case: Case, dictionary: DataDictionary, seconds: Mapping[str, int], seq: str, by: Person, at: datetime) -> None:
    """Add the seconds spent in each element by one person; a message that was counted already adds nothing."""
    counted = {name: n for name, n in seconds.items() if n > 0 and dictionary.has_element(name)}
    if not counted or sum(counted.values()) > MOST_AT_ONCE:
        return
    CaseMinutes.objects.bulk_create(
        [CaseMinutes(case=case, hospital_id=case.hospital_id, by=by, changed_at=at)], ignore_conflicts=True
    )
    row = CaseMinutes.objects.select_for_update().get(case=case, by=by)
    if row.latest_seq == seq:
        return
    for name, n in counted.items():
        row.elements[name] = row.elements.get(name, 0) + n
    row.seconds += sum(counted.values())
    row.latest_seq, row.changed_at = seq, at
    row.save(update_fields=["elements", "seconds", "latest_seq", "changed_at"])
