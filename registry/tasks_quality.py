"""The jobs of data quality: assess a registry, and look now and then which registry's data moved."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from registry.selectors import quality as selectors
from sites import outbox
from sites.access import policy
from sites.access.scope import bound


@outbox.job("registry.assess_quality")
def assess_quality(run: outbox.Run) -> dict:
    """Assess the recent periods of a registry."""
    from registry.actions import quality

    registry = selectors.registry_by_id(registry_id=run.arguments["registry"])

    def progress(done: int, of: int, words: str) -> None:
        run.progress(done=done, of=of, words=words)

    return {"reports": quality.assess(registry=registry, at=timezone.now(), progress=progress)}


@shared_task(name="registry.look_at_quality")
def look_at_quality() -> int:
    """Queue an assessment of each registry whose cases changed since the latest one, or that was not assessed today."""
    now = timezone.now()
    with transaction.atomic():
        actor = policy.system(name="quality")
    with bound(actor.scope()), transaction.atomic():
        due = selectors.due(at=now)
        if due:
            from registry.actions import quality
        for registry in due:
            quality.ask_for(registry=registry, by=None, at=now)
    return len(due)
