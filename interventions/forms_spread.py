"""The forms of plans, spread, help and recognition."""

from django import forms

OWN = "own"
HINDRANCES = [
    ("STAFF", "too few people"), ("SUPPLY", "material is missing"), ("CONSENSUS", "colleagues are not convinced"),
    ("ROUTINE", "it does not fit the routine"), ("MONEY", "money"), ("DATA", "we cannot see whether it happens"),
    ("OTHER_WORK", "something else comes first"), ("UNSUITED", "it does not suit our patients"),
]  # fmt: skip


class PriorityForm(forms.Form):
    """What a hospital will change, who answers for it, and what comes next."""

    hospital = forms.TypedChoiceField(label="Hospital", coerce=int)
    owner = forms.TypedChoiceField(label="Who answers for it", coerce=int)
    lever = forms.ChoiceField(label="What you will change")
    own_lever = forms.CharField(
        label="In your own words", required=False, max_length=600, help_text="When it is not from the library."
    )
    watched = forms.ChoiceField(
        label="By what would you see that it moves", help_text="Often a process moves before an outcome does."
    )
    step = forms.CharField(label="The next step", max_length=600, widget=forms.Textarea)
    due_on = forms.DateField(label="By when", widget=forms.DateInput)

    def __init__(
        self,
        data: dict | None = None,
        *,
        hospitals: list,
        owners: list,
        levers: list,
        watchable: list,
        initial: dict | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["hospital"].choices = hospitals
        self.fields["owner"].choices = owners
        self.fields["lever"].choices = [*levers, (OWN, "something else, in our own words")]
        self.fields["watched"].choices = watchable

    def clean(self) -> dict:
        """Ask for words where the lever is one's own."""
        found = super().clean()
        if found.get("lever") == OWN and not found.get("own_lever", "").strip():
            self.add_error("own_lever", "Say what you will change.")
        return found


class ProgressForm(forms.Form):
    """A note, or with a day the next step."""

    words = forms.CharField(label="What was done, or comes next", max_length=2000, widget=forms.Textarea)
    due_on = forms.DateField(label="By when", required=False, widget=forms.DateInput, help_text="Only for a next step.")


class OwnerForm(forms.Form):
    """Who answers for it from now on."""

    owner = forms.TypedChoiceField(label="Who answers for it", coerce=int)

    def __init__(self, data: dict | None = None, *, owners: list, initial: dict | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["owner"].choices = owners


class EndForm(forms.Form):
    """How a priority ended."""

    state = forms.ChoiceField(
        label="How it ends", widget=forms.RadioSelect, choices=[("DONE", "done"), ("STOPPED", "stopped")]
    )
    reason = forms.CharField(label="What did you learn?", max_length=1000, widget=forms.Textarea)


class UptakeForm(forms.Form):
    """One component: begun, stopped, or not for now."""

    component = forms.ChoiceField(label="Component")
    kind = forms.ChoiceField(
        label="What happened", widget=forms.RadioSelect,
        choices=[("STARTS", "it starts here"), ("STOPS", "we stopped it"), ("DECLINES", "not for now")],
    )  # fmt: skip
    on_day = forms.DateField(label="From", widget=forms.DateInput)
    hindrance = forms.ChoiceField(
        label="If not: what stands in the way", required=False, choices=[("", "–"), *HINDRANCES]
    )
    words = forms.CharField(
        label="In your own words",
        required=False,
        max_length=600,
        help_text="The coordinating centre reads it with your name.",
    )

    def __init__(self, data: dict | None = None, *, components: list[str]) -> None:
        super().__init__(data)
        self.fields["component"].choices = [(str(at), words) for at, words in enumerate(components)]


class BarrierForm(forms.Form):
    """What stands in the way, or how it was overcome."""

    hindrance = forms.ChoiceField(label="What stands in the way", choices=HINDRANCES)
    solved = forms.BooleanField(label="We overcame it", required=False)
    may_be_asked = forms.BooleanField(
        label="Other hospitals may ask us about it",
        required=False,
        help_text="You are asked each time, and named only when you agree then.",
    )
    words = forms.CharField(
        label="In your own words",
        required=False,
        max_length=1000,
        widget=forms.Textarea,
        help_text="Read by your hospital alone.",
    )


class AskForm(forms.Form):
    """Which help is wanted."""

    hindrance = forms.ChoiceField(label="With what", choices=HINDRANCES)
    way = forms.ChoiceField(
        label="Which help", widget=forms.RadioSelect,
        choices=[
            ("PEER", "be introduced to a hospital that overcame it"), ("CHOSEN", "be introduced to the one that the coordinating centre chooses"),
            ("CALL", "a call from the coordinating centre"), ("MATERIAL", "material"),
        ],
    )  # fmt: skip
    question = forms.CharField(
        label="Your question", required=False, max_length=600, widget=forms.Textarea,
        help_text="A peer reads it before it knows who asks: write nothing that tells.",
    )  # fmt: skip


class SideForm(forms.Form):
    """What one side of an introduction answers."""

    state = forms.ChoiceField(choices=[("AGREED", ""), ("DECLINED", ""), ("WITHDRAWN", "")])
    contact = forms.CharField(label="Whom to reach, and how", required=False, max_length=160)


class AnsweredForm(forms.Form):
    """What the centre did about a request."""

    answer = forms.CharField(label="What was done", max_length=1000)


class RuleForm(forms.Form):
    """A rule of recognition, declared before it counts."""

    registry = forms.ChoiceField(label="Registry")
    kind = forms.ChoiceField(
        label="For what",
        choices=[
            ("MOST_IMPROVED", "improved most, beyond chance"), ("BEST_DATA", "data of the best quality"), ("MENTOR", "helped another hospital"),
            ("FIRST_ADOPTER", "among the first to try"), ("ABSTRACTORS", "abstractors whose readings agree"),
            ("TOGETHER", "a target reached together"),
        ],
    )  # fmt: skip
    title = forms.CharField(label="Title", max_length=120, help_text="As it will stand on the certificate.")
    measure_code = forms.SlugField(
        label="Measure", max_length=48, required=False, help_text="Its short name, for improvement and targets."
    )
    threshold = forms.FloatField(
        label="Threshold", required=False, help_text="Agreement for abstractors (0.95), rate for a target (0.05)."
    )
    counts_from = forms.DateField(
        label="Counts from", widget=forms.DateInput, help_text="After today; a rule is never changed."
    )

    def __init__(self, data: dict | None = None, *, registries: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["registry"].choices = registries


class ShowForm(forms.Form):
    """Whether a recognition is shown."""

    state = forms.ChoiceField(
        label="Who may read it",
        widget=forms.RadioSelect,
        choices=[("SHOWN", "the hospitals of the registry"), ("KEPT", "nobody but us")],
    )
    shown_until = forms.DateField(
        label="Until", required=False, widget=forms.DateInput, help_text="At most two years from today."
    )
