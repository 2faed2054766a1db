"""The forms of the community and of the steering committee."""

from typing import Any

from django import forms

NO_PATIENT = "No patient and no hospital. The centre reads it before anybody else does."
KINDS = [
    ("MEASURE", "A measure"),
    ("UNBLINDING", "Unblinding"),
    ("RETIREMENT", "Retiring a measure"),
    ("OTHER", "Something else"),
    ("POLL", "A poll, which binds nobody"),
]


class OfOwn(forms.Form):
    """Something said for one of one's own hospitals."""

    hospital = forms.TypedChoiceField(label="Hospital", coerce=int)

    def __init__(self, data: Any = None, *, hospitals: dict[int, str], **rest: Any) -> None:
        super().__init__(data, initial=rest.get("initial"))
        self.fields["hospital"].choices = list(hospitals.items())


class EntryForm(OfOwn):
    """One's own entry in the directory."""

    topics = forms.CharField(label="What one may ask you about", required=False, max_length=200)
    contact = forms.CharField(label="How to reach you", required=False, max_length=160)
    listed = forms.BooleanField(label="Let members of other hospitals find me", required=False)


class FoundForm(OfOwn):
    """Whether a hospital lets its people be found."""

    key = "found"
    listed = forms.ChoiceField(
        label="Its people", choices=[("1", "may be found under its name"), ("0", "may not be found")]
    )


class QuestionForm(forms.Form):
    """A question to peers."""

    about = forms.CharField(label="About", max_length=160, help_text="A measure, an element, a step of care.")
    words = forms.CharField(label="Your question", max_length=2000, widget=forms.Textarea, help_text=NO_PATIENT)


class AnswerForm(forms.Form):
    """An answer to a question."""

    words = forms.CharField(label="Your answer", max_length=3000, widget=forms.Textarea, help_text=NO_PATIENT)


class ModerateForm(forms.Form):
    """Publish or decline."""

    kind = forms.ChoiceField(choices=[("question", "question"), ("answer", "answer")])
    row = forms.IntegerField(min_value=1)
    publish = forms.ChoiceField(choices=[("1", "publish"), ("0", "decline")])
    reason = forms.CharField(required=False, max_length=300)


class MentorForm(OfOwn):
    """A request to an exemplar."""

    exemplar = forms.SlugField(widget=forms.HiddenInput, max_length=12)
    words = forms.CharField(
        label="What you would like to learn",
        max_length=1500,
        widget=forms.Textarea,
        help_text="No patient. The hospital you ask reads your hospital’s name.",
    )
    contact = forms.CharField(label="How to reach you", max_length=160)


class ReplyForm(OfOwn):
    """A mentor's reply."""

    request = forms.SlugField(widget=forms.HiddenInput, max_length=12)
    agreed = forms.ChoiceField(label="You", choices=[("1", "help"), ("0", "cannot now")])
    words = forms.CharField(label="Whom to reach, or why not", max_length=600)


class BallotForm(forms.Form):
    """A question to the committee."""

    kind = forms.ChoiceField(label="About", choices=KINDS)
    question = forms.CharField(label="Question", max_length=300)
    options = forms.CharField(label="Options, one a line", max_length=700, widget=forms.Textarea)
    quorum = forms.IntegerField(label="Quorum, in votes", min_value=1, max_value=200)
    closes_at = forms.DateTimeField(
        label="Ends", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), help_text="UTC; within 60 days."
    )


class SeatForm(forms.Form):
    """A seat for somebody."""

    email = forms.EmailField(label="E-mail of somebody who has an account")
