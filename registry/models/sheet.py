"""Sheet: answers by dictionary layout outside a case: a second reading, a training attempt. Abstract; no rows of its own."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Sheet(models.Model):
    """Answers that somebody enters in the case form without touching a case; done, they never change again."""

    code = models.CharField(max_length=12, unique=True)
    version = models.ForeignKey("registry.DictionaryVersion", on_delete=models.PROTECT, related_name="+", db_index=False)
    answers = ArrayField(models.TextField(null=True))
    reasons = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=8, default="OPEN")
    n_answered = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        default_permissions = ()
