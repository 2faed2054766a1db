"""The forms of the third floor."""

from django import forms


class ComparisonForm(forms.Form):
    """Which registry, up to which frozen period, how many periods back."""

    registry = forms.ChoiceField(label="Registry")
    upto = forms.TypedChoiceField(label="Up to and including", coerce=int)
    periods = forms.TypedChoiceField(
        label="Periods together", coerce=int, choices=[(4, "the latest four"), (1, "one"), (2, "two"), (8, "eight")]
    )

    def __init__(
        self, data: dict | None = None, *, registries: list[tuple[str, str]], snapshots: list[tuple[int, str]]
    ) -> None:
        super().__init__(data)
        self.fields["registry"].choices = registries
        self.fields["upto"].choices = snapshots


class ReasonForm(forms.Form):
    """A reason in words."""

    reason = forms.CharField(label="Why?", max_length=400)


class CheckForm(forms.Form):
    """A checker's decision."""

    decision = forms.ChoiceField(
        label="Decision", choices=[("release", "Release to the payer"), ("reject", "Reject")], widget=forms.RadioSelect
    )
    reason = forms.CharField(label="Why? (needed when you reject)", max_length=400, required=False)
