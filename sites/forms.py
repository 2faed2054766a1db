"""The forms of the first floor."""

from django import forms

from sites.access.roles import Role


class SignInForm(forms.Form):
    """Address and password."""

    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class IdentifiedForm(forms.Form):
    """Why somebody needs to see cases with their hospital."""

    reason = forms.CharField(
        label="Why do you need identified cases?",
        min_length=10,
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"min_length": "Write a sentence: the hospital reads this reason in its trail."},
    )


class TokenForm(forms.Form):
    """Name a token for a hospital's computer."""

    name = forms.CharField(label="What will use this token?", max_length=80)
    hospital = forms.TypedChoiceField(label="Hospital", coerce=int)

    def __init__(self, data: dict | None = None, *, hospitals: dict[int, str]) -> None:
        super().__init__(data)
        self.fields["hospital"].choices = list(hospitals.items())


class GrantForm(forms.Form):
    """Grant a role to somebody by e-mail address."""

    email = forms.EmailField(label="E-mail")
    name = forms.CharField(label="Name", max_length=120)
    role = forms.ChoiceField(label="Role")
    hospital = forms.TypedChoiceField(label="Hospital", coerce=int)
    surgeon_code = forms.CharField(label="Surgeon code in the hospital's files", max_length=40, required=False)

    def __init__(self, data: dict | None = None, *, hospitals: dict[int, str], roles: list[Role]) -> None:
        super().__init__(data)
        self.fields["hospital"].choices = list(hospitals.items())
        self.fields["role"].choices = [(role.value, role.words) for role in roles]


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Ask for the same words twice."""
        if self.cleaned_data["again"] != self.cleaned_data.get("password"):
            raise forms.ValidationError("The two passwords differ. Type both again.")
        return self.cleaned_data["again"]


class SessionForm(SignInForm):
    """Sign the person of an open page in again: ``expected`` is whom the page was made for."""

    expected = forms.EmailField()


class EndForm(forms.Form):
    """End a role, with the reason."""

    ends_on = forms.DateField(label="From which day does it no longer hold?")
    reason = forms.CharField(label="Why does it end?", max_length=200)


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}),
        help_text="Six digits from your authenticator app, or one of your recovery codes.",
    )


class AgainForm(forms.Form):
    """The password once more, for somebody without an app."""

    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class PasskeyForm(forms.Form):
    """What its owner calls a new passkey; the credential is what the browser made."""

    name = forms.CharField(
        label="What do you call it?",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="The device it is on, for example: my telephone.",
    )
    credential = forms.CharField(max_length=20_000, widget=forms.HiddenInput)
