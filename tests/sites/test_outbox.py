"""The queue of record: a job runs, its effects and its end commit together, once, whatever dies in between."""

import subprocess
import sys
import time
from datetime import timedelta

import pytest
from celery import Celery
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.embedded import services
from config.embedded.places import PROJECT
from sites import audit, outbox
from sites.models import AuditEvent, Heartbeat, Job
from sites.refusals import Refusal
from sites.selectors import jobs as selectors
from tests.databases import as_role
from tests.sites.acting import machine, person


@pytest.fixture(autouse=True)
def worker(shared_world):
    with as_role("cairn_worker"):
        yield


@pytest.fixture
def rung(monkeypatch):
    """Collect the jobs that the bell rang for."""
    heard = []
    monkeypatch.setattr(outbox, "ring", lambda job: heard.append(job.pk))
    return heard


def queued(**more) -> Job:
    with transaction.atomic():
        return outbox.after_commit("test.work", at=timezone.now(), **more)


def effects(job: Job) -> int:
    with machine():
        return AuditEvent.objects.filter(action="effect", object_id=str(job.pk)).count()


def effect(run: outbox.Run) -> dict:
    audit.record(action="effect", at=timezone.now(), by="test", object_id=str(run.job_id))
    return {"did": run.arguments}


def test_a_job_is_queued_with_its_transaction_or_not_at_all(rung):
    job = queued(by=person("staff"), words="yes")
    assert (job.status, job.arguments, job.owner_id) == ("QUEUED", {"words": "yes"}, person("staff").pk)
    assert rung == [job.pk]
    with transaction.atomic():
        outbox.after_commit("test.lost", at=timezone.now())
        transaction.set_rollback(True)
    assert not Job.objects.filter(task="test.lost").exists()
    assert rung == [job.pk]


def test_the_same_key_queues_once(rung):
    first, second = queued(key="once"), queued(key="once")
    assert first.pk == second.pk
    assert Job.objects.filter(key="once").count() == 1


def test_two_who_queue_the_same_at_once_queue_it_once(rung):
    """The second waits for the first's transaction and then finds the job there, instead of failing."""
    aside = connection.copy(alias="default")
    try:
        with transaction.atomic(), aside.cursor() as cursor:
            mine = outbox.after_commit("test.work", at=timezone.now(), key="race")
            cursor.execute("SET lock_timeout = '200ms'")
            with pytest.raises(Exception, match="lock timeout"):
                cursor.execute(
                    "INSERT INTO sites_job (task, arguments, key, status, fence, attempts, progress, result, error, queued_at)"
                    " VALUES ('x', '{}', 'race', 'QUEUED', 0, 0, '{}', '{}', '', now()) ON CONFLICT DO NOTHING"
                )
    finally:
        aside.close()
    assert queued(key="race").pk == mine.pk


def test_work_and_its_end_commit_together(rung):
    job = queued(words="yes")
    outbox.run_once(job.pk, work=effect)
    job.refresh_from_db()
    assert (job.status, job.result, job.attempts, job.fence) == ("DONE", {"did": {"words": "yes"}}, 1, 1)
    assert job.finished_at is not None
    assert effects(job) == 1
    outbox.run_once(job.pk, work=effect)
    assert effects(job) == 1


def test_two_workers_that_hear_the_same_bell_work_once(rung):
    job = queued()
    assert outbox.claim(job.pk) is not None
    assert outbox.claim(job.pk) is None
    outbox.run_once(job.pk, work=effect)
    assert effects(job) == 0


def test_a_worker_that_was_thought_dead_cannot_finish(rung):
    """Its lease ran out, another took the fence and finished; what the first did is rolled back."""
    job = queued()

    def slow(run):
        effect(run)
        aside = connection.copy(alias="default")
        with aside.cursor() as cursor:  # the other worker, on a connection of its own
            cursor.execute("UPDATE sites_job SET fence = fence + 1 WHERE id = %s", [run.job_id])
        aside.close()

    outbox.run_once(job.pk, work=slow)
    job.refresh_from_db()
    assert (job.status, effects(job)) == ("RUNNING", 0)


