"""Template tags for form fields: label, hint, control and what is said about it, the same on every page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms, template
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


def _row(
    *,
    control: str,
    name: str,
    label: str,
    hint: str,
    findings: Iterable[Any],
    source: str,
    required: bool,
    group: bool = False,
    state: str = "",
    row_attrs: Mapping[str, Any] | None = None,
) -> SafeString:
    found = [_finding(item) for item in findings]
    return render_to_string(
        "components/field.html",
        {
            "control": control,
            "id": field_id(name),
            "label": label,
            "hint": hint,
            "findings": found,
            "source": source,
            "required": required,
            "group": group,
            "state": state,
            "row_attrs": flatatt(dict(row_attrs or {})),
        },
    )


def _finding(item: Any) -> dict[str, Any]:
    severity, words = (item.severity, item.message) if hasattr(item, "severity") else item
    remedy = getattr(item, "remedy", "")
    return {"hard": str(severity).lower() in ("hard", "error"), "words": words, "remedy": remedy}


class _Kept(str):
    """A field's name that knows which of several forms of a page it stands in, so that no two controls share an id."""

    form = ""


def field_id(name: str) -> str:
    """Say the id of a field's control: what an error summary links to."""
    return f"field-{getattr(name, 'form', '')}{name}"


def _control_attrs(
    *, name: str, hint: str, findings: Sequence[Any], required: bool, attrs: Mapping[str, Any] | None
) -> dict[str, Any]:
    described = [f"{field_id(name)}-hint"] if hint else []
    described += [f"{field_id(name)}-findings"] if findings else []
    merged: dict[str, Any] = {"id": field_id(name), "name": name}
    if described:
        merged["aria-describedby"] = " ".join(described)
    if any(_finding(item)["hard"] for item in findings):
        merged["aria-invalid"] = "true"
    if required:
        merged["aria-required"] = "true"
    return merged | dict(attrs or {})


@register.simple_tag
def input_field(
    name: str,
    label: str,
    value: str = "",
    *,
    kind: str = "text",
    unit: str = "",
    hint: str = "",
    findings: Iterable[Any] = (),
    missing: Sequence[Any] = (),
    missing_value: str = "",
    missing_name: str = "",
    source: str = "",
    required: bool = False,
    state: str = "",
    attrs: Mapping[str, Any] | None = None,
    row_attrs: Mapping[str, Any] | None = None,
) -> SafeString:
    """Draw one line to type in; kind: text, number (typed as text, digits keyboard), date, password, file, email, search.

    findings: Findings or (severity, words); missing: (code, words, key) offered as buttons beside the control under ``missing_name``.
    """
    found = list(findings)
    base = _control_attrs(name=name, hint=hint, findings=found, required=required, attrs=attrs)
    kinds = {
        "number": {"type": "text", "inputmode": "decimal", "class": "input input-number", "autocomplete": "off"},
        "date": {"type": "date", "class": "input input-date"},
        "file": {"type": "file", "class": "input input-text"},
    }
    base = kinds.get(kind, {"type": kind, "class": "input input-text"}) | base
    if value and kind not in ("file", "password"):
        base["value"] = value
    options = _choices(
        name=missing_name or f"{name}-missing",
        choices=(),
        value=missing_value,
        missing=missing,
        first_id="",
        attrs={},
        many=False,
    )
    control = render_to_string("components/input.html", {"attrs": flatatt(base), "unit": unit, "options": options})
    return _row(
        control=control,
        name=name,
        label=label,
        hint=hint,
        findings=found,
        source=source,
        required=required,
        state=state,
        row_attrs=row_attrs,
    )


def _choices(
    *,
    name: str,
    choices: Iterable[Any],
    value: Any,
    missing: Iterable[Any],
    first_id: str,
    attrs: Mapping[str, Any],
    many: bool,
) -> list[dict[str, Any]]:
    chosen = set(value) if many else {value}
    rows = [
        (code, words, str(position) if position < 10 else "", False)
        for position, (code, words) in enumerate(choices, 1)
    ]
    rows += [(code, words, key, True) for code, words, key in missing]
    return [
        {
            "words": words,
            "key": key if is_missing else "",
            "missing": is_missing,
            "attrs": flatatt(
                {"type": "checkbox" if many else "radio", "name": name, "value": code, "checked": code in chosen}
                | ({"id": first_id} if index == 0 and first_id else {})
                | ({"data-key": key} if key else {})
                | dict(attrs)
            ),
        }
        for index, (code, words, key, is_missing) in enumerate(rows)
    ]


@register.simple_tag
def choice_field(
    name: str,
    label: str,
    choices: Iterable[Any],
    value: Any = "",
    *,
    missing: Iterable[Any] = (),
    many: bool = False,
    hint: str = "",
    findings: Iterable[Any] = (),
    source: str = "",
    required: bool = False,
    state: str = "",
    attrs: Mapping[str, Any] | None = None,
    row_attrs: Mapping[str, Any] | None = None,
) -> SafeString:
    """Draw choices as a row of buttons: radio buttons, or boxes when many; choices (code, words), missing (code, words, key)."""
    found = list(findings)
    extra = _control_attrs(name=name, hint=hint, findings=found, required=False, attrs=attrs)
    extra.pop("id")
    extra.pop("name")
    options = _choices(
        name=name, choices=choices, value=value, missing=missing, first_id=field_id(name), attrs=extra, many=many
    )
    control = render_to_string("components/choices.html", {"options": options})
    return _row(
        control=control,
        name=name,
        label=label,
        hint=hint,
        findings=found,
        source=source,
        required=required,
        group=True,
        state=state,
        row_attrs=row_attrs,
    )


