"""The forms of the scorecard."""

from django import forms


class RulesForm(forms.Form):
    """A document of rules."""

    source = forms.CharField(
        label="Rules", max_length=60_000, strip=False, widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}),
        help_text="TOML. Every fault is named at once; the same code replaces a draft.",
    )  # fmt: skip


class RecordForm(forms.Form):
    """One thing done, or one record withdrawn."""

    item = forms.ChoiceField(label="What")
    on_day = forms.DateField(label="When", widget=forms.DateInput)
    words = forms.CharField(
        label="Evidence",
        max_length=400,
        help_text="What was handed in or attended, and where it can be read. No patient.",
    )
    withdrawn = forms.BooleanField(label="Withdraw one record of this item instead", required=False)

    def __init__(self, data: dict | None = None, *, items: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["item"].choices = items


class AskForm(forms.Form):
    """A waiver or an appeal."""

    kind = forms.ChoiceField(label="We ask for")
    item = forms.ChoiceField(label="Item")
    words = forms.CharField(
        label="Why",
        max_length=2000,
        widget=forms.Textarea,
        help_text="What happened, and when. No patient, no person.",
    )

    def __init__(self, data: dict | None = None, *, kinds: list[tuple[str, str]], items: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["kind"].choices, self.fields["item"].choices = kinds, items


class DecideForm(forms.Form):
    """The centre's decision."""

    request = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(label="Answer", choices=[("GRANTED", "Grant"), ("DECLINED", "Decline")])
    share = forms.FloatField(
        label="Share of the weight",
        required=False,
        min_value=0,
        max_value=100,
        help_text="Per cent; for an appeal that is granted.",
    )
    reason = forms.CharField(label="Why", max_length=2000, widget=forms.Textarea)
