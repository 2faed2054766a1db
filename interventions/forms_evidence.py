"""The forms of practices, elements, versions and the discussion."""

from django import forms


class PracticeForm(forms.Form):
    """Who does what, when, with what."""

    origin = forms.ChoiceField(label="Learnt by", choices=[("VISIT", "a visit"), ("CALL", "a call")])
    title = forms.CharField(label="In a few words", max_length=120)
    who = forms.CharField(label="Who", max_length=300, help_text="Professions, not people.")
    what = forms.CharField(
        label="Does what",
        max_length=4000,
        widget=forms.Textarea,
        help_text="No patient, no person, no date, not the hospital’s name.",
    )
    when = forms.CharField(label="When", max_length=300)
    with_what = forms.CharField(label="With what", max_length=600, required=False)
    material = forms.CharField(
        label="Material", max_length=600, required=False, help_text="What there is to show: a card, a protocol, a form."
    )

    def __init__(self, data: dict | None = None, *, own: bool) -> None:
        super().__init__(data)
        if own:
            del self.fields["origin"]


class MaterialForm(forms.Form):
    """A file of a practice or a toolkit."""

    title = forms.CharField(label="What it is, in a few words", max_length=120)
    file = forms.FileField(label="File", error_messages={"required": "Choose a file."})


class ShareForm(forms.Form):
    """Who may read a practice."""

    audience = forms.ChoiceField(
        label="Who may read these words", widget=forms.RadioSelect,
        choices=[("COLLABORATIVE", "the hospitals of the registry"), ("CENTRE", "we and the coordinating centre alone")],
    )  # fmt: skip
    expires_on = forms.DateField(
        label="Until", required=False, widget=forms.DateInput, help_text="At most two years from today."
    )
    contact = forms.CharField(
        label="Whom to ask",
        required=False,
        max_length=160,
        help_text="Read only where your hospital agreed to be named. Ask that person first.",
    )


class ElementForm(forms.Form):
    """An element that can be read from a case."""

    registry = forms.ChoiceField(label="Registry")
    measure_code = forms.SlugField(
        label="Measure", max_length=48, help_text="The outcome it may have to do with, such as ssi30."
    )
    code = forms.SlugField(label="Short name", max_length=40)
    title = forms.CharField(label="Title", max_length=120)
    done_when = forms.CharField(
        label="Done when",
        max_length=600,
        help_text="In the language of the measures, such as [oral_antibiotics] = '1'. Blank counts as not known.",
    )
    bundle = forms.CharField(
        label="Tested together as",
        max_length=80,
        required=False,
        help_text="The name of a bundle; its elements are also counted together.",
    )
    ends_on = forms.DateField(
        label="Added until", required=False, widget=forms.DateInput,
        help_text="Only for a yes-or-no element that the dictionary does not have yet: a draft of it is written, which asks it of operations"
        " up to this day.",
    )  # fmt: skip
    practice = forms.CharField(
        label="From the practice", max_length=12, required=False, help_text="Its code, if it was learnt from one."
    )

    def __init__(
        self, data: dict | None = None, *, registries: list[tuple[str, str]], initial: dict | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["registry"].choices = registries


class AskForm(forms.Form):
    """What a toolkit asks for, or was made from."""

    element = forms.ChoiceField(label="Element", required=False)
    practice = forms.ChoiceField(label="Practice", required=False)

    def __init__(
        self, data: dict | None = None, *, elements: list[tuple[str, str]], practices: list[tuple[str, str]]
    ) -> None:
        super().__init__(data)
        self.fields["element"].choices = [("", "none"), *elements]
        self.fields["practice"].choices = [("", "none"), *practices]


class VersionForm(forms.Form):
    """The next version of a toolkit."""

    components = forms.CharField(
        label="Components",
        max_length=4000,
        widget=forms.Textarea,
        help_text="One a line: who does what, when, with what.",
    )
    change = forms.CharField(label="What changed, and why", max_length=600)


class CommentForm(forms.Form):
    """What a member says."""

    words = forms.CharField(
        label="Say something", max_length=2000, widget=forms.Textarea,
        help_text="No patient, no person, no date. Others read it without your name or hospital; the coordinating centre can see who wrote.",
    )  # fmt: skip


class FlagForm(forms.Form):
    """What is wrong with a comment."""

    reason = forms.CharField(label="What is wrong with it?", max_length=300)


class RuleForm(forms.Form):
    """What the centre makes of a flagged comment."""

    kind = forms.ChoiceField(label="The comment", choices=[("KEEP", "is kept"), ("REMOVE", "is taken away")])
    reason = forms.CharField(label="Why?", max_length=300)
