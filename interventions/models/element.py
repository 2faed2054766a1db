"""TestableElement: one thing that can be read from a case as done or not done; ElementTest: what the frozen cases say of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from interventions.models.toolkit import Toolkit


class TestableElement(models.Model):
    """A part of a practice that the registry can see: an element of its dictionary, and when it counts as done.

    ``bundle``: which elements are tested together, declared when they are written. ``added``: put into the dictionary for this
    question alone, to be taken out after ``ends_on``. Only its state changes.
    """

    __test__ = False

    code = models.SlugField(max_length=40, unique=True)
    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    measure_code = models.SlugField(max_length=48)
    measure_title = models.CharField(max_length=160)
    title = models.CharField(max_length=120)
    element = models.CharField(max_length=100)
    done_when = models.TextField()
    bundle = models.CharField(max_length=80, blank=True)
    added = models.BooleanField(default=False)
    ends_on = models.DateField(null=True)
    practice = models.ForeignKey("interventions.Practice", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=Toolkit.State.choices, default=Toolkit.State.ANECDOTE)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(added=True, ends_on__isnull=False) | Q(added=False, ends_on__isnull=True),
                name="added_element_ends",
            ),
        ]


class ElementStep(models.Model):
    """An element's step to another state of evidence: who signed it, and why. Append-only."""

    element = models.ForeignKey(TestableElement, on_delete=models.PROTECT, related_name="steps")
    was = models.CharField(max_length=10, choices=Toolkit.State.choices)
    now = models.CharField(max_length=10, choices=Toolkit.State.choices)
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="element_step_has_a_reason")]


class ToolkitElement(models.Model):
    """An element that a toolkit asks for. Append-only."""

    toolkit = models.ForeignKey(Toolkit, on_delete=models.PROTECT, related_name="+")
    element = models.ForeignKey(TestableElement, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["toolkit", "element"], name="toolkit_element_once")]


class ElementTest(models.Model):
    """What the frozen cases of a comparison say of one element, of a toolkit's elements together, or of a declared bundle.

    Append-only, without any hospital. A test that could not be made keeps the reasons.
    """

    registry = models.ForeignKey("registry.Registry", on_delete=models.PROTECT, related_name="+")
    comparison = models.ForeignKey("feedback.Comparison", on_delete=models.PROTECT, related_name="+")
    measure_code = models.SlugField(max_length=48)
    element = models.ForeignKey(TestableElement, on_delete=models.PROTECT, null=True, related_name="+")
    toolkit = models.ForeignKey(Toolkit, on_delete=models.PROTECT, null=True, related_name="+")
    bundle = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    refusal = ArrayField(models.TextField(), default=list)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(element__isnull=True) | Q(toolkit__isnull=True), name="element_test_is_of_one_thing"
            )
        ]