@register.simple_tag
def select_field(
    name: str,
    label: str,
    choices: Iterable[Any],
    value: str = "",
    *,
    empty: str = "Choose",
    hint: str = "",
    findings: Iterable[Any] = (),
    source: str = "",
    required: bool = False,
    attrs: Mapping[str, Any] | None = None,
    row_attrs: Mapping[str, Any] | None = None,
) -> SafeString:
    """Draw a list to choose one from; for more choices than fit as buttons."""
    found = list(findings)
    base = {"class": "input"} | _control_attrs(name=name, hint=hint, findings=found, required=required, attrs=attrs)
    options = [{"code": code, "words": words, "selected": str(code) == str(value)} for code, words in choices]
    control = render_to_string("components/select.html", {"attrs": flatatt(base), "options": options, "empty": empty})
    return _row(
        control=control,
        name=name,
        label=label,
        hint=hint,
        findings=found,
        source=source,
        required=required,
        row_attrs=row_attrs,
    )


@register.simple_tag
def text_area(
    name: str,
    label: str,
    value: str = "",
    *,
    hint: str = "",
    findings: Iterable[Any] = (),
    source: str = "",
    required: bool = False,
    attrs: Mapping[str, Any] | None = None,
    row_attrs: Mapping[str, Any] | None = None,
) -> SafeString:
    """Draw room for several lines."""
    found = list(findings)
    base = {"class": "input", "rows": 3} | _control_attrs(
        name=name, hint=hint, findings=found, required=required, attrs=attrs
    )
    control = render_to_string("components/text_area.html", {"attrs": flatatt(base), "value": value})
    return _row(
        control=control,
        name=name,
        label=label,
        hint=hint,
        findings=found,
        source=source,
        required=required,
        row_attrs=row_attrs,
    )


@register.simple_tag
def check_field(
    name: str,
    label: str,
    *,
    value: str = "1",
    checked: bool = False,
    hint: str = "",
    attrs: Mapping[str, Any] | None = None,
) -> SafeString:
    """Draw one box to tick, its words beside it."""
    base = {"type": "checkbox", "value": value, "checked": checked}
    base |= _control_attrs(name=name, hint=hint, findings=(), required=False, attrs=attrs)
    return render_to_string(
        "components/check.html", {"attrs": flatatt(base), "id": field_id(name), "label": label, "hint": hint}
    )


@register.simple_block_tag
def field_row(
    content: str,
    name: str,
    label: str,
    *,
    hint: str = "",
    findings: Iterable[Any] = (),
    source: str = "",
    required: bool = False,
    group: bool = False,
) -> SafeString:
    """Put a control of one's own into the same frame as every field; its id must be ``field-<name>``."""
    return _row(
        control=content,
        name=name,
        label=label,
        hint=hint,
        findings=findings,
        source=source,
        required=required,
        group=group,
    )


@register.simple_tag
def form_field(bound: forms.BoundField, *, unit: str = "") -> SafeString:
    """Draw a field of a Django form by what its widget is; a field one may leave empty says so.

    A form that stands on a page beside others with fields of the same names has a ``key``, which goes into the ids.
    """
    widget, value, name = bound.field.widget, bound.value(), _Kept(bound.html_name)
    name.form = f"{key}-" if (key := getattr(bound.form, "key", "")) else ""
    label = bound.label if bound.field.required else f"{bound.label} (optional)"
    shared: dict[str, Any] = {
        "hint": bound.help_text,
        "findings": [("hard", error) for error in bound.errors],
    }
    if isinstance(widget, forms.CheckboxInput):
        return check_field(name, label, checked=bool(value), hint=bound.help_text)
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        many = isinstance(widget, forms.CheckboxSelectMultiple)
        choices = [(code, words) for code, words in bound.field.choices if code != ""]
        given = [str(item) for item in value or []] if many else str(value or "")
        return choice_field(name, label, [(str(code), words) for code, words in choices], given, many=many, **shared)
    if isinstance(widget, forms.Select):
        choices = [(code, words) for code, words in bound.field.choices if code != ""]
        return select_field(name, label, choices, "" if value is None else value, **shared)
    if isinstance(widget, forms.Textarea):
        return text_area(name, label, value or "", **shared)
    kinds = {
        forms.NumberInput: "number",
        forms.DateInput: "date",
        forms.PasswordInput: "password",
        forms.EmailInput: "email",
        forms.ClearableFileInput: "file",
        forms.FileInput: "file",
    }
    kind = kinds.get(type(widget), "text")
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    attrs = {key: item for key, item in widget.attrs.items() if key not in ("class", "id")}
    return input_field(name, label, text, kind=kind, unit=unit, attrs=attrs, **shared)
