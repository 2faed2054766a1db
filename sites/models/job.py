"""Job: a piece of work that PostgreSQL remembers until it is done."""

from django.db import models
from django.db.models import Q


class Job(models.Model):
    """An outbox row: queued in the transaction that wants the work, run under a lease, finished under a fence."""

    class Status(models.TextChoices):
        """Where a job stands."""

        QUEUED = "QUEUED", "waiting"
        RUNNING = "RUNNING", "running"
        DONE = "DONE", "done"
        FAILED = "FAILED", "failed"

    task = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    owner = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=120, null=True, unique=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    progress = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["id"], condition=Q(status__in=["QUEUED", "RUNNING"]), name="job_unfinished"),
        ]


class Heartbeat(models.Model):
    """When each kind of process last showed that it works; the health check reads it."""

    process = models.CharField(max_length=24, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
