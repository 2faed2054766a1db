"""Passkey: what somebody signs in with by a finger, a face or a PIN. Only the public half is here."""

from django.db import models


class Passkey(models.Model):
    """One passkey of one person. ``sign_count`` tells a copy from the original where the device counts."""

    person = models.ForeignKey("sites.Person", on_delete=models.CASCADE, related_name="+")
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
