"""Priority: what a hospital works on, at most three at a time; PriorityStep: its next steps and notes; ReportStep: how far a report came."""

from django.db import models
from django.db.models import Q


class Priority(models.Model):
    """One thing a hospital works on, chosen from a standing. The database knows three places a hospital, each open once."""

    class State(models.TextChoices):
        """Where a priority stands."""

        OPEN = "OPEN", "open"
        DONE = "DONE", "done"
        STOPPED = "STOPPED", "stopped"

    code = models.CharField(max_length=12, unique=True)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    comparison = models.ForeignKey("feedback.Comparison", on_delete=models.PROTECT, related_name="+")
    measure_code = models.SlugField(max_length=48)
    measure_title = models.CharField(max_length=160)
    watched_code = models.SlugField(max_length=48)
    watched_title = models.CharField(max_length=160)
    place = models.PositiveSmallIntegerField()
    owner = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    toolkit = models.ForeignKey("interventions.Toolkit", on_delete=models.PROTECT, null=True, related_name="+")
    lever = models.TextField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    ended_on = models.DateField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(place__gte=1, place__lte=3), name="priority_one_of_three"),
            models.UniqueConstraint(
                fields=["hospital", "place"], condition=Q(state="OPEN"), name="priority_place_once"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", ended_on__isnull=True)
                | (~Q(state="OPEN") & Q(ended_on__isnull=False) & ~Q(reason="")),
                name="priority_ends_with_a_reason",
            ),
        ]


class PriorityStep(models.Model):
    """A next step with its day, or a note of progress (no day), in own words. Append-only; the newest with a day is the next one."""

    priority = models.ForeignKey(Priority, on_delete=models.PROTECT, related_name="steps")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    words = models.TextField()
    due_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()


class ReportStep(models.Model):
    """How far a published comparison came at a hospital, each kind once a measure. Who merely looked is not kept. Append-only."""

    class Kind(models.TextChoices):
        """The steps that leave a trace of their own; delivery and actions are read where they happen."""

        OPENED = "OPENED", "opened"
        DRILLED = "DRILLED", "cases looked at"
        ACKNOWLEDGED = "ACKNOWLEDGED", "acknowledged"
        MOVED = "MOVED", "measure moved"

    comparison = models.ForeignKey("feedback.Comparison", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    measure_code = models.SlugField(max_length=48, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["comparison", "hospital", "kind", "measure_code"], name="report_step_once"),
            models.CheckConstraint(
                condition=Q(kind="ACKNOWLEDGED") | Q(by__isnull=True), name="report_step_keeps_no_reader"
            ),
        ]
