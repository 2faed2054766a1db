"""Release: an aggregate on its way to the payer; ReleaseStep: every step it took."""

from django.db import models
from django.db.models import Q


class Release(models.Model):
    """One aggregate of one measure, prepared by one person and checked by another."""

    class Status(models.TextChoices):
        """Where a release stands; the last three are final."""

        DRAFT = "DRAFT", "draft"
        SUBMITTED = "SUBMITTED", "waiting for a checker"
        RELEASED = "RELEASED", "released"
        REJECTED = "REJECTED", "rejected"
        WITHDRAWN = "WITHDRAWN", "withdrawn"

    code = models.CharField(max_length=12, unique=True)
    run = models.ForeignKey("feedback.MeasureRun", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=160)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    artefact = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    rules = models.CharField(max_length=24)
    prepared_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    checked_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=models.F("prepared_by")),
                name="release_needs_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["RELEASED", "REJECTED"]) | Q(checked_by__isnull=False),
                name="release_is_checked",
            ),
        ]
