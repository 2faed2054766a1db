"""What filling the example is made of: who there is so far, acting as somebody, running the jobs that wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from celery import current_app
from django.db import transaction
from django.utils import timezone

from sites import outbox
from sites.access import policy
from sites.access.scope import bound
from sites.models import Hospital, Job, Person

FILLER = "example collaborative"
HEARD: ContextVar[list[Job] | None] = ContextVar("heard", default=None)


@dataclass
class World:
    """What the fill has made so far, by code or address."""

    hospitals: dict[str, Hospital] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    importers: dict[str, Person] = field(default_factory=dict)


@contextmanager
def machine() -> Iterator[None]:
    """Act as the named machine that sets the example up."""
    with transaction.atomic():
        actor = policy.system(name=FILLER)
    with bound(actor.scope()), transaction.atomic():
        yield


@contextmanager
def acting(person: Person) -> Iterator[Person]:
    """Act as a person, with exactly the rights that person has."""
    held = policy.authority(person, on=timezone.now().date())
    with bound(held.scope()), transaction.atomic():
        yield person


@contextmanager
def own_jobs() -> Iterator[None]:
    """Hear of the jobs that this process queues, so that `run_jobs` runs those and no other process's."""
    heard: list[Job] = []
    bell, kept = outbox.bell.set(heard.append), HEARD.set(heard)
    try:
        yield
    finally:
        outbox.bell.reset(bell)
        HEARD.reset(kept)


def run_jobs() -> None:
    """Run every job that waits, in order, as the worker would: this process's own within `own_jobs`, otherwise all."""
    current_app.loader.import_default_modules()
    while job := _next():
        outbox.run_once(job.pk, work=current_app.tasks[job.task].work)
        job.refresh_from_db()
        if job.status != Job.Status.DONE:
            raise RuntimeError(f"The job {job.task} ended as {job.status}: {job.error}")


def _next() -> Job | None:
    heard = HEARD.get()
    if heard is None:
        return Job.objects.filter(status=Job.Status.QUEUED).order_by("pk").first()
    return heard.pop(0) if heard else None
