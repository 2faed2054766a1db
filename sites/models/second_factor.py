"""Authenticator: somebody's app with changing codes; RecoveryCode: what helps when the app is gone. No secret is stored."""

from django.db import models


class Authenticator(models.Model):
    """An app of one person. The secret is made from the house's key and ``nonce``; ``latest_step`` lets no code work twice."""

    person = models.OneToOneField("sites.Person", on_delete=models.CASCADE, related_name="+")
    nonce = models.BinaryField()
    latest_step = models.BigIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()


class RecoveryCode(models.Model):
    """One of ten codes that work once each; only the hash is kept."""

    person = models.ForeignKey("sites.Person", on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="recovery_code_once")]
