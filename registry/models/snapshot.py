"""Snapshot: the frozen cases of a closed period; the database refuses to change one."""

from django.db import models


class Snapshot(models.Model):
    """One immutable columnar file, named by the hash of its canonical rows. Append-only."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="snapshots")
    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64)
    versions = models.JSONField()
    n_cases = models.PositiveIntegerField()
    n_drafts = models.PositiveIntegerField()
    n_hospitals = models.PositiveIntegerField()
    final_from = models.DateField(null=True)
    frozen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="snapshot_once_per_period"),
        ]


class SnapshotSite(models.Model):
    """What a hospital contributed to a snapshot: counts for its credibility line. Append-only."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="sites")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    n_cases = models.PositiveIntegerField()
    n_drafts = models.PositiveIntegerField()
    n_eligible = models.PositiveIntegerField(null=True)
    n_followed = models.PositiveIntegerField(null=True)
    n_follow_up_due = models.PositiveIntegerField(null=True)
    completeness = models.FloatField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["snapshot", "hospital"], name="snapshot_site_once")]
