"""The forms of the fourth floor."""

from django import forms


class InviteForm(forms.Form):
    """Whom a search nominated, by its label, and on which measure."""

    label = forms.CharField(max_length=8)
    measure = forms.CharField(max_length=48)


class AnswerForm(forms.Form):
    """A hospital's answer to an invitation."""

    state = forms.ChoiceField(
        label="Your answer",
        widget=forms.RadioSelect,
        choices=[
            ("ACCEPTED", "We may be named to those chosen below"),
            ("UNNAMED", "We tell the centre what we do, without our name"),
            ("DECLINED", "We decline"),
            ("WITHDRAWN", "We take our consent back"),
        ],
    )
    audience = forms.ChoiceField(
        label="Who may read our name",
        required=False,
        choices=[("COLLABORATIVE", "the hospitals of the registry"), ("CENTRE", "the coordinating centre alone")],
    )
    expires_on = forms.DateField(label="Until", required=False, widget=forms.DateInput, help_text="At most two years from today.")
    contact = forms.CharField(label="Whom to ask", required=False, max_length=160, help_text="Read by whoever reads the name. Ask that person first.")
    practice = forms.CharField(
        label="What we do", required=False, max_length=4000, widget=forms.Textarea,
        help_text="Who does what, when, with what? No patient, no person.",
    )  # fmt: skip

    def __init__(self, data: dict | None = None, *, allowed: tuple[str, ...], initial: dict | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["state"].choices = [(code, words) for code, words in self.fields["state"].choices if code in allowed]


class ToolkitForm(forms.Form):
    """A toolkit's first version."""

    registry = forms.ChoiceField(label="Registry")
    measure_code = forms.SlugField(label="Measure", max_length=48, help_text="Its short name, such as ssi30.")
    code = forms.SlugField(label="Short name", max_length=40)
    title = forms.CharField(label="Title", max_length=120)
    summary = forms.CharField(label="What it is, in a sentence", max_length=600)
    components = forms.CharField(
        label="Components", max_length=4000, widget=forms.Textarea, help_text="One a line: who does what, when, with what."
    )
    effort = forms.ChoiceField(
        label="Effort",
        choices=[("SMALL", "a few people, no money"), ("MIDDLING", "several professions, some weeks"), ("LARGE", "money or rebuilding")],
    )
    balancing = forms.CharField(
        label="What might get worse", max_length=200, required=False, help_text="Short names of other measures, with spaces between; declared once."
    )
    offered_on = forms.DateField(label="On offer from", widget=forms.DateInput, help_text="Today or later; it never changes.")
    learnt_from = forms.CharField(
        label="Learnt from", max_length=12, required=False, help_text="The code of an invitation. A name shows by consent alone."
    )

    def __init__(self, data: dict | None = None, *, registries: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["registry"].choices = registries


class StepForm(forms.Form):
    """The next state of evidence."""

    to = forms.ChoiceField(label="Next step")
    reason = forms.CharField(label="Why?", max_length=600)

    def __init__(self, data: dict | None = None, *, states: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["to"].choices = states


class AdoptForm(forms.Form):
    """A start, and what is declared with it."""

    hospital = forms.TypedChoiceField(label="Hospital", coerce=int)
    starts_on = forms.DateField(
        label="We start on", widget=forms.DateInput, help_text="After today. It is locked, so that it can be believed afterwards."
    )
    window = forms.TypedChoiceField(label="Looked at over", coerce=int, choices=[(4, "four quarters"), (8, "eight quarters")])
    adapted = forms.CharField(label="What we do differently here", required=False, max_length=2000, widget=forms.Textarea)

    def __init__(self, data: dict | None = None, *, hospitals: list[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["hospital"].choices = hospitals


class NoteForm(forms.Form):
    """One turn of plan, do, study, act."""

    plan = forms.CharField(label="What we planned", required=False, max_length=2000, widget=forms.Textarea)
    did = forms.CharField(label="What we did", required=False, max_length=2000, widget=forms.Textarea)
    saw = forms.CharField(label="What we saw", required=False, max_length=2000, widget=forms.Textarea)
    following = forms.CharField(label="What we do next", required=False, max_length=2000, widget=forms.Textarea)


class StopForm(forms.Form):
    """Why it was stopped."""

    reason = forms.CharField(label="Why?", max_length=600)
