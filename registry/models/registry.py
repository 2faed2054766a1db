"""Registry: one kind of care that is measured; Participation: a hospital that measures it."""

from django.db import models


class Registry(models.Model):
    """One registry of the collaborative, with its own dictionary, periods and measures.

    ``lock_days`` after its last day a period is due to be closed: 30 days of follow-up and 45 to finish, unless told otherwise.
    ``rules_number`` names the set of published edit rules by its content, 0 for none; ``weekly_queries`` is how many new
    data queries one abstractor is asked in seven days before those that rules raise wait in line.
    """

    code = models.SlugField(max_length=24, unique=True)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    has_dates = models.BooleanField(default=True)
    has_surgeons = models.BooleanField(default=True)
    follow_up_days = models.PositiveSmallIntegerField(default=30)
    lock_days = models.PositiveSmallIntegerField(default=75)
    rules_number = models.PositiveIntegerField(default=0)
    weekly_queries = models.PositiveSmallIntegerField(default=10)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.title


class Participation(models.Model):
    """A hospital that contributes to a registry, with the code its files use for it."""

    registry = models.ForeignKey(Registry, on_delete=models.PROTECT, related_name="participations")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="participations")
    code = models.CharField(max_length=40)
    starts_on = models.DateField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "hospital"], name="participation_once"),
            models.UniqueConstraint(fields=["registry", "code"], name="participation_code_once"),
        ]


class OperationCount(models.Model):
    """How many eligible operations a hospital had in a period, by its own count: the sampling fraction's denominator."""

    registry = models.ForeignKey(Registry, on_delete=models.PROTECT, related_name="+")
    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    n_eligible = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["period", "hospital"], name="operation_count_once")]
