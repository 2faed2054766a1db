"""Search: one look for bright spots; Candidate: a hospital it looked at; Exemplar: one that was invited, and its consent."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Search(models.Model):
    """One search over a registry's frozen periods, without any hospital's identity. Append-only; one per digest of its inputs."""

    code = models.CharField(max_length=12, unique=True)
    comparison = models.ForeignKey("feedback.Comparison", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    refusal = ArrayField(models.TextField(), default=list)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()


class Candidate(models.Model):
    """A hospital that a search looked at on a measure, behind the label the search gave it. Append-only; only jobs reach it."""

    search = models.ForeignKey(Search, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=8)
    measure_code = models.SlugField(max_length=48)
    nominated = models.BooleanField()
    document = models.JSONField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["search", "measure_code", "hospital"], name="candidate_once"),
            models.UniqueConstraint(fields=["search", "measure_code", "label"], name="candidate_label_once"),
        ]


class Exemplar(models.Model):
    """A hospital that was invited to say what it does; only it and the centre know, until it accepts to be named."""

    class State(models.TextChoices):
        """Where the invitation stands."""

        INVITED = "INVITED", "invited"
        ACCEPTED = "ACCEPTED", "agreed to be named"
        UNNAMED = "UNNAMED", "shares without its name"
        DECLINED = "DECLINED", "declined"
        WITHDRAWN = "WITHDRAWN", "withdrew its consent"

    class Audience(models.TextChoices):
        """Who may read the name."""

        NOBODY = "", "nobody"
        CENTRE = "CENTRE", "the coordinating centre"
        COLLABORATIVE = "COLLABORATIVE", "the hospitals of the registry"

    code = models.CharField(max_length=12, unique=True)
    candidate = models.OneToOneField(Candidate, on_delete=models.PROTECT, related_name="+")
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    measure_code = models.SlugField(max_length=48)
    measure_title = models.CharField(max_length=160)
    document = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.INVITED)
    audience = models.CharField(max_length=14, choices=Audience.choices, default=Audience.NOBODY, blank=True)
    expires_on = models.DateField(null=True)
    contact = models.CharField(max_length=160, blank=True)
    practice = models.TextField(blank=True)
    invited_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="ACCEPTED") | (models.Q(expires_on__isnull=False) & ~models.Q(audience="")),
                name="exemplar_names_its_audience",
            ),
            models.CheckConstraint(
                condition=models.Q(state="ACCEPTED") | models.Q(audience=""), name="exemplar_without_consent_has_no_audience"
            ),
        ]


class ExemplarStep(models.Model):
    """One step of an exemplar's consent: what it answered, who, when. Append-only."""

    exemplar = models.ForeignKey(Exemplar, on_delete=models.PROTECT, related_name="steps")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    audience = models.CharField(max_length=14, blank=True)
    expires_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
