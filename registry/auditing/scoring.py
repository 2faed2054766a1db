"""Scoring a training attempt against the agreed answers of a gold case: by element, with weights and declared tolerances."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from registry.auditing.reading import compared, label, same, value, words
from registry.dictionary.elements import DataDictionary, DataElement

SECONDS = {"date": 86_400.0, "datetime": 60.0}


@dataclass(frozen=True, kw_only=True)
class ScoredElement:
    """One element of an attempt: the own answer and the agreed one in words, whether it counts as right, and its weight."""

    element: str
    label: str
    section: str
    own: str
    agreed: str
    is_right: bool
    weight: float


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A whole attempt: ``score`` is the weighted share of elements that are right, 0–1."""

    score: float
    n_right: int
    elements: tuple[ScoredElement, ...]


def score(
    *,
    dictionary: DataDictionary,
    own: Mapping[str, str],
    gold: Mapping[str, str],
    given: Mapping[str, str],
    weights: Mapping[str, float],
    tolerances: Mapping[str, float],
) -> Scored:
    """Score an attempt. Elements are those that gold or attempt answers, less what was given beforehand.

    weights: by element, 1 unless named. tolerances: by element, how far a number may be off in its own unit, a date in days, a
    moment in minutes; exact unless named. Raises ValueError where there is nothing to score or a weight is not positive.
    """
    titles = {section.name: section.title for section in dictionary.sections}
    rows = []
    for element in compared(dictionary):
        agreed, answered = value(element, gold), value(element, own)
        if not (agreed or answered) or value(element, given):
            continue
        rows.append(
            ScoredElement(
                element=element.name,
                label=label(element),
                section=titles.get(element.form, element.form),
                own=words(dictionary, element, answered),
                agreed=words(dictionary, element, agreed),
                is_right=_is_right(element, answered, agreed, tolerances.get(element.name, 0.0)),
                weight=float(weights.get(element.name, 1.0)),
            )
        )
    if not rows or min(row.weight for row in rows) <= 0:
        raise ValueError("there must be something to score, and every weight must be positive")
    right = sum(row.weight for row in rows if row.is_right)
    return Scored(
        score=right / sum(row.weight for row in rows), n_right=sum(row.is_right for row in rows), elements=tuple(rows)
    )


def _is_right(element: DataElement, own: str, agreed: str, tolerance: float) -> bool:
    if same(element, own, agreed):
        return True
    if not tolerance or not own or not agreed:
        return False
    try:
        if element.kind in SECONDS:
            apart = (datetime.fromisoformat(own) - datetime.fromisoformat(agreed)).total_seconds() / SECONDS[element.kind]
        else:
            apart = float(own.replace(",", ".")) - float(agreed.replace(",", "."))
    except ValueError:
        return False
    return abs(apart) <= tolerance + 1e-9
