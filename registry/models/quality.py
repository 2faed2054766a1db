"""QualityReport: how good a hospital's data of a period are, as last assessed; WatchedElement: what the assessment looks at."""

from django.db import models
from django.db.models import Q


class QualityReport(models.Model):
    """The seven figures and the sentinels of one hospital and period. Assessed again as the data change: no history, no result."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    n_cases = models.PositiveIntegerField()
    light = models.CharField(max_length=6)
    document = models.JSONField()
    assessed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hospital", "period"], name="quality_report_once"),
            models.CheckConstraint(
                condition=Q(light__in=["GREEN", "YELLOW", "RED", "GREY"]), name="quality_light_known"
            ),
        ]


class WatchedElement(models.Model):
    """An element that the assessment counts: an adjuster that a measure names, a comorbidity, an event, a mark of presence."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    element = models.CharField(max_length=100)
    kind = models.CharField(max_length=12)
    source = models.CharField(max_length=80)
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "kind", "element", "source"], name="watched_element_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["ADJUSTER", "COMORBIDITY", "PRESENT", "EVENT"]), name="watched_element_kind_known"
            ),
        ]
