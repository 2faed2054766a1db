"""The job of notices: once an hour, send what is due."""

from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from sites import outbox
from sites.access import policy
from sites.access.scope import bound


@outbox.job("interventions.send_notices")
def send(run: outbox.Run) -> dict[str, Any]:
    """Send the digests and what is urgent."""
    from interventions.actions import notices  # numbers are loaded only when a job needs them

    return {"mails": notices.send_all(at=timezone.now())}


@shared_task(name="interventions.look_at_notices")
def look() -> None:
    """Queue the sending, once an hour."""
    now = timezone.now()
    with transaction.atomic():
        actor = policy.system(name="notices")
    with bound(actor.scope()), transaction.atomic():
        outbox.after_commit("interventions.send_notices", at=now, key=f"notices {now:%Y-%m-%d %H}")
