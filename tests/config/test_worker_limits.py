"""What one job may hold in memory is bounded by the kernel, so that a hostile file cannot take the machine with it."""

import os
import subprocess
import sys

import pytest

from config.embedded.places import PROJECT

GREEDY = """
import django; django.setup()
from config.celery import bound_memory
import numpy
bound_memory()
numpy.ones(10_000_000)
try:
    numpy.ones(150_000_000)
except MemoryError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on private memory is Linux's")
def test_a_job_that_wants_more_memory_than_it_may_fails_and_the_process_lives():
    answer = subprocess.run(
        [sys.executable, "-c", GREEDY],
        cwd=PROJECT,
        env=os.environ | {"CAIRN_WORKER_MEMORY_MB": "800"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout.strip()) == (0, "refused"), answer.stderr
