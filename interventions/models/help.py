"""Uptake: one component begun, stopped or decided against; Barrier; HelpRequest and HelpOffer: the two sides of an introduction."""

from django.db import models
from django.db.models import Q


class Hindrance(models.TextChoices):
    """What stands in the way, as a word one can pick and count."""

    STAFF = "STAFF", "too few people"
    SUPPLY = "SUPPLY", "material is missing"
    CONSENSUS = "CONSENSUS", "colleagues are not convinced"
    ROUTINE = "ROUTINE", "it does not fit the routine"
    MONEY = "MONEY", "money"
    DATA = "DATA", "we cannot see whether it happens"
    OTHER_WORK = "OTHER_WORK", "something else comes first"
    UNSUITED = "UNSUITED", "it does not suit our patients"


class Uptake(models.Model):
    """A hospital begins, stops or decides against one component (its words are its key). Append-only; the newest one holds."""

    class Kind(models.TextChoices):
        """What is said of the component."""

        STARTS = "STARTS", "starts"
        STOPS = "STOPS", "stopped"
        DECLINES = "DECLINES", "not for now"

    toolkit = models.ForeignKey("interventions.Toolkit", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    component = models.TextField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    on_day = models.DateField()
    hindrance = models.CharField(max_length=12, choices=Hindrance.choices, blank=True)
    words = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(kind="STARTS") | ~Q(hindrance=""), name="uptake_says_why_not"),
        ]


class Barrier(models.Model):
    """What stands in an adoption's way, or how it was overcome and whether one may be asked about it. Append-only."""

    adoption = models.ForeignKey("interventions.Adoption", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    hindrance = models.CharField(max_length=12, choices=Hindrance.choices)
    solved = models.BooleanField(default=False)
    may_be_asked = models.BooleanField(default=False)
    words = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()


class HelpRequest(models.Model):
    """A hospital asks for help with a barrier; its name reaches a peer only after both have agreed.

    ``chosen`` : which of the hospitals that agreed the centre introduces, where it was asked to choose.
    """

    class Way(models.TextChoices):
        """Which help is asked for."""

        PEER = "PEER", "a hospital that overcame it"
        CHOSEN = "CHOSEN", "a hospital that the coordinating centre chooses"
        CALL = "CALL", "a call from the coordinating centre"
        MATERIAL = "MATERIAL", "material"

    class State(models.TextChoices):
        """What the asking side says."""

        OPEN = "OPEN", "asked"
        AGREED = "AGREED", "agrees to be named"
        ANSWERED = "ANSWERED", "answered"
        WITHDRAWN = "WITHDRAWN", "withdrawn"

    code = models.CharField(max_length=12, unique=True)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    adoption = models.ForeignKey("interventions.Adoption", on_delete=models.PROTECT, related_name="+")
    toolkit = models.ForeignKey("interventions.Toolkit", on_delete=models.PROTECT, related_name="+")
    hindrance = models.CharField(max_length=12, choices=Hindrance.choices)
    way = models.CharField(max_length=8, choices=Way.choices)
    question = models.TextField(blank=True)
    contact = models.CharField(max_length=160, blank=True)
    answer = models.TextField(blank=True)
    chosen = models.ForeignKey("interventions.HelpOffer", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()


class HelpOffer(models.Model):
    """A hospital that overcame the barrier is asked whether it would help; it does not learn who asks before both agree."""

    class State(models.TextChoices):
        """What the asked side says."""

        ASKED = "ASKED", "asked"
        AGREED = "AGREED", "agrees to be named"
        DECLINED = "DECLINED", "declined"
        WITHDRAWN = "WITHDRAWN", "withdrawn"

    code = models.CharField(max_length=12, unique=True)
    request = models.ForeignKey(HelpRequest, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    toolkit = models.ForeignKey("interventions.Toolkit", on_delete=models.PROTECT, related_name="+")
    hindrance = models.CharField(max_length=12, choices=Hindrance.choices)
    way = models.CharField(max_length=8, choices=HelpRequest.Way.choices, default=HelpRequest.Way.PEER)
    question = models.TextField(blank=True)
    contact = models.CharField(max_length=160, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["request", "hospital"], name="help_offer_once")]
