"""EditRule: an edit check that is tried on stored cases before a second person publishes it; RuleCount: where it would fire."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class EditRule(models.Model):
    """One version of a rule. ``expression`` holds where there is a fault; it is in force between its days of the case's own date."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField(default=1)
    expression = models.TextField()
    severity = models.CharField(max_length=4)
    message = models.TextField()
    remedy = models.TextField(blank=True)
    elements = ArrayField(models.TextField())
    starts_on = models.DateField(null=True)
    ends_before = models.DateField(null=True)
    status = models.CharField(max_length=9, default="DRAFT")
    author = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    trial = models.JSONField(default=dict)
    trial_job = models.ForeignKey("sites.Job", on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "code", "version"], name="edit_rule_version_once"),
            models.UniqueConstraint(
                fields=["registry", "code"], condition=Q(status="PUBLISHED"), name="edit_rule_published_once"
            ),
            models.CheckConstraint(condition=Q(severity__in=["hard", "soft"]), name="edit_rule_severity_known"),
            models.CheckConstraint(
                condition=Q(status__in=["DRAFT", "TRIED", "PUBLISHED", "RETIRED"]), name="edit_rule_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="PUBLISHED")
                | Q(tried_at__isnull=False, published_at__isnull=False, published_by__isnull=False),
                name="edit_rule_published_after_a_trial",
            ),
            models.CheckConstraint(
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("author")), name="edit_rule_needs_a_second_person"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_before__isnull=True) | Q(ends_before__gt=F("starts_on")),
                name="edit_rule_days_in_order",
            ),
        ]


class RuleCount(models.Model):
    """How many stored cases of a hospital, under one dictionary version, a tried rule would hit. Counts only."""

    rule = models.ForeignKey(EditRule, on_delete=models.PROTECT, related_name="counts")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField()
    n_cases = models.PositiveIntegerField()
    n_hits = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["rule", "hospital", "version"], name="rule_count_once")]
