"""Hospital: an identified participant of the collaborative."""

from django.db import models

from sites.access.permissions import Permission


class Hospital(models.Model):
    """A hospital that takes part; its name is shown only to its own people and to the coordinating centre.

    Where ``trains_first`` is set, whoever becomes an abstractor starts as a trainee.
    """

    code = models.SlugField(max_length=24, unique=True)
    name = models.CharField(max_length=160)
    time_zone = models.CharField(max_length=64, default="America/Detroit")
    notes = models.TextField(blank=True)
    trains_first = models.BooleanField(default=False)
    joined_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        permissions = [(permission.value, permission.words) for permission in Permission]

    def __str__(self) -> str:
        return self.code
