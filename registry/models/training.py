"""Training and certification: rules, invented gold cases, attempts in the sandbox, states with their history, reviews of submissions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from registry.models.sheet import Sheet


class TrainingRules(models.Model):
    """The declared rules of a registry that trains its abstractors; a registry without a row asks for no certification.

    ``pass_mark`` and ``most_disagreement`` are shares; ``n_gold`` gold cases passed make an abstractor provisional,
    ``n_reviewed`` released cases or an audit within the limit certified, for ``valid_days``.
    """

    registry = models.OneToOneField("registry.Registry", on_delete=models.PROTECT, related_name="training_rules")
    pass_mark = models.FloatField(default=0.9)
    n_gold = models.PositiveSmallIntegerField(default=3)
    n_reviewed = models.PositiveSmallIntegerField(default=20)
    valid_days = models.PositiveSmallIntegerField(default=365)
    most_disagreement = models.FloatField(default=0.05)
    introduced_on = models.DateField()
    introduced_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()


class GoldCase(models.Model):
    """An invented chart with its agreed answers by column, for one dictionary version. ``given`` is filled in beforehand.

    ``weights`` (1 unless named) and ``tolerances`` (how far a number, or a date in days, may be off) are by element.
    The web's role cannot read these two, nor the answers.
    """

    code = models.CharField(max_length=12, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("registry.DictionaryVersion", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    vignette = models.TextField()
    given = models.JSONField(default=dict)
    answers = models.JSONField()
    weights = models.JSONField(default=dict)
    tolerances = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["registry", "position"], name="gold_case_place_once")]


class TrainingAttempt(Sheet):
    """One person's own answers to a gold case, in the same form as real cases; once finished, the worker scores them."""

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    gold = models.ForeignKey(GoldCase, on_delete=models.PROTECT, related_name="attempts")
    score = models.FloatField(null=True)
    detail = models.JSONField(default=list)

    class Meta(Sheet.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(status="DONE") | Q(score__isnull=True), name="training_attempt_scored_when_done"),
            models.UniqueConstraint(
                fields=["person", "gold"], condition=Q(status="OPEN"), name="training_attempt_one_open"
            ),
        ]


class Certification(models.Model):
    """A step in what somebody may submit for a registry at a hospital; the newest row holds. Append-only."""

    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=11)
    on_day = models.DateField()
    until = models.DateField(null=True)
    evidence = models.TextField()
    audit = models.ForeignKey("registry.Audit", on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["TRAINEE", "PROVISIONAL", "CERTIFIED", "LAPSED"]), name="certification_state_known"
            ),
        ]
        indexes = [models.Index(fields=["person", "hospital", "registry", "-id"], name="certification_newest")]


class TrainingAssignment(models.Model):
    """Training that somebody is asked to do, and why; done when a gold case is passed after it was given."""

    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    audit = models.ForeignKey("registry.Audit", on_delete=models.PROTECT, null=True, related_name="+")
    elements = ArrayField(models.TextField(), default=list)
    reason = models.TextField()
    given_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()


class CaseReview(models.Model):
    """A case that somebody not yet certified submitted: it counts once a colleague has released it."""

    case = models.ForeignKey("registry.Case", on_delete=models.PROTECT, related_name="reviews")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    submitted_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    decision = models.CharField(max_length=8, blank=True)
    decided_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=["", "RELEASED", "RETURNED"]), name="case_review_decision_known"
            ),
            models.CheckConstraint(
                condition=~Q(decision="RELEASED") | ~Q(decided_by=F("submitted_by")), name="case_review_by_a_second_person"
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(decision=""), name="case_review_one_open"),
        ]
