"""Practice: what a hospital that stands out does; who may read it; whole names come from the exemplar's consent alone."""

from django.db import models

from interventions.models.bright_spot import Exemplar


class Practice(models.Model):
    """Who does what, when, with what, at an exemplar. The words never change; who may read them is the hospital's to say."""

    class Origin(models.TextChoices):
        """How it came to be known."""

        VISIT = "VISIT", "a visit"
        CALL = "CALL", "a call"
        EXEMPLAR = "EXEMPLAR", "the hospital itself"

    class Audience(models.TextChoices):
        """Who may read the words; the name is another question."""

        CENTRE = "CENTRE", "the hospital and the coordinating centre"
        COLLABORATIVE = "COLLABORATIVE", "the hospitals of the registry"

    code = models.CharField(max_length=12, unique=True)
    exemplar = models.ForeignKey(Exemplar, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    title = models.CharField(max_length=120)
    who = models.CharField(max_length=300)
    what = models.TextField()
    when = models.CharField(max_length=300)
    with_what = models.CharField(max_length=600, blank=True)
    material = models.CharField(max_length=600, blank=True)
    audience = models.CharField(max_length=14, choices=Audience.choices, default=Audience.CENTRE)
    expires_on = models.DateField(null=True)
    contact = models.CharField(max_length=160, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(audience="COLLABORATIVE") | models.Q(expires_on__isnull=False),
                name="practice_is_shared_until_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(audience="COLLABORATIVE") | models.Q(contact=""),
                name="practice_contact_needs_readers",
            ),
        ]


class PracticeStep(models.Model):
    """One step of a practice's consent: who may read it from then on. Append-only."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="steps")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=14, choices=Practice.Audience.choices)
    expires_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()


class ToolkitPractice(models.Model):
    """A practice that a toolkit was made from. Append-only; the words are read by the practice's own consent."""

    toolkit = models.ForeignKey("interventions.Toolkit", on_delete=models.PROTECT, related_name="+")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["toolkit", "practice"], name="toolkit_practice_once")]


class Comment(models.Model):
    """What a member says about a toolkit. Append-only; others read the words, never who or where."""

    code = models.CharField(max_length=12, unique=True)
    toolkit = models.ForeignKey("interventions.Toolkit", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    words = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()


class CommentStep(models.Model):
    """A flag on a comment, or what the centre made of it. Append-only; the latest one decides whether the words are read."""

    class Kind(models.TextChoices):
        """What was done."""

        FLAG = "FLAG", "flagged"
        KEEP = "KEEP", "looked at and kept"
        REMOVE = "REMOVE", "taken away"

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="comment_step_has_a_reason")]
