"""The forms of meetings."""

from typing import Any

from django import forms

MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
KINDS = [
    ("QUARTERLY", "Meeting of the collaborative"),
    ("SURGEONS", "Surgeons’ call"),
    ("ABSTRACTORS", "Abstractors’ call"),
    ("COMMITTEE", "Steering committee"),
]


class PlanForm(forms.Form):
    """A meeting that is planned."""

    registry = forms.ChoiceField(label="Registry")
    kind = forms.ChoiceField(label="Who meets", choices=KINDS)
    title = forms.CharField(label="Title", max_length=120)
    place = forms.CharField(label="Where", required=False, max_length=160)
    starts_at = forms.DateTimeField(label="When", widget=MOMENT, help_text="UTC.")

    def __init__(self, data: Any = None, *, registries: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["registry"].choices = registries


class ItemForm(forms.Form):
    """One thing on the agenda."""

    words = forms.CharField(
        label="What", max_length=200, help_text="No hospital and no patient: a name stands by consent alone."
    )
    minutes = forms.IntegerField(label="Minutes", min_value=1, max_value=240)
    exemplar = forms.ChoiceField(label="Who shows how it works", required=False)

    def __init__(self, data: Any = None, *, exemplars: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["exemplar"].choices = [("", "nobody in particular"), *exemplars]


class InviteForm(forms.Form):
    """Who is invited: everybody in some roles."""

    roles = forms.MultipleChoiceField(label="Invite everybody who is", widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, roles: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["roles"].choices = roles


class SlidesForm(forms.Form):
    """Which measures the deck shows."""

    measures = forms.MultipleChoiceField(label="Measures", widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, measures: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["measures"].choices = measures


class OpenForm(forms.Form):
    """Until when the deck is open."""

    until = forms.DateTimeField(
        label="Open until",
        widget=MOMENT,
        help_text="UTC; two weeks from now at most. A moment that has passed closes the deck.",
    )


class CloseForm(forms.Form):
    """How a meeting ended."""

    held = forms.ChoiceField(label="It was", choices=[("1", "held"), ("0", "cancelled")])
    came = forms.TypedMultipleChoiceField(label="Who came", coerce=int, required=False)
    notes = forms.CharField(
        label="Notes",
        required=False,
        max_length=8000,
        widget=forms.Textarea,
        help_text="No hospital and no patient. The notes of a call are read by every member.",
    )

    def __init__(self, data: Any = None, *, people: list[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["came"].choices = people
