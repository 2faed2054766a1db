"""Scorecard: rules frozen before their year; what is recorded, asked and decided about a hospital's card; the totals of a finished year."""

from django.db import models
from django.db.models import F, Q


class Scorecard(models.Model):
    """A document of rules for one registry and year, and how far its year has come. Once frozen, the document never changes."""

    code = models.SlugField(max_length=48, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    source = models.TextField()
    digest = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(null=True)
    frozen_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    appeals_until = models.DateField(null=True)
    final_at = models.DateTimeField(null=True)
    final_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "year"], condition=Q(frozen_at__isnull=False), name="scorecard_one_frozen_a_year"
            ),
            models.CheckConstraint(
                condition=Q(frozen_by__isnull=True) | ~Q(frozen_by=F("drafted_by")),
                name="scorecard_frozen_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("final_by")),
                name="scorecard_released_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=(Q(frozen_at__isnull=False) | Q(appeals_until__isnull=True))
                & (Q(appeals_until__isnull=False) | Q(final_at__isnull=True))
                & (Q(final_at__isnull=False) | Q(released_at__isnull=True)),
                name="scorecard_steps_in_order",
            ),
        ]


class ScoreEntry(models.Model):
    """One thing that the centre recorded for a counted item: what, when, with the words of its evidence. Append-only."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    item = models.SlugField(max_length=48)
    on_day = models.DateField()
    words = models.TextField()
    withdrawn = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="score_entry_has_words")]


class ScoreRequest(models.Model):
    """A hospital asks for a waiver because of hardship, or appeals against an item; the centre decides once, with a reason."""

    class Kind(models.TextChoices):
        """What is asked."""

        WAIVER = "WAIVER", "waiver"
        APPEAL = "APPEAL", "appeal"

    class Status(models.TextChoices):
        """Where it stands."""

        ASKED = "ASKED", "waits for the centre"
        GRANTED = "GRANTED", "granted"
        DECLINED = "DECLINED", "declined"

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    item = models.SlugField(max_length=48)
    words = models.TextField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ASKED)
    share = models.FloatField(null=True)
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "hospital", "kind", "item"],
                condition=Q(status="ASKED"),
                name="score_request_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status="ASKED", decided_at__isnull=True) | (Q(decided_at__isnull=False) & ~Q(reason="")),
                name="score_request_decision_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(kind="APPEAL", status="GRANTED", share__gte=0, share__lte=1),
                name="score_request_share",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="score_request_by_a_second_person",
            ),
        ]


class ScoreStanding(models.Model):
    """A hospital's card as last worked out: in full for the hospital itself, without performance for the centre."""

    class Audience(models.TextChoices):
        """Who reads it."""

        OWN = "OWN", "the hospital"
        CENTRE = "CENTRE", "the centre: participation alone"

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=6, choices=Audience.choices)
    document = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["scorecard", "hospital", "audience"], name="score_standing_once")
        ]


class ScoreTotal(models.Model):
    """The final total of a hospital and the hash of the card it comes from: the one figure that leaves, once released. Append-only."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    total = models.DecimalField(max_digits=4, decimal_places=1)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["scorecard", "hospital"], name="score_total_once"),
            models.CheckConstraint(condition=Q(total__gte=0, total__lte=100), name="score_total_of_a_hundred"),
        ]
