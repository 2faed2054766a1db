"""Write down that a process works."""

from datetime import datetime

from sites.models import Heartbeat


def beat(*, process: str, at: datetime) -> None:
    """Note that a process worked at this moment."""
    Heartbeat.objects.update_or_create(process=process, defaults={"at": at})
