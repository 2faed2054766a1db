"""The forms of audits and training."""

from typing import Any

from django import forms

from registry.auditing.sample import Plan


class NoticeForm(forms.Form):
    """Give notice of an audit: where, which cases, how many of each kind, who reads them."""

    where = forms.ChoiceField(label="Hospital and registry")
    starts_on = forms.DateField(label="Operations from", required=False, widget=forms.DateInput)
    ends_before = forms.DateField(label="Until before", required=False, widget=forms.DateInput)
    random = forms.IntegerField(label="Cases at random", min_value=0, max_value=60, initial=8)
    high_yield = forms.IntegerField(
        label="High-yield cases", min_value=0, max_value=60, initial=4, help_text="With recorded events; the more, the likelier."
    )
    zero = forms.IntegerField(label="Cases without an event", min_value=0, max_value=60, initial=4, help_text="Under-capture shows here.")
    twice = forms.IntegerField(label="Of these, read by two reviewers", min_value=0, max_value=60, initial=0)
    first_reviewer = forms.TypedChoiceField(label="Reviewer", coerce=int)
    second_reviewer = forms.TypedChoiceField(label="Second reviewer", coerce=int, required=False, empty_value=None)
    notice_days = forms.IntegerField(
        label="Days of notice", min_value=0, max_value=90, initial=14, help_text="Fourteen, unless the hospital agreed to fewer."
    )

    def __init__(self, data: Any = None, *, places: list[tuple[str, str]], reviewers: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["where"].choices = places
        self.fields["first_reviewer"].choices = reviewers
        self.fields["second_reviewer"].choices = [("", "nobody"), *reviewers]

    def plan(self, *, event_sections: tuple[str, ...]) -> Plan:
        """Return the sizes as a plan."""
        clean = self.cleaned_data
        return Plan(
            random=clean["random"], high_yield=clean["high_yield"], zero=clean["zero"], twice=clean["twice"], event_sections=event_sections
        )

    def reviewer_ids(self) -> list[int]:
        """Return the chosen reviewers, each once."""
        chosen = [self.cleaned_data["first_reviewer"], self.cleaned_data["second_reviewer"]]
        return list(dict.fromkeys(item for item in chosen if item))


class CertifyForm(forms.Form):
    """Certify somebody by hand, on evidence from elsewhere."""

    who = forms.ChoiceField(label="Who")
    reason = forms.CharField(label="On which evidence", max_length=400)

    def __init__(self, data: Any = None, *, people: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["who"].choices = people
