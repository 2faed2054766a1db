"""DataQuery: a question about one recorded value; its thread, the value asked about, and Ruling: an answer for everybody."""

from django.db import models
from django.db.models import Q


class DataQuery(models.Model):
    """One question about one value of a case. The value itself stands in ``DataQueryValue``, which only the case's readers reach."""

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey("registry.Case", on_delete=models.PROTECT, related_name="+", db_index=False)
    case_code = models.CharField(max_length=12)
    period = models.ForeignKey("registry.ReportingPeriod", on_delete=models.PROTECT, null=True, related_name="+")
    element = models.CharField(max_length=100)
    column = models.CharField(max_length=110)
    rule = models.ForeignKey("registry.EditRule", on_delete=models.PROTECT, null=True, related_name="+")
    question = models.TextField()
    status = models.CharField(max_length=9, default="OPEN")
    outcome = models.CharField(max_length=10, blank=True)
    priority = models.PositiveSmallIntegerField(default=2)
    assignee = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    raised_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    raised_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    due_on = models.DateField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    closed_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["WAITING", "OPEN", "ANSWERED", "RESOLVED", "WITHDRAWN"]),
                name="data_query_status_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "CORRECTED", "CONFIRMED", "CASE_GONE", "RETIRED", "WITHDRAWN"]),
                name="data_query_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) ^ Q(status__in=["RESOLVED", "WITHDRAWN"]),
                name="data_query_closed_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["OPEN", "ANSWERED"]) | Q(opened_at__isnull=False), name="data_query_open_has_a_time"
            ),
            models.UniqueConstraint(
                fields=["case", "rule", "column"],
                condition=Q(rule__isnull=False, status__in=["WAITING", "OPEN", "ANSWERED"]),
                name="data_query_of_a_rule_once",
            ),
        ]
        indexes = [
            models.Index(fields=["hospital", "status", "due_on", "id"], name="data_query_of_hospital"),
            models.Index(fields=["status", "due_on", "id"], name="data_query_due"),
            models.Index(fields=["registry", "element", "status", "due_on", "id"], name="data_query_of_element"),
            models.Index(fields=["case", "status"], name="data_query_of_case"),
            models.Index(fields=["hospital", "opened_at"], name="data_query_burden"),
            models.Index(fields=["period", "hospital", "status"], name="data_query_backlog"),
        ]


class DataQueryValue(models.Model):
    """The value a question is about, as it stood when it was asked; blank where the field was blank. Append-only."""

    query = models.OneToOneField(DataQuery, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    value = models.TextField(blank=True)

    class Meta:
        default_permissions = ()


class DataQueryMessage(models.Model):
    """One line of a question's thread. Append-only; both the hospital and the centre read it."""

    query = models.ForeignKey(DataQuery, on_delete=models.PROTECT, related_name="messages")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=9)
    words = models.TextField(blank=True)
    revision = models.PositiveIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=["ASKED", "OPENED", "REMARK", "ASSIGNED", "CONFIRMED", "CORRECTED", "ASKED_ON", "RESOLVED", "WITHDRAWN"]
                ),
                name="data_query_message_kind_known",
            ),
        ]


class Ruling(models.Model):
    """An answer of the centre about one element that every abstractor reads beside it; it names no hospital and no case."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    element = models.CharField(max_length=100)
    question = models.TextField()
    answer = models.TextField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    query = models.ForeignKey(DataQuery, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["registry", "element", "-published_at"], name="ruling_by_element")]
