"""The case form as JSON-able data: what the browser needs to draw a dictionary and to follow its logic."""

from .annotation import tags_in
from .elements import Check, DataDictionary, DataElement, FieldType
from .expression import Expression
from .rules import ExpressionRule, rules_of
from .validation import expected
from .wording import plain_label, plain_text


def form_schema(dictionary: DataDictionary) -> dict:
    """Describe the case form of a dictionary as JSON-able data.

    Keys: digest, title, types (the context of static/expression.js), missing_states [{code, label}],
    sections [{name, title, elements}], checks [{code, severity, when, elements, message, remedy, from, until}],
    calculation_order. Every expression is its tree. Labels are plain text, safe to show as text.
    """
    limits: dict[str, list[dict]] = {}
    for rule in rules_of(dictionary):
        if isinstance(rule, ExpressionRule):
            limit = {"code": rule.code, "severity": rule.severity.value, "limit": rule.limit, "when": rule.when.tree}
            limits.setdefault(rule.element.name, []).append(limit)
    return {
        "digest": dictionary.digest,
        "title": dictionary.title,
        "types": dictionary.types.as_json(),
        "missing_states": [{"code": state.code, "label": state.label} for state in dictionary.missing_states],
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "elements": [element_schema(element, limits.get(element.name, [])) for element in section.elements],
            }
            for section in dictionary.sections
        ],
        "checks": [_check(check) for check in dictionary.checks],
        "calculation_order": list(dictionary.calculation_order),
    }


def element_schema(element: DataElement, limits: list[dict]) -> dict:
    """Describe one element; `limits` are its range rules with their trees (true = out of range)."""
    tags = tags_in(element.annotation)
    return {
        "name": element.name,
        "type": element.type.value,
        "kind": element.kind,
        "columns": list(element.columns),
        "label": plain_label(element) if element.type is not FieldType.DESCRIPTIVE else plain_text(element.label),
        "heading": plain_text(element.section_header),
        "note": plain_text(element.note),
        "unit": element.unit,
        "definition": element.definition,
        "why": element.why,
        "source": element.source,
        "examples": list(element.examples),
        "choices": [
            {"code": choice.code, "label": plain_text(choice.label), "column": column}
            for choice, column in zip(element.choices, _choice_columns(element), strict=True)
        ],
        "missing_states": list(element.missing_states),
        "required": element.is_required,
        "required_severity": element.required_severity.value,
        "required_when": _tree(element.required_when),
        "branching": _tree(element.branching),
        "calculation": _tree(element.calculation),
        "validation": element.validation,
        "expected": expected(element.validation) if element.type is FieldType.TEXT and element.validation else "",
        "minimum": element.minimum,
        "maximum": element.maximum,
        "soft_minimum": element.soft_minimum,
        "soft_maximum": element.soft_maximum,
        "range_severity": element.range_severity.value,
        "limits": limits,
        "slider": [part.strip() for part in element.slider_labels.split("|")] if element.slider_labels else [],
        "matrix": element.matrix_group,
        "identifiability": element.identifiability,
        "hidden": "HIDDEN" in tags,
        "read_only": "READONLY" in tags or element.calculation is not None,
        "default": tags.get("DEFAULT", ""),
        "placeholder": tags.get("PLACEHOLDER", ""),
        "most_characters": int(tags["CHARLIMIT"]) if tags.get("CHARLIMIT", "").isdecimal() else None,
    }


def _choice_columns(element: DataElement) -> tuple[str, ...]:
    return element.columns if element.type is FieldType.CHECKBOX else (element.name,) * len(element.choices)


def _tree(expression: Expression | None) -> list | None:
    return expression.tree if expression else None


def _check(check: Check) -> dict:
    return {
        "code": check.code,
        "severity": check.severity.value,
        "when": check.when.tree,
        "elements": list(check.elements),
        "message": check.message,
        "remedy": check.remedy,
        "from": check.starts_on.isoformat() if check.starts_on else None,
        "until": check.ends_before.isoformat() if check.ends_before else None,
    }
