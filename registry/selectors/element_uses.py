"""What uses an element on this floor: roles, branching, calculations, checks and edit rules; and what a new version would touch."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from registry.dictionary.diff import DictionaryDiff
from registry.dictionary.elements import DataDictionary
from registry.dictionary.expression import ExpressionFault, parse
from registry.dictionary.wording import plain_label
from registry.models import DictionaryVersion, EditRule, Registry
from registry.selectors import dictionaries

ROLES = {
    "case_key": "names the case", "occurred_on": "dates the case", "surgeon": "names the surgeon", "follow_up_on": "dates the follow-up",
    "hospital": "names the hospital", "follow_up_status": "says what came of the follow-up", "follow_up_method": "says how the patient was asked",
    "discharged_on": "dates the discharge", "died_on": "dates the death",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Use:
    """One element and what uses it here. needed: the calculated elements it goes into. checks alone are no reason to ask for it."""

    name: str
    label: str
    section: str
    uses: tuple[str, ...]
    rules: tuple[str, ...]
    checks: tuple[str, ...]
    needed: tuple[str, ...]


def of_registry(registry: Registry) -> list[Use]:
    """Return every entered element of the newest dictionary with what uses it on this floor, in the dictionary's order."""
    version = dictionaries.latest(registry)
    if version is None:
        return []
    dictionary = dictionaries.load(version)
    rules = _by_element((rule.code, _names(dictionary, rule)) for rule in dictionaries.published_rules(registry))
    checks = _by_element((check.code, {*check.elements, *check.when.elements}) for check in dictionary.checks)
    titles = {element.name: section.title for section in dictionary.sections for element in section.elements}
    needed = _needed(dictionary)
    return [
        Use(
            name=element.name,
            label=plain_label(element),
            section=titles.get(element.name, ""),
            uses=_uses(dictionary, element.name),
            rules=tuple(rules.get(element.name, ())),
            checks=tuple(checks.get(element.name, ())),
            needed=tuple(needed.get(element.name, ())),
        )
        for element in dictionary.elements
        if element.is_entered and element.columns
    ]


def _names(dictionary: DataDictionary, rule: EditRule) -> set[str]:
    try:
        named = parse(rule.expression).elements
    except ExpressionFault:
        named = ()
    return {_element(dictionary, name) for name in (*named, *rule.elements)}


def _element(dictionary: DataDictionary, name: str) -> str:
    return dictionary.element_of(name).name if dictionary.has_column(name) else name


def _by_element(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, names in pairs:
        for name in sorted(names):
            found.setdefault(name, []).append(code)
    return found


def _uses(dictionary: DataDictionary, name: str) -> tuple[str, ...]:
    uses = [ROLES[role.value] for role, element in dictionary.roles.items() if element == name]
    shown = [other.name for other in dictionary.elements if other.branching and name in other.branching.elements]
    asked = [other.name for other in dictionary.elements if other.required_when and name in other.required_when.elements]
    if shown:
        uses.append(f"decides whether {_some(shown)} {'is' if len(shown) == 1 else 'are'} asked")
    elif asked:
        uses.append(f"decides whether {_some(asked)} {'is' if len(asked) == 1 else 'are'} needed")
    return tuple(uses)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _needed(dictionary: DataDictionary) -> dict[str, list[str]]:
    """Return the calculated elements that each element goes into, directly or by another calculation."""
    found: dict[str, list[str]] = {}
    for name in dictionary.calculation_order:
        calculation = dictionary.element(name).calculation
        for part in calculation.elements if calculation else ():
            found.setdefault(part, []).append(name)
    for names in found.values():
        for name in names:
            names += [further for further in found.get(name, []) if further not in names]
    return found


@dataclass(frozen=True, kw_only=True)
class Touched:
    """One element that a draft changes: how, how many stored cases hold a value of it, and which rules and checks speak of it."""

    name: str
    what: tuple[str, ...]
    n_stored: int | None
    rules: tuple[str, ...]
    checks: tuple[str, ...]


def touched(*, before: DictionaryVersion, found: DictionaryDiff) -> list[Touched]:
    """Return what a draft changes, element by element, with what each change touches. Counts of cases only; two statements."""
    old, what = dictionaries.load(before), _what(found)
    rules = _by_element((rule.code, _names(old, rule)) for rule in dictionaries.published_rules(before.registry))
    checks = _by_element((check.code, {*check.elements, *check.when.elements}) for check in old.checks)
    stored = _stored(before, [name for name in what if old.has_element(name)], old)
    return [
        Touched(
            name=name, what=tuple(words), n_stored=stored.get(name), rules=tuple(rules.get(name, ())), checks=tuple(checks.get(name, ()))
        )
        for name, words in what.items()
    ]


def _what(found: DictionaryDiff) -> dict[str, list[str]]:
    what: dict[str, list[str]] = {}
    for names, words in ((found.removed, "removed"), (found.added, "added")):
        for name in names:
            what.setdefault(name, []).append(words)
    for change in found.retyped:
        what.setdefault(change.element, []).append(f"type {change.before} → {change.after}")
    for choice in found.choices_removed:
        what.setdefault(choice.element, []).append(f"choice {choice.code} removed")
    for choice in found.choices_relabelled:
        what.setdefault(choice.element, []).append(f"choice {choice.code} renamed")
    for choice in found.choices_added:
        what.setdefault(choice.element, []).append(f"choice {choice.code} added")
    for change in found.changed:
        what.setdefault(change.element, []).append(change.property.replace("_", " "))
    for change in found.relabelled:
        what.setdefault(change.element, []).append("label")
    return what


def _stored(before: DictionaryVersion, names: list[str], old: DataDictionary) -> dict[str, int]:
    """Count the cases of a version that hold something in each element (its first column that does, for ticks)."""
    place = {column: number for number, column in enumerate(before.columns, start=1)}
    places = {place[column]: name for name in names for column in old.element(name).columns if column in place}
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT place, n FROM cairn_filled_counts(%s, %s)", [before.pk, list(places)])
        counted = cursor.fetchall()
    found = dict.fromkeys(names, 0)
    for number, n in counted:
        found[places[number]] = max(found[places[number]], n)
    return found