def test_a_killed_worker_leaves_the_job_for_the_next_when_its_lease_is_over(rung):
    job = queued()
    outbox.claim(job.pk)  # killed here
    outbox.run_once(job.pk, work=effect)
    assert effects(job) == 0
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    rung.clear()
    outbox.sweep(at=timezone.now())
    assert job.pk in rung
    outbox.run_once(job.pk, work=effect)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.fence, effects(job)) == ("DONE", 2, 2, 1)


def test_the_sweeper_rings_for_what_waits_too_long_and_for_nothing_else(rung):
    fresh, old = queued(), queued()
    Job.objects.filter(pk=old.pk).update(queued_at=timezone.now() - timedelta(seconds=11))
    rung.clear()
    outbox.sweep(at=timezone.now())
    assert old.pk in rung
    assert fresh.pk not in rung


def test_a_refusal_is_final_and_said(rung):
    job = queued()

    def refuses(run):
        effect(run)
        raise Refusal("Nothing to compare.", "Close a period first.")

    outbox.run_once(job.pk, work=refuses)
    job.refresh_from_db()
    assert (job.status, job.error, effects(job)) == ("FAILED", "Nothing to compare.\nClose a period first.", 0)
    assert selectors.words(job) == job.error


def test_a_defect_is_tried_again_and_given_up_in_the_end(rung):
    job = queued()

    def breaks(run):
        effect(run)
        raise ZeroDivisionError

    for attempt in range(1, outbox.MOST_ATTEMPTS + 1):
        with pytest.raises(ZeroDivisionError):
            outbox.run_once(job.pk, work=breaks)
        job.refresh_from_db()
        assert job.attempts == attempt
        assert job.status == ("QUEUED" if attempt < outbox.MOST_ATTEMPTS else "FAILED")
    assert "ZeroDivisionError" in job.error
    assert effects(job) == 0


def test_a_statement_that_the_database_refuses_is_a_defect_as_well(rung):
    job = queued()

    def breaks(run):
        Heartbeat.objects.create(process="twice", at=timezone.now())
        Heartbeat.objects.create(process="twice", at=timezone.now())

    with pytest.raises(IntegrityError):
        outbox.run_once(job.pk, work=breaks)
    job.refresh_from_db()
    assert job.status == "QUEUED"
    assert not Heartbeat.objects.filter(process="twice").exists()


def test_progress_is_seen_while_the_work_goes_on_and_renews_the_lease(rung):
    job = queued()
    seen = []

    def tells(run):
        before = Job.objects.get(pk=run.job_id).lease_until
        run.progress(done=1, of=3, words="Comparing: mortality.")
        aside = connection.copy(alias="default")
        with aside.cursor() as cursor:
            cursor.execute("SELECT progress ->> 'words', lease_until FROM sites_job WHERE id = %s", [run.job_id])
            seen.extend(cursor.fetchone())
        aside.close()
        seen.append(before)

    outbox.run_once(job.pk, work=tells)
    assert seen[0] == "Comparing: mortality."
    assert seen[1] > seen[2]


def test_a_job_sees_every_hospital_and_only_inside_its_scope(rung):
    seen = []
    outbox.run_once(queued().pk, work=lambda run: seen.append(_cases()))
    assert seen[0] > 1000
    assert _cases() == 0


def _cases() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM registry_case")
        return cursor.fetchone()[0]


def test_a_broker_that_is_down_is_no_loss(monkeypatch):
    class Down:
        recoverable_connection_errors = (OSError,)

    monkeypatch.setattr(outbox.current_app, "send_task", lambda *a, **k: (_ for _ in ()).throw(OSError("down")))
    monkeypatch.setattr(type(outbox.current_app._get_current_object()), "connection_for_write", lambda self: Down())
    job = queued()
    assert Job.objects.get(pk=job.pk).status == "QUEUED"


