"""The forms of the site desk."""

from typing import Any

from django import forms

DAY = forms.DateInput(attrs={"type": "date"})
BOTH_READ = "Both sides read it. No patient."


class ContactForm(forms.Form):
    """A contact."""

    key = "contact"
    kind = forms.ChoiceField(label="How", choices=[("CALL", "call"), ("MAIL", "mail"), ("MEETING", "meeting")])
    on_day = forms.DateField(label="When", widget=DAY)
    words = forms.CharField(label="What about", max_length=1000, widget=forms.Textarea, help_text=BOTH_READ)


class PromiseForm(forms.Form):
    """What one side promises, and who of it sees to that."""

    key = "promise"
    words = forms.CharField(label="We will", max_length=300, help_text=BOTH_READ)
    due_on = forms.DateField(label="By", widget=DAY)
    owner = forms.TypedChoiceField(label="Who sees to it", coerce=int)
    remind_on = forms.DateField(
        label="Remind from", required=False, widget=DAY, help_text="A week before, unless you say otherwise."
    )

    def __init__(self, data: Any = None, *, owners: list[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["owner"].choices = owners


class CloseForm(forms.Form):
    """What became of a promise."""

    promise = forms.IntegerField(widget=forms.HiddenInput)
    state = forms.ChoiceField(label="It is", choices=[("KEPT", "kept"), ("DROPPED", "dropped")])
    closing = forms.CharField(label="In words", required=False, max_length=300)


class TickForm(forms.Form):
    """A tick for one's own side."""

    step = forms.SlugField(max_length=24)
    ticked = forms.ChoiceField(choices=[("1", "done"), ("0", "not done")])


class VisitForm(forms.Form):
    """A visit that is planned."""

    key = "visit"
    on_day = forms.DateField(label="Day", widget=DAY)
    purpose = forms.CharField(label="Purpose", max_length=200)
    preparation = forms.CharField(
        label="What is prepared",
        required=False,
        max_length=4000,
        widget=forms.Textarea,
        help_text=f"Whom to meet, what to see, what to bring. {BOTH_READ}",
    )


class ReportForm(forms.Form):
    """The report of a visit."""

    report = forms.CharField(
        label="What was seen and agreed", max_length=8000, widget=forms.Textarea, help_text=BOTH_READ
    )
    ours = forms.CharField(
        label="The centre will",
        required=False,
        max_length=2000,
        widget=forms.Textarea,
        help_text="One promise a line, due in 30 days.",
    )
    theirs = forms.CharField(
        label="The hospital will",
        required=False,
        max_length=2000,
        widget=forms.Textarea,
        help_text="One promise a line, due in 30 days.",
    )


class AnswerForm(forms.Form):
    """The hospital's word on a report."""

    words = forms.CharField(label="Is the report right?", max_length=4000, widget=forms.Textarea)


class NewsletterForm(forms.Form):
    """The window of a newsletter that is to be drafted."""

    title = forms.CharField(label="Title", max_length=120)
    since = forms.DateField(label="From", widget=DAY)
    until = forms.DateField(label="To, that day not counted", widget=DAY)


class LetterForm(forms.Form):
    """What the centre writes above what happened."""

    letter = forms.CharField(
        label="The letter",
        required=False,
        max_length=6000,
        widget=forms.Textarea,
        help_text="Every member reads it. It names no hospital and no patient: names stand below, by consent.",
    )
