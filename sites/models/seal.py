"""AuditLink and AuditHead: the chain that makes a changed or missing line of the trail show. Append-only."""

from django.db import models
from django.db.models.functions import Length


class AuditLink(models.Model):
    """One sealed event. The number of the event is kept without a reference, so that a deleted one still shows."""

    position = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    digest = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(position__gt=0), name="audit_link_is_numbered"),
            models.CheckConstraint(condition=models.lookups.Exact(Length("digest"), 32), name="audit_link_is_sha256"),
        ]


class AuditHead(models.Model):
    """The end of the chain on one day, shown to everybody: only who noted it can tell a chain that was written anew."""

    day = models.DateField(unique=True)
    position = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
