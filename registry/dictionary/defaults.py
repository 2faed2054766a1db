"""What a new case starts with: the values that ``@DEFAULT`` in an annotation gives, as far as a case can hold them."""

from .annotation import tags_in
from .elements import DataDictionary, DataElement, FieldType, Role

CHOSEN = frozenset({FieldType.RADIO, FieldType.DROPDOWN, FieldType.SQL, FieldType.YESNO, FieldType.TRUEFALSE})


def defaults(dictionary: DataDictionary) -> dict[str, str]:
    """Give the first answers of a case typed into the form, by column.

    A box list takes several codes with commas between. Left out: what is calculated, files, what names the case or its
    hospital, a code that the element does not have, and text that pipes another field in (``[other]``).
    Source: REDCap, action tag @DEFAULT.
    """
    own = {dictionary.roles.get(Role.CASE_KEY), dictionary.roles.get(Role.HOSPITAL)}
    first: dict[str, str] = {}
    for element in dictionary.elements:
        text = tags_in(element.annotation).get("DEFAULT", "").strip()
        if text and element.is_entered and element.type is not FieldType.FILE and element.name not in own:
            first |= _held(element, text)
    return first


def _held(element: DataElement, text: str) -> dict[str, str]:
    if element.type is FieldType.CHECKBOX:
        named = {code.strip() for code in text.split(",")}
        columns = zip(element.choices, element.columns, strict=True)
        return {column: "1" for choice, column in columns if choice.code in named}
    if element.type in CHOSEN:
        known = text in element.missing_states or any(choice.code == text for choice in element.choices)
        return {element.name: text} if known else {}
    return {} if "[" in text else {element.name: text}
