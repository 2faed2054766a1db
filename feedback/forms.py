"""The forms of the third floor."""

from django import forms


class ComparisonForm(forms.Form):
    """Up to which frozen period (which says the registry), how many periods back."""

    upto = forms.TypedChoiceField(label="Up to and including", coerce=int)
    periods = forms.TypedChoiceField(
        label="Periods together",
        coerce=int,
        choices=[(4, "the latest four"), (1, "one"), (2, "two"), (8, "eight")],
        initial=4,
    )

    def __init__(self, data: dict | None = None, *, snapshots: list[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["upto"].choices = snapshots
        self.fields["upto"].initial = snapshots[0][0] if snapshots else None


class ReasonForm(forms.Form):
    """A reason in words."""

    reason = forms.CharField(label="Why?", max_length=400)


class CheckForm(forms.Form):
    """A checker's decision."""

    decision = forms.ChoiceField(
        label="Decision", choices=[("release", "Let it pass"), ("reject", "Reject")], widget=forms.RadioSelect
    )
    reason = forms.CharField(label="Why?", help_text="Needed when you reject.", max_length=400, required=False)


class RecallForm(forms.Form):
    """Why something that was released is withdrawn."""

    reason = forms.CharField(label="Why is it withdrawn?", help_text="The payer and every member read it.", max_length=400)


class ObjectionForm(forms.Form):
    """A hospital's word against a release in preview."""

    hospital = forms.TypedChoiceField(label="Hospital", coerce=int)
    reason = forms.CharField(label="Why should it not leave?", help_text="The coordinating centre reads it.", max_length=400)

    def __init__(self, data: dict | None = None, *, hospitals: dict[int, str]) -> None:
        super().__init__(data)
        self.fields["hospital"].choices = list(hospitals.items())
