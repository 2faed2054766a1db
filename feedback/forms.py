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
        label="Decision", choices=[("release", "Release to the payer"), ("reject", "Reject")], widget=forms.RadioSelect
    )
    reason = forms.CharField(label="Why?", help_text="Needed when you reject.", max_length=400, required=False)
