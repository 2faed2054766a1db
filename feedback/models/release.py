"""Release: what is on its way to the payer, with every step it took; ReleaseObjection: what stops it."""

from django.db import models
from django.db.models import F, Q


class Release(models.Model):
    """One artefact, prepared by one person, checked by two others, looked at by the hospitals, then sent.

    An aggregate is of one measure of one comparison. A participation statement is of one hospital and one period, and
    names nothing but the charter's process items. ``checkers`` is how many checks the rules of its day asked for.
    """

    class Status(models.TextChoices):
        """Where a release stands; the last three are final, but that what was released can be withdrawn."""

        DRAFT = "DRAFT", "being built"
        SUBMITTED = "SUBMITTED", "waits for the first checker"
        CHECKED = "CHECKED", "waits for the second checker"
        PREVIEW = "PREVIEW", "in preview"
        RELEASED = "RELEASED", "released"
        REJECTED = "REJECTED", "rejected"
        WITHDRAWN = "WITHDRAWN", "withdrawn"

    class Kind(models.TextChoices):
        """What the payer gets."""

        AGGREGATE = "AGGREGATE", "aggregate"
        PARTICIPATION = "PARTICIPATION", "participation statement"

    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=13, choices=Kind.choices, default=Kind.AGGREGATE, db_default="AGGREGATE")
    run = models.ForeignKey("feedback.MeasureRun", on_delete=models.PROTECT, null=True, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=160)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    artefact = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    rules = models.CharField(max_length=24)
    checkers = models.PositiveSmallIntegerField(default=2, db_default=2)
    prepared_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    checked_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    second_checked_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    second_checked_at = models.DateTimeField(null=True)
    preview_until = models.DateField(null=True)
    released_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    delivered_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal = models.TextField(blank=True, db_default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("prepared_by")),
                name="release_needs_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(second_checked_by__isnull=True)
                | (
                    Q(checked_by__isnull=False)
                    & ~Q(second_checked_by=F("prepared_by"))
                    & ~Q(second_checked_by=F("checked_by"))
                ),
                name="release_needs_a_third_person",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["CHECKED", "PREVIEW", "RELEASED", "REJECTED"]) | Q(checked_by__isnull=False),
                name="release_is_checked",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["PREVIEW", "RELEASED"])
                | Q(checkers=1)
                | Q(second_checked_by__isnull=False, preview_until__isnull=False),
                name="release_is_checked_twice_and_previewed",
            ),
            models.CheckConstraint(
                condition=~Q(status="RELEASED") | Q(released_by__isnull=False, released_at__isnull=False),
                name="release_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(kind="AGGREGATE", run__isnull=False, hospital__isnull=True, period__isnull=True)
                | Q(kind="PARTICIPATION", run__isnull=True, hospital__isnull=False, period__isnull=False),
                name="release_is_of_all_or_of_one_hospitals_participation",
            ),
        ]

    @property
    def of(self) -> str:
        """Say of which period it speaks."""
        return self.run.comparison.label if self.run_id else self.period.label


class ReleaseObjection(models.Model):
    """A hospital's word against a release in preview. While it stands, nothing leaves; only the hospital takes it back."""

    release = models.ForeignKey("feedback.Release", on_delete=models.PROTECT, related_name="objections")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    taken_back_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["release", "hospital"],
                condition=Q(taken_back_at__isnull=True),
                name="one_standing_objection_of_a_hospital",
            ),
        ]
