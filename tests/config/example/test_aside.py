"""Two processes fill side by side, each with its own jobs; a piece that fails is not passed over."""

import pytest
from django.utils import timezone

from config.example.aside import beside
from config.example.world import machine, own_jobs, run_jobs
from sites import outbox
from sites.models import Heartbeat, Job
from tests.databases import as_role


@outbox.job("tests.nothing")
def nothing(run):
    return {}


def queue() -> Job:
    with machine():
        return outbox.after_commit("tests.nothing", at=timezone.now())


def status(job: Job) -> str:
    with machine():
        return Job.objects.get(pk=job.pk).status


def test_a_process_runs_its_own_jobs_and_leaves_the_others(empty_world):
    with as_role("cairn_worker"):
        theirs = queue()
        with own_jobs():
            mine = queue()
            run_jobs()
        assert (status(mine), status(theirs)) == ("DONE", "QUEUED")
        run_jobs()
        assert status(theirs) == "DONE"


@pytest.mark.parametrize("at_once", [True, False])
def test_a_piece_is_done_when_the_block_is_over(empty_world, at_once):
    def piece():
        Heartbeat.objects.create(process="aside", at=timezone.now())

    with as_role("cairn_worker"):
        with beside(piece, at_once=at_once):
            queue()
            run_jobs()
        assert Heartbeat.objects.filter(process="aside").exists()
        assert not Job.objects.exclude(status="DONE").exists()


def test_a_piece_that_fails_stops_the_filling(empty_world, capfd):
    def piece():
        raise ValueError("no such hospital")

    with as_role("cairn_worker"), pytest.raises(RuntimeError, match="has failed"), beside(piece, at_once=True):
        pass
    assert "no such hospital" in capfd.readouterr().err
