"""PeriodAttestation: a hospital's word that a period is complete; LockWaiver: more time, asked for and decided."""

from django.db import models
from django.db.models import F, Q


class PeriodAttestation(models.Model):
    """What the site lead attested, with the counts that were shown. Append-only: a later one stands beside it."""

    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    words = models.TextField()
    n_submitted = models.PositiveIntegerField()
    n_drafts = models.PositiveIntegerField()
    n_frame = models.PositiveIntegerField()
    n_selected = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()


class LockWaiver(models.Model):
    """A hospital asks for a later lock, because of hardship; the centre decides and may set another day."""

    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    asked_until = models.DateField()
    asked_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=8, default="ASKED")
    granted_until = models.DateField(null=True)
    decided_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "hospital"], condition=Q(status="ASKED"), name="waiver_asked_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(status="ASKED", decided_at__isnull=True, granted_until__isnull=True)
                | Q(status="GRANTED", decided_at__isnull=False, granted_until__isnull=False)
                | Q(status="REFUSED", decided_at__isnull=False, granted_until__isnull=True),
                name="waiver_decision_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")), name="waiver_needs_a_second_person"
            ),
        ]
