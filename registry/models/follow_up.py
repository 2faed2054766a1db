"""ContactAttempt: every try to learn how a patient is at day 30; CaseMinutes: how long a case took whoever entered it."""

from django.db import models
from django.db.models import Q


class ContactAttempt(models.Model):
    """One try to reach a patient. Append-only."""

    case = models.ForeignKey("registry.Case", on_delete=models.PROTECT, related_name="contacts", db_index=False)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    contact_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+", db_index=False)
    method = models.CharField(max_length=10)
    outcome = models.CharField(max_length=10)
    again_on = models.DateField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(method__in=["CLINIC", "TELEPHONE", "LETTER", "CHART"]), name="contact_method_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["REACHED", "NO_ANSWER", "LOST", "REFUSED"]), name="contact_outcome_known"
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-id"], name="contact_by_case"),
            models.Index(fields=["hospital", "-id"], name="contact_by_hospital"),
        ]


class CaseMinutes(models.Model):
    """The active seconds one person spent in the form of a case, and in each element of it."""

    case = models.ForeignKey("registry.Case", on_delete=models.PROTECT, related_name="minutes", db_index=False)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+", db_index=False)
    seconds = models.PositiveIntegerField(default=0)
    elements = models.JSONField(default=dict)
    latest_seq = models.CharField(max_length=60, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["case", "by"], name="case_minutes_once")]
        indexes = [models.Index(fields=["hospital", "-changed_at"], name="minutes_by_hospital")]
