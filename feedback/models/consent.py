"""UnblindingConsent: a hospital lets its name stand beside one measure, before one audience, until a day."""

from django.db import models
from django.db.models import Q


class UnblindingConsent(models.Model):
    """One consent; it ends on its day or when it is taken back, whichever comes first."""

    class Audience(models.TextChoices):
        """Who may read the name."""

        MEETING = "MEETING", "those invited to a meeting"
        COLLABORATIVE = "COLLABORATIVE", "every member of the collaborative"

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    measure_code = models.CharField(max_length=40)
    measure_title = models.CharField(max_length=160)
    audience = models.CharField(max_length=13, choices=Audience.choices)
    expires_on = models.DateField()
    given_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    revoked_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "hospital", "measure_code", "audience"],
                condition=Q(revoked_at__isnull=True),
                name="one_consent_of_a_hospital",
            ),
        ]
