"""A job whose effect can be counted, and the worker's entry that knows it; only for the drill."""

from django.utils import timezone

from config.celery import app
from sites import audit, outbox


@outbox.job("drill.count")
def count(run: outbox.Run) -> None:
    """Leave one line for one job."""
    audit.record(action="drill", at=timezone.now(), by="drill", kind="drill", object_id=str(run.arguments["n"]))


__all__ = ["app", "count"]
