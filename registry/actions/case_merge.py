"""Merging what one editor sends into a case that others may have changed meanwhile. Pure: answers in, answers out."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.dictionary.elements import DataDictionary, Role

LONGEST = 20_000


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an editor saw in a column and what they put there; blank is the empty text."""

    known: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A value that cannot be kept, and why."""

    column: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The answers after the merge, the columns taken over, those in conflict, and what was rejected."""

    answers: dict[str, str]
    applied: tuple[str, ...]
    conflicts: tuple[str, ...]
    rejected: tuple[Rejected, ...]


def merge(*, dictionary: DataDictionary, answers: Mapping[str, str], changes: Mapping[str, Change]) -> Merged:
    """Take over every column that still holds what the editor saw; the others are conflicts and stay as they are."""
    merged = dict(answers)
    applied, conflicts, rejected = [], [], []
    for column, change in changes.items():
        new, current = change.new.strip(), merged.get(column, "")
        problem = refusal_of(dictionary, column, new)
        if problem:
            rejected.append(Rejected(column=column, words=problem))
        elif current == new:
            continue
        elif current != change.known.strip():
            conflicts.append(column)
        else:
            applied.append(column)
            merged[column] = new
    kept = {column: text for column, text in merged.items() if text}
    return Merged(answers=kept, applied=tuple(applied), conflicts=tuple(conflicts), rejected=tuple(rejected))


def refusal_of(dictionary: DataDictionary, column: str, text: str) -> str:
    """Say why a column cannot be set to a text at all; nothing where it can."""
    if not dictionary.has_column(column):
        return "This dictionary version has no such field."
    element = dictionary.element_of(column)
    if not element.is_entered:
        return "This field is calculated."
    if element.name in (dictionary.roles.get(Role.CASE_KEY), dictionary.roles.get(Role.HOSPITAL)):
        return "What names a case never changes. Withdraw this case and open another one."
    if "\0" in text:
        return "The text holds a sign that cannot be kept."
    return f"The text is longer than {LONGEST:,} signs." if len(text) > LONGEST else ""
