"""DictionaryVersion: a published data dictionary with its companion; immutable once published."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class DictionaryVersion(models.Model):
    """One version of a registry's dictionary: the two source files as received, and what follows from them."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, default="DRAFT")
    source = models.BinaryField()
    companion = models.BinaryField(default=bytes)
    digest = models.CharField(max_length=64)
    columns = ArrayField(models.TextField())
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "number"], name="dictionary_version_once"),
            models.CheckConstraint(
                condition=Q(status="DRAFT", published_at__isnull=True)
                | Q(status="PUBLISHED", published_at__isnull=False),
                name="dictionary_version_status",
            ),
        ]
