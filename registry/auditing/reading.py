"""Two readings of one chart side by side: which elements are compared, what counts as the same, and which kind of error it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from registry.dictionary.elements import CHOSEN, DataDictionary, DataElement, FieldType, Role
from registry.dictionary.wording import plain_label, shown

# Given to the reviewer to find the chart, or naming the case: nothing is read again there.
GIVEN = (Role.CASE_KEY, Role.HOSPITAL, Role.OCCURRED_ON)
LEFT_OUT = (FieldType.NOTES, FieldType.FILE, FieldType.DESCRIPTIVE, FieldType.CALC)
SAYS_NO = re.compile(r"(no|none|never)\b", re.IGNORECASE)


class Kind(StrEnum):
    """How a first reading was wrong, if the second is right."""

    UNDER = "UNDER"
    INACCURATE = "INACCURATE"
    OVER = "OVER"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One element read twice; ``kind`` is None where both readings say the same."""

    element: str
    first: str
    second: str
    kind: Kind | None


def compared(dictionary: DataDictionary) -> tuple[DataElement, ...]:
    """Return the elements an audit compares: entered by people, not given to the reviewer, not free notes."""
    given = {dictionary.roles.get(role) for role in GIVEN}
    return tuple(
        element
        for element in dictionary.elements
        if element.is_entered and element.type not in LEFT_OUT and element.name not in given
    )


def value(element: DataElement, answers: Mapping[str, str]) -> str:
    """Return what a reading holds of an element as one text; ticks are their codes, joined by commas; blank is ""."""
    if element.type is FieldType.CHECKBOX:
        chosen = (
            choice.code for choice, column in zip(element.choices, element.columns, strict=True) if answers.get(column) == "1"
        )
        return ",".join(chosen)
    return answers.get(element.name, "")


def as_answers(element: DataElement, text: str) -> dict[str, str]:
    """Return the columns that hold a value as `value` gives it; every other box is not ticked. The inverse of `value`."""
    if element.type is FieldType.CHECKBOX:
        chosen = set(text.split(",")) - {""}
        return {
            column: "1" if choice.code in chosen else "0"
            for choice, column in zip(element.choices, element.columns, strict=True)
        }
    return {element.name: text}


def words(dictionary: DataDictionary, element: DataElement, text: str) -> str:
    """Say a value as `value` gives it in words."""
    if not text:
        return "nothing"
    if element.type is FieldType.CHECKBOX:
        return ", ".join(element.label_of(code) for code in text.split(","))
    return shown(element, text, dictionary)


def label(element: DataElement) -> str:
    """Name an element to a person."""
    return plain_label(element)


def same(element: DataElement, first: str, second: str) -> bool:
    """Tell whether two values say the same: equal texts, or equal numbers however they are written."""
    if first == second:
        return True
    if element.kind not in ("number", "comma_number"):
        return False
    numbers = [_number(text) for text in (first, second)]
    return None not in numbers and numbers[0] == numbers[1]


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def is_found(dictionary: DataDictionary, element: DataElement, text: str) -> bool:
    """Tell whether a value says that something was found: not blank, no missing state, not the choice that says no."""
    if not text or text in dictionary.types.missing:
        return False
    return not (element.type in CHOSEN and SAYS_NO.match(element.label_of(text)))


def may_be_absent(element: DataElement) -> bool:
    """Tell whether finding nothing is one of the element's answers, as it is of a complication."""
    return element.type is FieldType.CHECKBOX or any(SAYS_NO.match(choice.label) for choice in element.choices)


def pairs(*, dictionary: DataDictionary, first: Mapping[str, str], second: Mapping[str, str]) -> tuple[Pair, ...]:
    """Compare two readings of one chart; an element that is blank in both does not apply and is left out.

    Under-capture: the second reading found what the first says is not there. Over-capture: the reverse. Inaccurate: both found
    something else, or neither found anything and they say so differently. Source: the three classes of MTQIP's data validation (Jakubus 2020).
    """
    found = []
    for element in compared(dictionary):
        one, two = value(element, first), value(element, second)
        if one or two:
            found.append(Pair(element=element.name, first=one, second=two, kind=kind_of(dictionary, element, one, two)))
    return tuple(found)


def kind_of(dictionary: DataDictionary, element: DataElement, first: str, second: str) -> Kind | None:
    """Class a difference; None where there is none."""
    if same(element, first, second):
        return None
    found = is_found(dictionary, element, first), is_found(dictionary, element, second)
    return {(False, True): Kind.UNDER, (True, False): Kind.OVER}.get(found, Kind.INACCURATE)


def n_events(*, dictionary: DataDictionary, answers: Mapping[str, str], sections: tuple[str, ...]) -> int:
    """Count the events recorded in a case: elements of these sections that could say no and do not."""
    return sum(
        1
        for element in compared(dictionary)
        if element.form in sections and may_be_absent(element) and is_found(dictionary, element, value(element, answers))
    )
