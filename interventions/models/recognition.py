"""RecognitionRule: what will be recognised, declared beforehand; Recognition: that a hospital earned it, its own until it consents."""

from django.db import models
from django.db.models import Q


class RecognitionRule(models.Model):
    """A rule by which hospitals are recognised from a day on, declared before that day. Append-only."""

    class Kind(models.TextChoices):
        """What is counted. None of them orders hospitals, and none is shown of who did not earn it."""

        MOST_IMPROVED = "MOST_IMPROVED", "improved most, beyond chance"
        BEST_DATA = "BEST_DATA", "data of the best quality"
        MENTOR = "MENTOR", "mentor"
        FIRST_ADOPTER = "FIRST_ADOPTER", "among the first to try"
        ABSTRACTORS = "ABSTRACTORS", "abstractors whose readings agree"
        TOGETHER = "TOGETHER", "a target reached together"

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    title = models.CharField(max_length=120)
    measure_code = models.SlugField(max_length=48, blank=True)
    threshold = models.FloatField(null=True)
    counts_from = models.DateField()
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()


class Recognition(models.Model):
    """That a hospital earned a recognition, with what it rests on. Private until the hospital consents; revocable."""

    class State(models.TextChoices):
        """Who knows."""

        PRIVATE = "PRIVATE", "known to the hospital alone"
        SHOWN = "SHOWN", "shown to the hospitals of the registry"
        KEPT = "KEPT", "kept private"

    code = models.CharField(max_length=12, unique=True)
    rule = models.ForeignKey(RecognitionRule, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    comparison = models.ForeignKey("feedback.Comparison", on_delete=models.PROTECT, related_name="+")
    sentence = models.TextField()
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PRIVATE)
    shown_until = models.DateField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["rule", "hospital", "comparison"], name="recognition_once"),
            models.CheckConstraint(
                condition=~Q(state="SHOWN") | (Q(shown_until__isnull=False) & Q(answered_by__isnull=False)),
                name="recognition_shown_by_consent",
            ),
        ]
