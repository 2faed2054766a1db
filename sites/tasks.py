"""The jobs of the house itself: the sweeper and the heartbeat."""

from celery import shared_task
from django.utils import timezone

from sites import outbox
from sites.actions import heartbeats


@shared_task(name="sites.sweep")
def sweep() -> int:
    """Ring again for jobs that nobody finished."""
    return outbox.sweep(at=timezone.now())


@shared_task(name="sites.heartbeat")
def heartbeat() -> None:
    """Show that scheduler, broker and worker all work."""
    heartbeats.beat(process="worker", at=timezone.now())
