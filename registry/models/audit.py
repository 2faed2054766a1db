"""Re-abstraction: the audit, the cases drawn for it, the blind second readings, what differs, and the final report.

Not the trail of who did what: that is sites.audit. A second reading stands in a table of its own, so that row security can
show a reviewer the assigned charts and nothing of the first reading.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from registry.models.sheet import Sheet


class Audit(models.Model):
    """A re-abstraction audit of one hospital's submitted cases of a half-open window; figures stand here once it is final.

    ``plan`` says how many cases of each stratum and how many are read twice; ``seed`` makes the draw repeatable. ``agreement``
    is the share of compared values in which the first reading stands after adjudication, with its interval.
    """

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, default="NOTICE")
    starts_on = models.DateField(null=True)
    ends_before = models.DateField(null=True)
    noticed_on = models.DateField()
    draws_on = models.DateField()
    respond_by = models.DateField(null=True)
    plan = models.JSONField()
    seed = models.BigIntegerField()
    reviewers = ArrayField(models.IntegerField(), default=list)
    n_frame = models.PositiveIntegerField(null=True)
    n_cases = models.PositiveIntegerField(default=0)
    n_values = models.PositiveIntegerField(default=0)
    n_differing = models.PositiveIntegerField(default=0)
    agreement = models.FloatField(null=True)
    agreement_lower = models.FloatField(null=True)
    agreement_upper = models.FloatField(null=True)
    agreement_before = models.FloatField(null=True)
    noticed_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    noticed_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    final_at = models.DateTimeField(null=True)
    job = models.ForeignKey("sites.Job", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True, ends_before__isnull=True) | Q(ends_before__gt=F("starts_on")),
                name="audit_window_is_half_open",
            ),
            models.CheckConstraint(
                condition=~Q(status="FINAL") | Q(final_at__isnull=False), name="audit_final_is_dated"
            ),
        ]
        indexes = [models.Index(fields=["registry", "hospital", "-final_at"], name="reabstraction_by_hospital")]


class AuditCase(models.Model):
    """A case drawn for an audit, with the stratum it was drawn for and the first reading as it was when it was drawn.

    No reviewer sees these rows: a stratum tells of the first reading, too.
    """

    audit = models.ForeignKey(Audit, on_delete=models.PROTECT, related_name="cases")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey("registry.Case", on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()
    stratum = models.CharField(max_length=12)
    version = models.ForeignKey(
        "registry.DictionaryVersion", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    answers = ArrayField(models.TextField(null=True), default=list)
    abstractor = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["audit", "case"], name="audit_case_once"),
            models.UniqueConstraint(fields=["audit", "place"], name="audit_case_place_once"),
            models.CheckConstraint(
                condition=Q(stratum__in=["RANDOM", "HIGH_YIELD", "ZERO"]), name="audit_case_stratum_known"
            ),
        ]


class SecondReading(Sheet):
    """One chart read again by one reviewer: what finds the chart (key, date, hospital) and the reviewer's own answers."""

    audit = models.ForeignKey(Audit, on_delete=models.PROTECT, related_name="readings")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField()
    reader = models.PositiveSmallIntegerField()
    reviewer = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    occurred_on = models.DateField(null=True)

    class Meta(Sheet.Meta):
        constraints = [
            models.UniqueConstraint(fields=["audit", "place", "reader"], name="second_reading_once"),
            models.UniqueConstraint(fields=["audit", "place", "reviewer"], name="second_reading_by_two_people"),
            models.CheckConstraint(condition=Q(reader__in=[1, 2]), name="second_reading_of_one_or_two"),
            models.CheckConstraint(
                condition=Q(status="OPEN", finished_at__isnull=True) | Q(status="DONE", finished_at__isnull=False),
                name="second_reading_done_is_dated",
            ),
        ]


class ElementDisagreement(models.Model):
    """One element of one audited case that was read differently: both values, what the hospital says, what was decided.

    ``other`` is the second reviewer's value where there were two and they differ. ``correction`` names the revision or the
    amendment with which the hospital put its case right.
    """

    audit = models.ForeignKey(Audit, on_delete=models.PROTECT, related_name="disagreements")
    audit_case = models.ForeignKey(AuditCase, on_delete=models.PROTECT, related_name="disagreements")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    element = models.CharField(max_length=100)
    abstractor = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    first = models.TextField(blank=True)
    second = models.TextField(blank=True)
    other = models.TextField(null=True)
    kind = models.CharField(max_length=10)
    response = models.CharField(max_length=8, blank=True)
    response_words = models.TextField(blank=True)
    responded_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    responded_at = models.DateTimeField(null=True)
    ruling = models.CharField(max_length=8, blank=True)
    ruling_words = models.TextField(blank=True)
    value = models.TextField(null=True)
    ruled_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    ruled_at = models.DateTimeField(null=True)
    correction = models.CharField(max_length=40, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["audit_case", "element"], name="disagreement_once_per_element"),
            models.CheckConstraint(
                condition=Q(kind__in=["UNDER", "INACCURATE", "OVER"]), name="disagreement_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(response__in=["", "ACCEPT", "DISPUTE"]), name="disagreement_response_known"
            ),
            models.CheckConstraint(
                condition=~Q(response="DISPUTE") | ~Q(response_words=""), name="disagreement_dispute_has_words"
            ),
            models.CheckConstraint(
                condition=Q(ruling__in=["", "FIRST", "SECOND", "OTHER"]), name="disagreement_ruling_known"
            ),
        ]


class AuditReport(models.Model):
    """The final report of an audit, with the hash of its canonical bytes. Append-only."""

    audit = models.OneToOneField(Audit, on_delete=models.PROTECT, related_name="report")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
