"""Which column of a file answers which export column: found by name, remembered, or chosen by hand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

IGNORED = ""


@dataclass(frozen=True, kw_only=True)
class Match:
    """One column of the file. ``column``: the export column it answers, "" for none; ``how``: name, label, remembered, system or none."""

    header: str
    column: str
    how: str


def matched(
    headers: tuple[str, ...],
    *,
    columns: tuple[str, ...],
    labels: Mapping[str, str],
    remembered: Mapping[str, str],
    system: frozenset[str] = frozenset(),
) -> tuple[Match, ...]:
    """Match headers to export columns: as remembered, else by name, else by label; each column is answered once.

    labels: column → its words on the form. system: headers of an export that hold no answer.
    """
    by_name = {plain(column): column for column in columns}
    by_label: dict[str, list[str]] = {}
    for column, words in labels.items():
        by_label.setdefault(plain(words), []).append(column)
    known = set(columns)
    found, taken = [], set()
    for header in headers:
        column, how = _one(header, by_name, by_label, remembered, system)
        if column and (column in taken or column not in known):
            column, how = IGNORED, "none"
        taken.add(column)
        found.append(Match(header=header, column=column, how=how))
    return tuple(found)


def _one(
    header: str,
    by_name: Mapping[str, str],
    by_label: Mapping[str, list[str]],
    remembered: Mapping[str, str],
    system: frozenset[str],
) -> tuple[str, str]:
    word = plain(header)
    if header in system and word not in by_name:
        return IGNORED, "system"
    if header in remembered:
        return remembered[header], "remembered"
    if word in by_name:
        return by_name[word], "name"
    labelled = by_label.get(word, [])
    return (labelled[0], "label") if len(labelled) == 1 else (IGNORED, "none")


def plain(words: str) -> str:
    """Bring a header to small letters, digits and underscores, so that "Age, years" meets "age_years"."""
    return re.sub(r"[^a-z0-9_]+", "_", words.strip().casefold()).strip("_")
