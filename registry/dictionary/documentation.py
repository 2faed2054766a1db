"""A dictionary in words, section by section, for printing: nothing here that the dictionary does not say itself."""

from dataclasses import dataclass

from .elements import DataDictionary, DataElement, FieldType, Severity
from .validation import expected
from .wording import plain_label, plain_text, shown

TYPE_WORDS = {
    FieldType.TEXT: "text",
    FieldType.NOTES: "free text",
    FieldType.RADIO: "one choice",
    FieldType.DROPDOWN: "one choice from a list",
    FieldType.CHECKBOX: "any number of choices",
    FieldType.YESNO: "yes or no",
    FieldType.TRUEFALSE: "true or false",
    FieldType.CALC: "calculated",
    FieldType.SLIDER: "a point on a scale",
    FieldType.FILE: "a file",
    FieldType.DESCRIPTIVE: "explanation only",
    FieldType.SQL: "text from a list kept in REDCap",
}


@dataclass(frozen=True)
class Entry:
    """One element in words. `facts` are (heading, sentence) pairs in the order to print them."""

    name: str
    label: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DocumentedSection:
    """One section in words, with the cross-field checks shown at its elements: (code, severity, sentence)."""

    name: str
    title: str
    entries: tuple[Entry, ...]
    checks: tuple[tuple[str, str, str], ...]


def document(dictionary: DataDictionary) -> list[DocumentedSection]:
    """Write a dictionary out in words, one DocumentedSection per section, in its order."""
    return [
        DocumentedSection(
            name=section.name,
            title=section.title,
            entries=tuple(_entry(element, dictionary) for element in section.elements),
            checks=tuple(
                (check.code, check.severity.value, f"{check.message} {check.remedy}".strip())
                for check in dictionary.checks
                if check.elements[0] in {element.name for element in section.elements}
            ),
        )
        for section in dictionary.sections
    ]


def _entry(element: DataElement, dictionary: DataDictionary) -> Entry:
    facts = [
        ("Kind", _kind(element)),
        ("Definition", element.definition),
        ("Why", element.why),
        ("Note", plain_text(element.note)),
        ("Source in the chart", element.source),
        ("Unit", element.unit),
        ("Examples", ", ".join(element.examples)),
        ("Range", _range(element, dictionary)),
        ("Required", _required(element)),
        ("Shown when", element.branching.text if element.branching else ""),
        ("Calculated as", element.calculation.text if element.calculation else ""),
        (
            "Instead of an answer",
            ", ".join(f"{dictionary.missing_labels[code]} ({code})" for code in element.missing_states),
        ),
        ("Identifiability", element.identifiability),
        ("Columns", ", ".join(element.columns) if element.type is FieldType.CHECKBOX else ""),
    ]
    return Entry(
        name=element.name,
        label=plain_label(element),
        heading=plain_text(element.section_header),
        facts=tuple((heading, words) for heading, words in facts if words),
        choices=tuple((choice.code, plain_text(choice.label)) for choice in element.choices),
    )


def _kind(element: DataElement) -> str:
    if element.type is FieldType.TEXT and element.validation:
        return expected(element.validation)
    return TYPE_WORDS[element.type]


def _range(element: DataElement, dictionary: DataDictionary) -> str:
    weight = "else refused" if element.range_severity is Severity.HARD else "else a reason is asked for"
    parts = [
        _span(element.minimum, element.maximum, weight, element, dictionary),
        _span(element.soft_minimum, element.soft_maximum, "usually", element, dictionary),
    ]
    return "; ".join(part for part in parts if part)


def _span(lowest: str, highest: str, weight: str, element: DataElement, dictionary: DataDictionary) -> str:
    if not lowest and not highest:
        return ""
    first, second = (shown(element, limit, dictionary) for limit in (lowest, highest))
    if lowest and highest:
        return f"{first} to {second} ({weight})"
    return f"at least {first} ({weight})" if lowest else f"at most {second} ({weight})"


def _required(element: DataElement) -> str:
    weight = "blocks submission" if element.required_severity is Severity.HARD else "a reason is asked for"
    if element.is_required:
        return f"always while shown; blank {weight}"
    return f"when {element.required_when.text}; blank {weight}" if element.required_when else ""
