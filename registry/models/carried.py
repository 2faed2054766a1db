"""UnfitValue: what a draft held that a new dictionary version cannot hold; SnapshotRevision: a case changed after the lock."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class UnfitValue(models.Model):
    """A value that did not fit when a draft was carried to a newer dictionary version. Kept until somebody has dealt with it."""

    case = models.ForeignKey("registry.Case", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    surgeon = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    column = models.CharField(max_length=110)
    label = models.TextField()
    value = models.TextField()
    shown = models.TextField()
    why = models.TextField()
    was_version = models.PositiveSmallIntegerField()
    now_version = models.PositiveSmallIntegerField()
    revision = models.PositiveIntegerField()
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["case", "column", "revision"], name="unfit_value_once")]


class SnapshotRevision(models.Model):
    """A case that changed between two snapshots of a closed period: what, why, and the two people. Append-only."""

    snapshot = models.ForeignKey("registry.Snapshot", on_delete=models.PROTECT, related_name="revisions")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    case_code = models.CharField(max_length=12)
    revision = models.PositiveIntegerField()
    columns = ArrayField(models.TextField())
    labels = ArrayField(models.TextField())
    reason = models.TextField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    second = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["snapshot", "case_code", "revision"], name="snapshot_revision_once")]
