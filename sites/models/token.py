"""ApiToken: what a hospital's computer shows to the API. Only its hash is kept."""

from django.db import models


class ApiToken(models.Model):
    """A revocable, expiring token of one person for one hospital."""

    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="tokens")
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
