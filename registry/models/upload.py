"""Upload: a file of cases on its way in; ColumnMapping: what a hospital's files call things."""

from django.db import models
from django.db.models import Q


class Upload(models.Model):
    """One file. Without a hospital it spans hospitals and only its uploader reaches it."""

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, null=True, related_name="+")
    version = models.ForeignKey("registry.DictionaryVersion", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    status = models.CharField(max_length=10, default="RECEIVED")
    counts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    reasons = models.JSONField(default=dict)
    job = models.ForeignKey("sites.Job", on_delete=models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="COMMITTED") | Q(committed_at__isnull=False), name="upload_commit_is_dated"
            ),
        ]
        indexes = [models.Index(fields=["hospital", "-id"], name="upload_by_hospital")]


class ColumnMapping(models.Model):
    """A file column's element, remembered per hospital and registry."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    header = models.CharField(max_length=200)
    column = models.CharField(max_length=110, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "hospital", "header"], name="column_mapping_once", nulls_distinct=False
            ),
        ]


class KeptExamination(models.Model):
    """What the check of a file found out, kept until its commit; of use only under the fingerprint it was made under."""

    upload = models.OneToOneField("registry.Upload", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey(
        "sites.Hospital", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, db_index=False, related_name="+")
    fingerprint = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        default_permissions = ()
