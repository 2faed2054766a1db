"""The jobs of this floor: check and commit a file, close and freeze a period. The rights of who asked are looked up anew.

A worker and the scheduler know every job by name from the start; what a job works with is imported when it first runs,
since numpy, pandas and pyarrow take seconds to import and much memory to hold.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.utils import timezone

from registry import tasks_audits, tasks_quality, tasks_rules
from registry.selectors import uploads as upload_selectors
from sites import outbox
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound, current_scope
from sites.refusals import Refusal
from sites.selectors import people

# Celery looks for jobs here; those of rules, data queries and dictionaries live next door.
__all__ = [
    "check_upload",
    "close_period",
    "commit_upload",
    "refreeze_period",
    "tasks_audits",
    "tasks_quality",
    "tasks_rules",
]


@outbox.job("registry.check_upload")
def check_upload(run: outbox.Run) -> dict:
    """Examine a file and keep counts and findings; no case changes."""
    from registry.actions import uploads

    person, upload = _owner(run), upload_selectors.for_job(upload_id=run.arguments["upload"])
    with _acting(person, upload):
        collected = uploads.check(upload=upload, at=timezone.now(), progress=_progress(run))
    return {"hard": collected.n_hard, "soft": collected.n_soft}


@outbox.job("registry.commit_upload")
def commit_upload(run: outbox.Run) -> dict:
    """Write the cases of a checked file, all or none."""
    from registry.actions import uploads

    person, upload = _owner(run), upload_selectors.for_job(upload_id=run.arguments["upload"])
    with _acting(person, upload):
        return uploads.commit(upload=upload, by=person, at=timezone.now(), progress=_progress(run))


@outbox.job("registry.close_period")
def close_period(run: outbox.Run) -> dict:
    """Freeze a period that is shut, and close it."""
    from registry.actions import periods
    from registry.selectors import periods as period_selectors

    person = _owner(run)
    policy.require(policy.authority(person, on=timezone.now().date()), P.CLOSE_PERIODS)
    run.progress(done=0, of=1, words="Freezing the cases of the period")
    period = period_selectors.one(period_id=run.arguments["period"])
    snapshot = periods.finish_close(period=period, by=person, at=timezone.now())
    return {"snapshot": snapshot.digest, "n_cases": snapshot.n_cases}


@outbox.job("registry.refreeze_period")
def refreeze_period(run: outbox.Run) -> dict:
    """Freeze another snapshot of a closed period whose cases were amended."""
    from registry.actions import snapshots
    from registry.selectors import periods as period_selectors

    person = _owner(run)
    policy.require(policy.authority(person, on=timezone.now().date()), P.CLOSE_PERIODS)
    run.progress(done=0, of=1, words="Freezing the cases of the period again")
    period = period_selectors.one(period_id=run.arguments["period"])
    snapshot = snapshots.freeze(period=period, by=person, at=timezone.now())
    return {"snapshot": snapshot.digest, "number": snapshot.number}


def _owner(run: outbox.Run) -> people.Person:
    person = people.by_id(person_id=run.owner_id) if run.owner_id else None
    if person is None:
        raise Refusal("Nobody asked for this work.")
    return person


@contextmanager
def _acting(person: people.Person, upload: upload_selectors.Upload) -> Iterator[None]:
    """Narrow the job to the hospital of the upload, if the person still may upload there; across hospitals only who may that."""
    held = policy.authority(person, on=timezone.now().date())
    if upload.hospital_id is None:
        policy.require(held, P.IMPORT_ACROSS)
        yield
        return
    if not policy.can(held, P.IMPORT_CASES, hospital_id=upload.hospital_id):
        raise Refusal("Your role no longer lets you upload cases of this hospital.")
    own = (upload.hospital_id,)
    with bound(
        current_scope().narrowed(
            person=person.pk,
            hospitals=own,
            case_hospitals=own,
            result_hospitals=(),
            trail_hospitals=(),
            audit_hospitals=(),
            centre=False,
        )
    ):
        yield


def _progress(run: outbox.Run) -> Callable[[int, int, str], None]:
    return lambda done, of, words: run.progress(done=done, of=of, words=words)


@outbox.job("registry.check_frame")
def check_frame(run: outbox.Run) -> dict:
    """Examine an operating list and keep counts and faults; no operation is written."""
    from registry.actions import frames
    from registry.selectors import frames as frame_selectors

    person, upload = _owner(run), frame_selectors.for_job(upload_id=run.arguments["upload"])
    with _acting(person, upload):
        examined = frames.check(upload=upload, at=timezone.now(), progress=_progress(run))
    return {"faults": len(examined.faults)}


@outbox.job("registry.commit_frame")
def commit_frame(run: outbox.Run) -> dict:
    """Write the operations of a checked list, all or none."""
    from registry.actions import frames
    from registry.selectors import frames as frame_selectors

    person, upload = _owner(run), frame_selectors.for_job(upload_id=run.arguments["upload"])
    with _acting(person, upload):
        return frames.commit(upload=upload, by=person, at=timezone.now(), progress=_progress(run))
