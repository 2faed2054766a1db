"""Case: one abstracted episode; CaseRevision: every change to it; Amendment: a change that needs a second person.

What the rows of the first three refer to is checked once per statement, not once per row (migration 0004, decision 0012).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Case(models.Model):
    """One case. ``answers`` stands by position in the columns of its dictionary version (decision 0002)."""

    code = models.CharField(max_length=12)
    registry = models.ForeignKey(
        "registry.Registry", on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    hospital = models.ForeignKey(
        "sites.Hospital", on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    version = models.ForeignKey(
        "registry.DictionaryVersion", on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    period = models.ForeignKey(
        "registry.ReportingPeriod",
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    surgeon = models.ForeignKey(
        "sites.Person", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    key = models.CharField(max_length=64)
    status = models.CharField(max_length=10, default="DRAFT")
    occurred_on = models.DateField(null=True)
    follow_up_due_on = models.DateField(null=True)
    answers = ArrayField(models.TextField(null=True))
    revision = models.PositiveIntegerField(default=1)
    n_answered = models.PositiveSmallIntegerField(default=0)
    n_hard = models.PositiveSmallIntegerField(default=0)
    n_soft = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["code"], name="case_code_once"),
            models.UniqueConstraint(fields=["hospital", "registry", "key"], name="case_key_once_per_hospital"),
            models.CheckConstraint(
                condition=Q(status__in=["DRAFT", "REVIEW", "SUBMITTED", "WITHDRAWN"]), name="case_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="SUBMITTED") | Q(n_hard=0, submitted_at__isnull=False),
                name="case_submitted_without_errors",
            ),
        ]
        indexes = [
            models.Index(
                fields=["hospital", "follow_up_due_on", "id"], condition=Q(status="DRAFT"), name="case_drafts_by_due"
            ),
            models.Index(
                F("hospital"), F("occurred_on").desc(nulls_last=True), F("id").desc(), name="case_by_latest_date"
            ),
            # With the surgeon inside, row security is judged from the index alone, and counts read no case.
            models.Index(fields=["period", "hospital", "status"], include=["surgeon"], name="case_by_period_and_status"),
            models.Index(fields=["hospital", "status"], include=["surgeon"], name="case_by_status"),
            models.Index(
                fields=["surgeon", "-occurred_on"], condition=Q(surgeon__isnull=False), name="case_by_surgeon"
            ),
        ]


class CaseRevision(models.Model):
    """One change to a case. ``changes`` maps a column to [old, new]; the opening revision of an upload is empty,
    because everything was blank before it. Append-only."""

    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, db_constraint=False, related_name="revisions", db_index=False
    )
    hospital = models.ForeignKey(
        "sites.Hospital", on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    surgeon = models.ForeignKey(
        "sites.Person", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        "sites.Person", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    second = models.ForeignKey(
        "sites.Person", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    door = models.CharField(max_length=8)
    upload = models.ForeignKey(
        "registry.Upload", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    changes = models.JSONField(default=dict)
    status = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    client_seq = models.CharField(max_length=60, null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="revision_number_once"),
            models.UniqueConstraint(
                fields=["case", "client_seq"], condition=Q(client_seq__isnull=False), name="revision_sent_once"
            ),
            models.CheckConstraint(
                condition=Q(door__in=["FORM", "UPLOAD", "API", "SYSTEM", "FRAME"]), name="revision_door_known"
            ),
        ]


class FindingReason(models.Model):
    """Why a value that a soft check questioned is right; it holds only while the value stays the same."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, db_constraint=False, related_name="finding_reasons")
    hospital = models.ForeignKey(
        "sites.Hospital", on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    surgeon = models.ForeignKey(
        "sites.Person", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    code = models.CharField(max_length=80)
    column = models.CharField(max_length=110)
    value = models.TextField()
    reason = models.TextField()
    by = models.ForeignKey(
        "sites.Person", on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["case", "code", "column", "value"], name="finding_reason_once"),
        ]


class Amendment(models.Model):
    """A proposed change to a case of a closed period; a second person decides."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="amendments")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    changes = models.JSONField()
    reason = models.TextField()
    status = models.CharField(max_length=8, default="PROPOSED")
    proposed_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="amendment_needs_a_second_person",
            ),
        ]
