"""The steering committee: who sits on it, what it is asked, each member's vote, and the record of what was decided."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class CommitteeSeat(models.Model):
    """Somebody sits on the steering committee from a day on, and no longer on the day the seat ends."""

    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="seat_ends_after_it_starts"
            ),
            models.UniqueConstraint(fields=["person"], condition=Q(ends_on__isnull=True), name="seat_once_at_a_time"),
        ]


class Ballot(models.Model):
    """A question to the committee with its options, its quorum and its time. Append-only."""

    class Kind(models.TextChoices):
        """What it is about."""

        MEASURE = "MEASURE", "a measure"
        UNBLINDING = "UNBLINDING", "unblinding"
        RETIREMENT = "RETIREMENT", "retiring a measure"
        OTHER = "OTHER", "something else"
        POLL = "POLL", "a poll, which binds nobody"

    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    question = models.CharField(max_length=300)
    options = ArrayField(models.CharField(max_length=80))
    quorum = models.PositiveSmallIntegerField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")) & Q(quorum__gte=1), name="ballot_has_a_time_and_a_quorum"
            ),
        ]


class Vote(models.Model):
    """How a member voted: one of the options, or abstaining. Once. Append-only."""

    ballot = models.ForeignKey(Ballot, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    choice = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["ballot", "person"], name="vote_once")]


class BallotResult(models.Model):
    """What was decided: votes by option, how many seats there were, whether the quorum was reached, and a hash of it all. Append-only."""

    ballot = models.OneToOneField(Ballot, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField()
    seats = models.PositiveSmallIntegerField()
    quorate = models.BooleanField()
    decision = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
