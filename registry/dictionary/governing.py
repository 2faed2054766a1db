"""Checks from outside a dictionary's own files: read one, see which dictionary can hold it, add it to one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from .elements import Check, DataDictionary, Severity
from .expression import Expression, ExpressionFault, parse
from .references import Reference

LONGEST_EXPRESSION = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A check as somebody wrote it, unread."""

    code: str
    severity: str
    expression: str
    message: str
    remedy: str
    elements: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_before: date | None = None


def faults_of(written: Written, dictionary: DataDictionary) -> tuple[str, ...]:
    """Say everything that keeps a written check from being one of this dictionary; nothing where it is fine."""
    if len(written.expression) > LONGEST_EXPRESSION:
        return (f"The expression is longer than {LONGEST_EXPRESSION:,} signs.",)
    try:
        expression = parse(written.expression)
    except ExpressionFault as fault:
        return (f"{fault.message} (at character {fault.position + 1}).",)
    found = [words for reference in dict.fromkeys(expression.references) if (words := _complaint(reference, dictionary))]
    found += [f"“{name}” is no element of the dictionary." for name in written.elements if not dictionary.has_element(name)]
    if not found and not _elements(written, expression, dictionary):
        found.append("The expression refers to no element, so there is no field to show the message at.")
    if written.starts_on and written.ends_before and written.starts_on >= written.ends_before:
        found.append("The rule ends before it starts. Exchange the two dates.")
    return tuple(found)


def read(written: Written, dictionary: DataDictionary) -> Check | None:
    """Read a written check against a dictionary; None where the dictionary lacks something the check speaks of."""
    if faults_of(written, dictionary):
        return None
    expression = parse(written.expression)
    return Check(
        code=written.code,
        severity=Severity(written.severity),
        when=expression,
        elements=_elements(written, expression, dictionary),
        message=written.message,
        remedy=written.remedy,
        starts_on=written.starts_on,
        ends_before=written.ends_before,
    )


def number_of(written: Iterable[Written]) -> int:
    """Name a set of checks by its content: 1 to 2³¹ − 1, the same for the same checks in any order; 0 for none."""
    lines = sorted(repr(each) for each in written)
    if not lines:
        return 0
    return 1 + int.from_bytes(sha256("\n".join(lines).encode()).digest()[:6], "big") % (2**31 - 2)


def with_checks(dictionary: DataDictionary, written: Iterable[Written]) -> DataDictionary:
    """Add the checks that the dictionary can hold; one with the code of an own check of the dictionary stands in its place."""
    added = {check.code: check for each in written if (check := read(each, dictionary)) is not None}
    if not added:
        return dictionary
    kept = tuple(check for check in dictionary.checks if check.code not in added)
    return replace(dictionary, checks=(*kept, *added.values()))


def _elements(written: Written, expression: Expression, dictionary: DataDictionary) -> tuple[str, ...]:
    return written.elements or tuple(name for name in expression.elements if dictionary.has_element(name))


def _complaint(reference: Reference, dictionary: DataDictionary) -> str:
    if reference.is_system:
        return ""
    if not dictionary.has_element(reference.name) and not dictionary.has_column(reference.name):
        return f"It refers to “{reference.name}”, which is no element of the dictionary."
    if reference.code is None or not dictionary.has_element(reference.name):
        return ""
    element = dictionary.element(reference.name)
    if element.choices and reference.code not in element.codes:
        return f"It refers to the choice “{reference.code}” of “{reference.name}”, which has no such choice."
    return ""
