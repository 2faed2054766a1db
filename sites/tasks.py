"""The jobs of the house itself: the sweeper, the heartbeat and the sealer of the trail."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from sites import outbox
from sites.access import policy
from sites.access.scope import bound
from sites.actions import heartbeats, sealing


@shared_task(name="sites.sweep")
def sweep() -> int:
    """Ring again for jobs that nobody finished."""
    return outbox.sweep(at=timezone.now())


@shared_task(name="sites.heartbeat")
def heartbeat() -> None:
    """Show that scheduler, broker and worker all work."""
    heartbeats.beat(process="worker", at=timezone.now())


@shared_task(name="sites.seal", ignore_result=True)
def seal() -> int:
    """Chain the events committed since the last time; publish the head of the chain on the first run of a day."""
    now = timezone.now()
    with transaction.atomic():
        actor = policy.system(name="sealer")
    with bound(actor.scope()), transaction.atomic():
        return sealing.run(on=now.date(), at=now)
