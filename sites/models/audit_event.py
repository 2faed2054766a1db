"""AuditEvent: what was done or read, by whom, about which hospital. Append-only."""

from django.db import models


class AuditEvent(models.Model):
    """One line of the trail; the database refuses to change or delete it."""

    at = models.DateTimeField()
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=120)
    action = models.CharField(max_length=60)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=36, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["hospital", "-id"], name="audit_by_hospital"),
            models.Index(fields=["person", "-id"], name="audit_by_person"),
        ]
