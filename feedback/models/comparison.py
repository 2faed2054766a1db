"""Comparison: one run over an ordered list of snapshots; what it found, for whom."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Comparison(models.Model):
    """One comparison of a registry over a window of snapshots."""

    class Status(models.TextChoices):
        """Where a comparison stands."""

        QUEUED = "QUEUED", "waiting"
        FINISHED = "FINISHED", "to be reviewed"
        FAILED = "FAILED", "failed"
        PUBLISHING = "PUBLISHING", "being published"
        PUBLISHED = "PUBLISHED", "published"
        DISCARDED = "DISCARDED", "discarded"

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    snapshot_ids = ArrayField(models.BigIntegerField())
    label = models.CharField(max_length=80)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    settings = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    job = models.ForeignKey("sites.Job", on_delete=models.PROTECT, null=True, related_name="+")
    requested_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="PUBLISHED") | Q(published_at__isnull=False), name="comparison_publish_is_dated"
            ),
        ]


class MeasureRun(models.Model):
    """One measure of a comparison: fitted, or refused with reasons. Append-only."""

    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="runs")
    measure = models.ForeignKey("feedback.MeasureVersion", on_delete=models.PROTECT, related_name="+")
    refusal = models.JSONField(default=list)
    model = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["comparison", "measure"], name="measure_run_once")]


class SiteResult(models.Model):
    """One hospital's result of a measure, in full; only that hospital's people reach it. Append-only."""

    run = models.ForeignKey(MeasureRun, on_delete=models.PROTECT, related_name="results")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "hospital"], name="site_result_once")]


class CaseLedger(models.Model):
    """How a measure judged each case of a hospital: the trace from a number to its cases. Append-only."""

    run = models.ForeignKey(MeasureRun, on_delete=models.PROTECT, related_name="ledgers")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    case_codes = ArrayField(models.TextField())
    status = ArrayField(models.SmallIntegerField())
    reasons = ArrayField(models.TextField())
    expected = ArrayField(models.FloatField(null=True))

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "hospital"], name="case_ledger_once")]


class Standing(models.Model):
    """What one set of own hospitals sees of a measure: own results in full, peers as rounded values. Append-only."""

    run = models.ForeignKey(MeasureRun, on_delete=models.PROTECT, related_name="standings")
    own_set = ArrayField(models.IntegerField())
    document = models.JSONField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "own_set"], name="standing_once")]


class SurgeonResult(models.Model):
    """A surgeon's own result over all own hospitals, private to that surgeon. Append-only."""

    run = models.ForeignKey(MeasureRun, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "person"], name="surgeon_result_once")]


class ReferenceModel(models.Model):
    """The frozen model of a measure against which trends are drawn, so that a refit does not recentre history."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    measure_code = models.SlugField(max_length=48)
    run = models.ForeignKey(MeasureRun, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "measure_code", "frozen_at"], name="reference_model_once"),
        ]
