"""The Celery application; it finds the jobs of each app by name."""

import os
import resource
import sys
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery would have Django check the pages too, and so load every view and all that they count with. A worker shows no page;
# `make check` and the suite run those checks.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
app = Celery("cairn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sites", "registry", "feedback", "interventions"])


@worker_process_init.connect
def bound_memory(**_: Any) -> None:
    """Let a process that runs jobs hold so much memory and no more: the job that wants more fails, the machine lives.

    Linux counts private memory there; elsewhere the limit means something else, so it is left to the machine.
    """
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (settings.WORKER_MEMORY, settings.WORKER_MEMORY))
