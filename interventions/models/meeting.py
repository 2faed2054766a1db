"""Meeting: its agenda, those invited and whether they came, the slides of its deck, and until when the deck is open to them."""

from django.db import models
from django.db.models import F, Q


class Meeting(models.Model):
    """One meeting or call. Its deck is open to those invited, from one moment until another, and to nobody else."""

    class Kind(models.TextChoices):
        """Who meets."""

        QUARTERLY = "QUARTERLY", "meeting of the collaborative"
        SURGEONS = "SURGEONS", "surgeons’ call"
        ABSTRACTORS = "ABSTRACTORS", "abstractors’ call"
        COMMITTEE = "COMMITTEE", "steering committee"

    class State(models.TextChoices):
        """How far it is."""

        PLANNED = "PLANNED", "planned"
        HELD = "HELD", "held"
        CANCELLED = "CANCELLED", "cancelled"

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=120)
    place = models.CharField(max_length=160, blank=True)
    starts_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    deck_from = models.DateTimeField(null=True)
    deck_until = models.DateTimeField(null=True)
    notes = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(deck_from__isnull=True, deck_until__isnull=True) | Q(deck_from__lte=F("deck_until")),
                name="meeting_deck_is_open_for_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="PLANNED", closed_at__isnull=True, notes="")
                | (~Q(state="PLANNED") & Q(closed_at__isnull=False)),
                name="meeting_closes_once",
            ),
        ]


class AgendaItem(models.Model):
    """One thing on the agenda; an exemplar that speaks is named only as long as its consent holds."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField()
    exemplar_code = models.CharField(max_length=12, blank=True)
    dropped = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=240), name="agenda_item_takes_time")
        ]


class DeckSlide(models.Model):
    """One measure that the deck shows, of the newest published comparison."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    measure_code = models.SlugField(max_length=48)
    measure_title = models.CharField(max_length=160)
    dropped = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()


class MeetingInvitation(models.Model):
    """Somebody who is invited: the hospital (none: the centre), the answer, whether they came."""

    class Answer(models.TextChoices):
        """What they said."""

        ASKED = "ASKED", "asked"
        YES = "YES", "comes"
        NO = "NO", "cannot come"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=6, choices=Answer.choices, default=Answer.ASKED)
    answered_at = models.DateTimeField(null=True)
    came = models.BooleanField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["meeting", "person"], name="invited_once")]
