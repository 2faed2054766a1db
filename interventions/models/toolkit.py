"""Toolkit: what to do, in versions; Adoption: a hospital that took it up; Impact: whether it helped."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Toolkit(models.Model):
    """A change that hospitals may choose, and how far it is proved."""

    class State(models.TextChoices):
        """How far a toolkit is proved; each step is signed and has a reason."""

        ANECDOTE = "ANECDOTE", "anecdote"
        ASSOCIATED = "ASSOCIATED", "associated"
        TESTED = "TESTED", "tested"
        PROMOTED = "PROMOTED", "promoted"
        RETIRED = "RETIRED", "retired"

    class Effort(models.TextChoices):
        """What it takes to begin."""

        SMALL = "SMALL", "a few people, no money"
        MIDDLING = "MIDDLING", "several professions, some weeks"
        LARGE = "LARGE", "money or rebuilding"

    code = models.SlugField(max_length=40, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    measure_code = models.SlugField(max_length=48)
    measure_title = models.CharField(max_length=160)
    title = models.CharField(max_length=120)
    summary = models.TextField()
    effort = models.CharField(max_length=8, choices=Effort.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ANECDOTE)
    offered_on = models.DateField()
    balancing = ArrayField(models.SlugField(max_length=48), default=list)
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class ToolkitVersion(models.Model):
    """What a toolkit consists of, and the code of the exemplar it was learnt from: a name comes from consent alone. Append-only."""

    toolkit = models.ForeignKey(Toolkit, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    components = ArrayField(models.TextField())
    learnt_from = models.CharField(max_length=12, blank=True)
    change = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["toolkit", "number"], name="toolkit_version_once")]


class EvidenceStep(models.Model):
    """A toolkit's step to another state of evidence: who signed it, and why. Append-only."""

    toolkit = models.ForeignKey(Toolkit, on_delete=models.PROTECT, related_name="steps")
    was = models.CharField(max_length=10, choices=Toolkit.State.choices)
    now = models.CharField(max_length=10, choices=Toolkit.State.choices)
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="evidence_step_has_a_reason")]


class Adoption(models.Model):
    """A hospital's adoption, with outcome and window, registered before it starts; the database lets it only be stopped."""

    code = models.CharField(max_length=12, unique=True)
    version = models.ForeignKey(ToolkitVersion, on_delete=models.PROTECT, related_name="+")
    toolkit = models.ForeignKey(Toolkit, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    measure_code = models.SlugField(max_length=48)
    window = models.PositiveSmallIntegerField()
    adapted = models.TextField(blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    stopped_on = models.DateField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hospital", "toolkit"], condition=Q(stopped_on__isnull=True), name="adoption_once_at_a_time"),
            models.CheckConstraint(condition=Q(stopped_on__isnull=True) | ~Q(reason=""), name="adoption_stops_with_a_reason"),
        ]


class AdoptionNote(models.Model):
    """One turn of plan, do, study, act, in the hospital's own words. Append-only."""

    adoption = models.ForeignKey(Adoption, on_delete=models.PROTECT, related_name="notes")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    plan = models.TextField(blank=True)
    did = models.TextField(blank=True)
    saw = models.TextField(blank=True)
    next = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()


class Impact(models.Model):
    """What adopting a toolkit did to its outcome, as of a comparison, without any hospital. Append-only."""

    toolkit = models.ForeignKey(Toolkit, on_delete=models.PROTECT, related_name="+")
    comparison = models.ForeignKey("feedback.Comparison", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class ImpactSite(models.Model):
    """One hospital's own series before and after its start; that hospital alone reads it. Append-only."""

    impact = models.ForeignKey(Impact, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["impact", "hospital"], name="impact_site_once")]
