"""Notices: what somebody wishes to be sent by mail, and that a mail was sent. The mail itself is always the same words and a link."""

from django.db import models


class NoticePreference(models.Model):
    """What somebody wishes to be sent; without a row the weekly digest and what is urgent."""

    person = models.OneToOneField("sites.Person", on_delete=models.PROTECT, related_name="+")
    weekly = models.BooleanField(default=True)
    urgent = models.BooleanField(default=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class Notice(models.Model):
    """That somebody was told something waits for them: once a week, or once for each urgent thing. Append-only."""

    class Kind(models.TextChoices):
        """Why it was sent."""

        WEEKLY = "WEEKLY", "weekly digest"
        URGENT = "URGENT", "urgent"

    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    key = models.CharField(max_length=80)
    n = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "kind", "key"], name="notice_once")]
