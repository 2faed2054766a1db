"""The forms of agreements and consents."""

from typing import Any

from django import forms

PURPOSES = [("QI", "Quality improvement"), ("RESEARCH", "Research"), ("REGULATOR", "Reports to a regulator")]
AUDIENCES = [("MEETING", "Those invited to a meeting"), ("COLLABORATIVE", "Every member of the collaborative")]


class OfHospital(forms.Form):
    """Something said for one of one's hospitals."""

    hospital = forms.TypedChoiceField(label="Hospital", coerce=int)

    def __init__(self, data: dict | None = None, *, hospitals: dict[int, str]) -> None:
        super().__init__(data)
        self.fields["hospital"].choices = list(hospitals.items())


class AcceptForm(OfHospital):
    """Accept an agreement."""

    agreement = forms.CharField(widget=forms.HiddenInput())
    capacity = forms.CharField(
        label="In which capacity do you sign?",
        max_length=120,
        help_text="For example: chief medical officer. It is kept with your name.",
    )


class EndAgreementForm(OfHospital):
    """End an agreement."""

    purpose = forms.ChoiceField(label="Agreement on", choices=PURPOSES)
    reason = forms.CharField(label="Why does it end?", max_length=400)


class ConsentForm(OfHospital):
    """Consent to be named."""

    measure = forms.ChoiceField(label="Measure")
    audience = forms.ChoiceField(label="Who may read the name", choices=AUDIENCES)
    expires_on = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: dict | None = None, *, hospitals: dict[int, str], measures: list[Any]) -> None:
        super().__init__(data, hospitals=hospitals)
        self.fields["measure"].choices = [(str(row.pk), row.title) for row in measures]


class PublishForm(forms.Form):
    """The next version of an agreement."""

    purpose = forms.ChoiceField(label="Purpose", choices=PURPOSES)
    title = forms.CharField(label="Title", max_length=160)
    text = forms.CharField(label="Text", max_length=20_000, widget=forms.Textarea(attrs={"rows": 8}))
    required_from = forms.DateField(
        label="Required from",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="From that day on, a hospital that has not accepted this version is left out.",
    )
