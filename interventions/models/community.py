"""The community: a directory by two consents, questions to peers that somebody read before anybody else, mentors by measure."""

from django.db import models
from django.db.models import F, Q


class DirectoryEntry(models.Model):
    """Somebody lets members of other hospitals find them; it counts only while their hospital lets its people be found."""

    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    topics = models.CharField(max_length=200)
    contact = models.CharField(max_length=160)
    listed = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "hospital"], name="directory_entry_once")]


class DirectoryConsent(models.Model):
    """A hospital lets its people be found by members, or takes that back; the newest counts. Append-only."""

    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    listed = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        indexes = [models.Index(F("hospital"), F("id").desc(), name="directory_consent_newest")]


class Moderated(models.TextChoices):
    """Whether somebody of the centre has read it."""

    WAITING = "WAITING", "waits for the centre"
    PUBLISHED = "PUBLISHED", "read by members"
    DECLINED = "DECLINED", "not published"


class PeerQuestion(models.Model):
    """A question to peers. Members read its words once they are published, never who asked."""

    code = models.CharField(max_length=12, unique=True)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=160, blank=True)
    words = models.TextField()
    state = models.CharField(max_length=9, choices=Moderated.choices, default=Moderated.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    moderated_at = models.DateTimeField(null=True)
    moderated_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="peer_question_has_words"),
            models.CheckConstraint(
                condition=Q(state="WAITING") | Q(moderated_by__isnull=False), name="peer_question_is_moderated"
            ),
            models.CheckConstraint(
                condition=~Q(state="DECLINED") | ~Q(reason=""), name="peer_question_declined_with_a_reason"
            ),
        ]


class PeerAnswer(models.Model):
    """An answer to a question, moderated like it; from the centre where no hospital stands."""

    question = models.ForeignKey(PeerQuestion, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")
    words = models.TextField()
    state = models.CharField(max_length=9, choices=Moderated.choices, default=Moderated.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    moderated_at = models.DateTimeField(null=True)
    moderated_by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="peer_answer_has_words"),
            models.CheckConstraint(
                condition=Q(state="WAITING") | Q(moderated_by__isnull=False), name="peer_answer_is_moderated"
            ),
            models.CheckConstraint(
                condition=~Q(state="DECLINED") | ~Q(reason=""), name="peer_answer_declined_with_a_reason"
            ),
        ]


class MentorRequest(models.Model):
    """A hospital asks an exemplar of a measure, under its own name, for help. Append-only."""

    code = models.CharField(max_length=12, unique=True)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    exemplar_code = models.CharField(max_length=12)
    measure_title = models.CharField(max_length=160)
    words = models.TextField()
    contact = models.CharField(max_length=160)
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~Q(words="") & ~Q(contact=""), name="mentor_request_is_whole")]


class MentorReply(models.Model):
    """The exemplar's answer to a request; the newest counts. Append-only."""

    request_code = models.CharField(max_length=12)
    hospital = models.ForeignKey("sites.Hospital", on_delete=models.PROTECT, related_name="+")
    agreed = models.BooleanField()
    words = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey("sites.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
