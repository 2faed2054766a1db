"""ReportingPeriod: the half-open stretch of dates that a result speaks for."""

from django.db import models
from django.db.models import F, Q


class ReportingPeriod(models.Model):
    """A period of a registry; a registry without dates has periods without bounds."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="periods")
    label = models.CharField(max_length=40)
    ordinal = models.PositiveSmallIntegerField()
    starts_on = models.DateField(null=True)
    ends_before = models.DateField(null=True)
    status = models.CharField(max_length=8, default="OPEN")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    close_job = models.ForeignKey("sites.Job", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "ordinal"], name="period_order_once"),
            models.UniqueConstraint(fields=["registry", "label"], name="period_label_once"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True, ends_before__isnull=True) | Q(ends_before__gt=F("starts_on")),
                name="period_is_half_open",
            ),
        ]

    def __str__(self) -> str:
        return self.label
