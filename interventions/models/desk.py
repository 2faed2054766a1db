"""The site desk: contacts, promises, onboarding and visits between the centre and one hospital, which both sides read; and the newsletter."""

from django.db import models
from django.db.models import F, Q


class SiteContact(models.Model):
    """One contact between the centre and a hospital, in words that both read. Append-only."""

    class Kind(models.TextChoices):
        """How it came about."""

        CALL = "CALL", "call"
        MAIL = "MAIL", "mail"
        MEETING = "MEETING", "meeting"
        VISIT = "VISIT", "visit"

    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    on_day = models.DateField()
    words = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="site_contact_has_words")]
        indexes = [models.Index(fields=["hospital", "-on_day"], name="site_contact_newest")]


class SiteVisit(models.Model):
    """A visit from preparation to follow-up: prepared, held, reported, answered by the hospital. A report never changes once it is sent."""

    class State(models.TextChoices):
        """How far it is."""

        PREPARED = "PREPARED", "being prepared"
        HELD = "HELD", "held, report due"
        REPORTED = "REPORTED", "reported"
        ANSWERED = "ANSWERED", "answered by the hospital"
        CANCELLED = "CANCELLED", "cancelled"

    code = models.CharField(max_length=12, unique=True)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    on_day = models.DateField()
    purpose = models.CharField(max_length=200)
    preparation = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED)
    report = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(null=True)
    reported_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(reported_at__isnull=True, report="") | (Q(reported_at__isnull=False) & ~Q(report="")),
                name="site_visit_report_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(reported_at__isnull=False),
                name="site_visit_answer_follows_report",
            ),
        ]


class SitePromise(models.Model):
    """A task: what one side promised the other, by when, who sees to it and from when on it is a reminder; kept or dropped once, with words."""

    class Side(models.TextChoices):
        """Who promised."""

        CENTRE = "CENTRE", "the centre"
        HOSPITAL = "HOSPITAL", "the hospital"

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "OPEN", "open"
        KEPT = "KEPT", "kept"
        DROPPED = "DROPPED", "dropped"

    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(SiteVisit, on_delete=models.PROTECT, null=True, related_name="+")
    side = models.CharField(max_length=8, choices=Side.choices)
    words = models.CharField(max_length=300)
    due_on = models.DateField()
    remind_on = models.DateField()
    owner = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    closing = models.CharField(max_length=300, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True) | (~Q(state="OPEN") & Q(closed_at__isnull=False)),
                name="site_promise_closing_is_dated",
            ),
            models.CheckConstraint(condition=Q(remind_on__lte=F("due_on")), name="site_promise_reminds_in_time"),
            models.CheckConstraint(
                condition=~Q(state="DROPPED") | ~Q(closing=""), name="site_promise_dropped_with_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["hospital", "due_on"], condition=Q(state="OPEN"), name="site_promise_open")]


class OnboardingTick(models.Model):
    """One side says that a step of joining is done, or takes that back; the newest of each side counts. Append-only."""

    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    step = models.SlugField(max_length=24)
    side = models.CharField(max_length=8, choices=SitePromise.Side.choices)
    ticked = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        indexes = [models.Index(F("hospital"), F("step"), F("side"), F("id").desc(), name="onboarding_tick_newest")]


class Newsletter(models.Model):
    """A letter to every member, drafted from what happened: counts and titles that all may read, never a hospital's name. Published once."""

    code = models.CharField(max_length=12, unique=True)
    title = models.CharField(max_length=120)
    since = models.DateField()
    until = models.DateField()
    letter = models.TextField(blank=True)
    happened = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="newsletter_has_a_window"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="newsletter_published_by_somebody",
            ),
        ]