def test_a_broker_that_really_does_not_answer_is_no_loss(monkeypatch, tmp_path):
    """As Celery itself says it, which wraps what its transport raises."""
    nobody = Celery("nobody", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    monkeypatch.setattr(outbox, "current_app", nobody)
    job = queued()
    assert Job.objects.get(pk=job.pk).status == "QUEUED"


def test_a_registered_job_runs_by_its_number(rung):
    task = outbox.job("test.registered")(effect)
    job = queued()
    task(job.pk)
    assert effects(job) == 1
    assert task.work is effect


@pytest.mark.parametrize(
    ("status", "progress", "error", "words"),
    [
        ("DONE", {}, "", "Done."),
        ("FAILED", {}, "", "It failed."),
        ("QUEUED", {}, "", "Waiting for a worker."),
        ("RUNNING", {}, "", "Working."),
        ("RUNNING", {"words": "Half."}, "", "Half."),
    ],
)
def test_each_state_has_its_words(status, progress, error, words):
    assert selectors.words(Job(status=status, progress=progress, error=error)) == words


def test_the_jobs_of_the_house_beat_and_sweep(rung):
    from sites.selectors import health
    from sites.tasks import heartbeat, sweep

    heartbeat()
    assert health.worker_alive(at=timezone.now())
    assert not health.worker_alive(at=timezone.now() + timedelta(minutes=1))
    assert sweep() >= 0


WORKS_FOR_EVER = """
import sys, time, django
django.setup()
from datetime import timedelta
from sites import outbox
outbox.PULSE, outbox.LEASE = timedelta(seconds=0.2), timedelta(seconds=3)
outbox.run_once(int(sys.argv[1]), work=lambda run: print("working", flush=True) or time.sleep(600))
"""


def test_a_long_job_keeps_its_lease_while_its_process_lives_and_loses_it_when_the_process_is_killed(shared_world, rung):
    job = queued()
    with subprocess.Popen(
        [sys.executable, "-c", WORKS_FOR_EVER, str(job.pk)],
        env=shared_world.environment(services.WORKER) | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "working\n"
        job.refresh_from_db()
        first = job.lease_until
        renewed = _until(lambda: Job.objects.get(pk=job.pk).lease_until > first + timedelta(seconds=3))
        assert renewed, "the pulse renews the lease beyond its first length"
        assert outbox.claim(job.pk) is None
        process.kill()
    assert _until(lambda: Job.objects.get(pk=job.pk).lease_until < timezone.now())
    outbox.run_once(job.pk, work=effect)
    job.refresh_from_db()
    assert (job.status, job.fence, effects(job)) == ("DONE", 2, 1)
    assert timedelta(minutes=1) > outbox.LEASE + outbox.PULSE


def _until(true, *, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not (now := true()) and time.monotonic() < end:
        time.sleep(0.1)
    return now


def test_a_job_that_kills_every_worker_is_given_up(rung):
    job = queued()
    long_ago = timezone.now() - timedelta(minutes=1)
    for _ in range(outbox.MOST_ATTEMPTS):
        assert outbox.claim(job.pk) is not None
        Job.objects.filter(pk=job.pk).update(lease_until=long_ago)
    rung.clear()
    outbox.sweep(at=timezone.now())
    job.refresh_from_db()
    assert (job.status, selectors.words(job)) == ("FAILED", outbox.DIED)
    assert job.pk not in rung
    assert outbox.claim(job.pk) is None


def test_a_pulse_that_finds_no_database_beats_on(rung, monkeypatch, caplog):
    job = queued()
    monkeypatch.setattr(outbox, "PULSE", timedelta(milliseconds=20))
    down = iter([True])

    def update(rows, **values):
        if next(down, False):
            raise DatabaseError("the server is starting up")
        return real(rows, **values)

    real = QuerySet.update
    monkeypatch.setattr(QuerySet, "update", update)
    first = []

    def waits(run):
        first.append(Job.objects.get(pk=job.pk).lease_until)
        assert _until(lambda: Job.objects.get(pk=job.pk).lease_until > first[0])
        monkeypatch.setattr(QuerySet, "update", real)

    outbox.run_once(job.pk, work=waits)
    job.refresh_from_db()
    assert job.status == "DONE"
    assert "could not be renewed" in caplog.text
