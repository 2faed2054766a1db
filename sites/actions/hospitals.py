"""Enrol hospitals."""

from datetime import date, datetime

from sites import audit
from sites.models import Hospital, Person


def enrol(*, code: str, name: str, joined_on: date, time_zone: str, by: Person | str, at: datetime) -> Hospital:
    """Enrol a hospital into the collaborative."""
    hospital = Hospital.objects.create(code=code, name=name, joined_on=joined_on, time_zone=time_zone)
    audit.record(action="enrol hospital", at=at, by=by, hospital_id=hospital.pk, kind="hospital", object_id=code)
    return hospital


def train_first(*, hospital: Hospital, by: Person | str, at: datetime) -> None:
    """From now on whoever becomes an abstractor at the hospital starts as a trainee."""
    if hospital.trains_first:
        return
    hospital.trains_first = True
    hospital.save(update_fields=["trains_first"])
    audit.record(action="train first", at=at, by=by, hospital_id=hospital.pk, kind="hospital", object_id=hospital.code)
