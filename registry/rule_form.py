"""The form in which an edit rule is written."""

from typing import Any

from django import forms

from registry.actions.rules import Wording

LONGEST = 400


class RuleForm(forms.Form):
    """One rule: where the expression holds, there is a fault."""

    registry = forms.ChoiceField(label="Registry")
    code = forms.CharField(label="Code", max_length=60, help_text="Letters, digits and underscores, such as BMI_IMPLAUSIBLE.")
    expression = forms.CharField(
        label="Fault when",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="The language of branching logic: [age_years] > 100 and [asa] = '1'.",
    )
    severity = forms.ChoiceField(
        label="How grave", choices=[("soft", "needs a reason"), ("hard", "must be mended")], widget=forms.RadioSelect
    )
    message = forms.CharField(label="Message", max_length=LONGEST, help_text="What the abstractor reads beside the field.")
    remedy = forms.CharField(label="What to do", max_length=LONGEST, required=False)
    elements = forms.CharField(
        label="Shown at", required=False, max_length=400, help_text="Element names; blank for those of the expression, in their order."
    )
    starts_on = forms.DateField(label="For cases from", required=False, help_text="By the case's own date, YYYY-MM-DD; blank for all.")
    ends_before = forms.DateField(label="Until before", required=False, help_text="YYYY-MM-DD; blank for no end.")

    def __init__(self, data: Any = None, *, registries: list[Any], **options: Any) -> None:
        super().__init__(data, **options)
        self._registries = {registry.code: registry for registry in registries}
        self.fields["registry"].choices = [(registry.code, registry.title) for registry in registries]
        if len(registries) == 1:
            self.fields["registry"].initial = registries[0].code

    @property
    def chosen_registry(self) -> Any:
        """Return the registry chosen."""
        return self._registries[self.cleaned_data["registry"]]

    def wording(self) -> Wording:
        """Return what the rule is to say."""
        told = self.cleaned_data
        return Wording(
            expression=told["expression"],
            severity=told["severity"],
            message=told["message"],
            remedy=told["remedy"],
            elements=tuple(told["elements"].replace(",", " ").split()),
            starts_on=told["starts_on"],
            ends_before=told["ends_before"],
        )

    @staticmethod
    def told(rule: Any) -> dict[str, Any]:
        """Return what a rule says, to start from."""
        return {
            "registry": rule.registry.code,
            "code": rule.code,
            "expression": rule.expression,
            "severity": rule.severity,
            "message": rule.message,
            "remedy": rule.remedy,
            "elements": ", ".join(rule.elements),
            "starts_on": rule.starts_on,
            "ends_before": rule.ends_before,
        }
