"""MeasureVersion: a measure's TOML file as loaded; immutable."""

from django.db import models


class MeasureVersion(models.Model):
    """One version of a measure. Append-only."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    code = models.SlugField(max_length=48)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=8)
    adverse = models.BooleanField()
    source = models.BinaryField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "code", "number"], name="measure_version_once"),
        ]

    def __str__(self) -> str:
        return self.title
