"""The queue of record: ``after_commit`` is the only way an action starts work; ``job`` runs it exactly once.

A job is a row written in the transaction that wants it. Celery is only a doorbell: a sweeper rings again for rows
nobody finished. Running takes a short lease, renewed by a pulse while the process lives, and a fence number; the
effects and the finish commit together, and only under the fence that was taken, so that a worker that was thought
dead cannot finish twice. What killed its worker five times is given up.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

from celery import current_app, shared_task
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from sites.access import policy
from sites.access.scope import bound
from sites.models import Job, Person
from sites.refusals import Refusal

LEASE = timedelta(seconds=40)
PULSE = timedelta(seconds=10)
MOST_ATTEMPTS = 5
PAUSE = timedelta(seconds=30)
DIED = "Its worker was killed again and again. Look at the worker’s memory, then start it anew."
logger = logging.getLogger(__name__)


def after_commit(task: str, *, at: datetime, by: Person | None = None, key: str | None = None, **arguments: Any) -> Job:
    """Queue a job in the current transaction and ring the bell when it commits; the same key never queues twice."""
    made = Job(task=task, arguments=arguments, owner=by, key=key, queued_at=at)
    if key is not None:
        # Somebody else may be queueing the same at this moment: the one who comes second waits, then finds it there.
        Job.objects.bulk_create([made], ignore_conflicts=True)
        queued = Job.objects.get(key=key)
    else:
        made.save(force_insert=True)
        queued = made
    transaction.on_commit(lambda: (bell.get() or ring)(queued))
    return queued


def ring(job: Job) -> None:
    """Tell Celery that a job waits. A broker that is down is no loss: the sweeper rings again."""
    try:
        current_app.send_task(job.task, args=[job.pk], retry=False)
    except (OperationalError, *current_app.connection_for_write().recoverable_connection_errors) as error:
        logger.warning("The broker does not answer; job %s waits for the sweeper: %s", job.pk, error)


#: Who hears that a job waits: Celery, unless a process does its own jobs (the filling of the example).
bell: ContextVar[Callable[[Job], None] | None] = ContextVar("bell", default=None)


@dataclass
class Run:
    """One running of a job: what its function is given."""

    job_id: int
    fence: int
    arguments: dict[str, Any]
    owner_id: int | None

    def progress(self, *, done: int, of: int, words: str) -> None:
        """Say how far the work is, visible at once, and renew the lease."""
        aside = transaction.get_connection().copy(alias="default")
        try:
            with aside.cursor() as cursor:
                cursor.execute(
                    "UPDATE sites_job SET progress = jsonb_build_object('done', %s::int, 'of', %s::int, 'words', %s::text),"
                    " lease_until = %s WHERE id = %s AND fence = %s",
                    [done, of, words, timezone.now() + LEASE, self.job_id, self.fence],
                )
        finally:
            aside.close()


def job(name: str) -> Callable[[Callable[[Run], dict[str, Any] | None]], Callable[[int], None]]:
    """Register a function as the work behind a job's name."""

    def decorate(work: Callable[[Run], dict[str, Any] | None]) -> Callable[[int], None]:
        @shared_task(name=name)
        def task(job_id: int) -> None:
            run_once(job_id, work=work)

        task.work = work
        return task

    return decorate


def run_once(job_id: int, *, work: Callable[[Run], dict[str, Any] | None]) -> None:
    """Claim, work and finish a job. Losing the claim or the fence ends quietly: somebody else has it."""
    run = claim(job_id)
    if run is None:
        return
    with _pulse(run):
        _work(run, work=work)


def _work(run: Run, *, work: Callable[[Run], dict[str, Any] | None]) -> None:
    try:
        with transaction.atomic():
            actor = policy.system(name=f"job {run.job_id}")
        with bound(actor.scope()), transaction.atomic():
            result = work(run)
            if not _finish(run, status=Job.Status.DONE, result=result or {}):
                transaction.set_rollback(True)
    except Refusal as refusal:
        _finish(run, status=Job.Status.FAILED, error="\n".join(refusal.reasons))
    except Exception as error:
        logger.exception("Job %s failed", run.job_id)
        _give_back(run, error=f"{type(error).__name__}: {error}")
        raise


@contextmanager
def _pulse(run: Run) -> Iterator[None]:
    """Renew the lease while the work goes on: a process that is killed has no pulse, and soon somebody else may claim."""
    over = Event()
    beating = Thread(target=_beat, args=(run, over), name=f"pulse of job {run.job_id}", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _beat(run: Run, over: Event) -> None:
    try:
        while not over.wait(PULSE.total_seconds()):
            try:
                mine = Job.objects.filter(pk=run.job_id, fence=run.fence, status=Job.Status.RUNNING)
                mine.update(lease_until=timezone.now() + LEASE)
            except DatabaseError:
                logger.warning("The lease of job %s could not be renewed", run.job_id, exc_info=True)
                connection.close()
    finally:
        connection.close()


def claim(job_id: int) -> Run | None:
    """Take the lease of a job that waits, or whose lease ran out; return None when there is nothing to take."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sites_job SET status = 'RUNNING', fence = fence + 1, attempts = attempts + 1, lease_until = %s"
            " WHERE id = %s AND (status = 'QUEUED' OR (status = 'RUNNING' AND lease_until < %s))"
            " RETURNING id, fence, arguments, owner_id",
            [now + LEASE, job_id, now],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    taken = Job(pk=row[0])
    taken.refresh_from_db(fields=["arguments"])
    return Run(job_id=row[0], fence=row[1], arguments=taken.arguments, owner_id=row[3])


def _finish(run: Run, *, status: str, result: dict[str, Any] | None = None, error: str = "") -> bool:
    changed = Job.objects.filter(pk=run.job_id, fence=run.fence, status=Job.Status.RUNNING).update(
        status=status, result=result or {}, error=error, finished_at=timezone.now(), lease_until=None
    )
    return changed == 1


def _give_back(run: Run, *, error: str) -> None:
    mine = Job.objects.filter(pk=run.job_id, fence=run.fence, status=Job.Status.RUNNING)
    mine.filter(attempts__lt=MOST_ATTEMPTS).update(
        status=Job.Status.QUEUED, error=error, lease_until=timezone.now() + PAUSE
    )
    mine.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=Job.Status.FAILED, error=error, finished_at=timezone.now(), lease_until=None
    )


def sweep(*, at: datetime) -> int:
    """Ring for every job that waits or whose worker is gone; return how many."""
    killers = Job.objects.filter(status=Job.Status.RUNNING, lease_until__lt=at, attempts__gte=MOST_ATTEMPTS)
    killers.update(status=Job.Status.FAILED, error=DIED, finished_at=at, lease_until=None, fence=F("fence") + 1)
    stale = Q(status=Job.Status.QUEUED) & (Q(lease_until__isnull=True) | Q(lease_until__lt=at))
    gone = Q(status=Job.Status.RUNNING, lease_until__lt=at)
    waiting = list(Job.objects.filter(stale & Q(queued_at__lt=at - timedelta(seconds=10)) | gone).order_by("id")[:200])
    for row in waiting:
        ring(row)
    return len(waiting)
