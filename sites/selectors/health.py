"""Read whether the queue and the workers live."""

from datetime import datetime, timedelta

from sites.models import Heartbeat

FRESH = timedelta(seconds=45)


def worker_alive(*, at: datetime) -> bool:
    """Tell whether a worker ran a task within the last 45 seconds."""
    return Heartbeat.objects.filter(process="worker", at__gt=at - FRESH).exists()
