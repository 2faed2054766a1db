"""What is operated on and what of it is abstracted: lists of eligible procedures, sampling rules, operating lists, drawn cycles."""

from django.db import models
from django.db.models import F, Q


class ProcedureList(models.Model):
    """The procedures that are eligible from a day on. ``procedures`` are records of code, label and group. Append-only."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    element = models.CharField(max_length=100)
    procedures = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "number"], name="procedure_list_once"),
            models.UniqueConstraint(fields=["registry", "starts_on"], name="procedure_list_once_a_day"),
        ]


class SamplingRules(models.Model):
    """How a cycle is drawn from a day on: core cases, caps by group, groups that are always taken. Append-only."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    first_cycle_on = models.DateField()
    cycle_days = models.PositiveSmallIntegerField(default=8)
    core_per_cycle = models.PositiveSmallIntegerField()
    caps = models.JSONField(default=dict)
    rare = models.JSONField(default=list)
    risk_mix = models.JSONField(default=list)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "number"], name="sampling_rules_once"),
            models.UniqueConstraint(fields=["registry", "starts_on"], name="sampling_rules_once_a_day"),
            models.CheckConstraint(condition=Q(cycle_days__gte=1), name="sampling_cycle_has_days"),
        ]


class FrameUpload(models.Model):
    """An operating list on its way in."""

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey("registry.DictionaryVersion", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    status = models.CharField(max_length=10, default="RECEIVED")
    counts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    job = models.ForeignKey("sites.Job", on_delete=models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="COMMITTED") | Q(committed_at__isnull=False), name="frame_commit_is_dated"
            ),
        ]
        indexes = [models.Index(fields=["hospital", "-id"], name="frame_upload_by_hospital")]


class FrameColumn(models.Model):
    """What a column of a hospital's operating list fills, remembered for its next list."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    header = models.CharField(max_length=200)
    column = models.CharField(max_length=110, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["registry", "hospital", "header"], name="frame_column_once"),
        ]


class Cycle(models.Model):
    """One drawn cycle of a hospital: with the rules, the list and the seed the draw can be repeated. Append-only."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    starts_on = models.DateField()
    ends_before = models.DateField()
    seed = models.BigIntegerField()
    rules = models.ForeignKey(SamplingRules, on_delete=models.PROTECT, related_name="+")
    procedures = models.ForeignKey(ProcedureList, on_delete=models.PROTECT, related_name="+")
    n_frame = models.PositiveIntegerField()
    n_eligible = models.PositiveIntegerField()
    n_rare = models.PositiveIntegerField()
    n_selected = models.PositiveIntegerField()
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hospital", "registry", "number"], name="cycle_drawn_once"),
            models.CheckConstraint(condition=Q(ends_before__gt=F("starts_on")), name="cycle_is_half_open"),
        ]
        indexes = [models.Index(fields=["hospital", "registry", "-starts_on"], name="cycle_by_hospital")]


class FrameRow(models.Model):
    """One operation of an operating list. ``values`` fill the case if it is drawn; ``chance`` is how likely that was.

    The rows of a list of a hundred thousand are written at once: what never changes is not checked row by row.
    """

    registry = models.ForeignKey(
        "registry.Registry", on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    hospital = models.ForeignKey(
        "sites.Hospital", on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    upload = models.ForeignKey(FrameUpload, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=64)
    operated_on = models.DateField()
    procedure = models.CharField(max_length=40)
    surgeon_code = models.CharField(max_length=40, blank=True)
    values = models.JSONField(default=dict)
    digest = models.CharField(max_length=32)
    outcome = models.CharField(max_length=10, default="WAITING")
    chance = models.FloatField(null=True)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, null=True, related_name="rows", db_index=False)
    case = models.ForeignKey("registry.Case", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hospital", "registry", "key"], name="frame_row_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["WAITING", "RARE", "CORE", "LEFT", "LATE", "UNLISTED"]), name="frame_outcome_known"
            ),
            models.CheckConstraint(condition=Q(chance__isnull=True) | Q(chance__gte=0, chance__lte=1), name="frame_chance_is_one"),
        ]
        indexes = [
            models.Index(fields=["hospital", "registry", "operated_on", "id"], name="frame_row_by_day"),
            models.Index(fields=["cycle", "outcome"], condition=Q(cycle__isnull=False), name="frame_row_by_cycle"),
            models.Index(fields=["case"], condition=Q(case__isnull=False), name="frame_row_by_case"),
        ]
