"""Material: a file that belongs to a practice or to a toolkit."""

from django.db import models
from django.db.models import Q

MOST_BYTES = 5 * 1024 * 1024


class Material(models.Model):
    """A card, a protocol, a form. The file never changes; it can be taken back, and is then read by nobody.

    A practice's file is its hospital's and is read exactly where the practice's words are; a toolkit's file has no hospital.
    """

    class Kind(models.TextChoices):
        """What may be kept, by media type."""

        PDF = "application/pdf", "PDF"
        PNG = "image/png", "picture (PNG)"
        JPEG = "image/jpeg", "picture (JPEG)"
        TEXT = "text/plain", "plain text"
        WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word document"
        SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel sheet"

    code = models.CharField(max_length=12, unique=True)
    practice = models.ForeignKey("interventions.Practice", on_delete=models.PROTECT, null=True, related_name="+")
    toolkit = models.ForeignKey("interventions.Toolkit", on_delete=models.PROTECT, null=True, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=120)
    file_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=80, choices=Kind.choices)
    content = models.BinaryField()
    n_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(practice__isnull=False, toolkit__isnull=True, hospital__isnull=False)
                | Q(practice__isnull=True, toolkit__isnull=False, hospital__isnull=True),
                name="material_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(n_bytes__gt=0, n_bytes__lte=MOST_BYTES), name="material_is_not_too_big"),
        ]
