"""Agreement: one version of what hospitals are asked to agree to; AgreementStep: what a hospital said to it. Append-only."""

from django.db import models
from django.db.models import Q


class Purpose(models.TextChoices):
    """What data may be used for; each is agreed on its own."""

    QI = "QI", "quality improvement"
    RESEARCH = "RESEARCH", "research"
    REGULATOR = "REGULATOR", "reports to a regulator"


class Agreement(models.Model):
    """One version of a data-use agreement. From ``required_from`` on an acceptance of an earlier version no longer counts."""

    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    text = models.TextField()
    required_from = models.DateField()
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["purpose", "number"], name="agreement_version_once"),
            models.CheckConstraint(condition=Q(purpose__in=["QI", "RESEARCH", "REGULATOR"]), name="agreement_purpose_known"),
        ]


class AgreementStep(models.Model):
    """A hospital accepted an agreement, or ended its acceptance, by a person and in a capacity that are named."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    accepted = models.BooleanField()
    capacity = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(accepted=False) | ~Q(capacity=""), name="agreement_accepted_in_a_capacity"),
        ]
        indexes = [models.Index(fields=["hospital", "agreement", "-id"], name="agreement_newest_step")]
