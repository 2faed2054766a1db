"""The final report of an audit, as one document: agreement before and after adjudication, by hospital, stratum, section,
abstractor and element, with kappa, AC1, prevalence and the three classes of error. Arrays in, plain values out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from registry.agreement.coefficients import encode, gwet
from registry.agreement.cohen import cohen
from registry.auditing.pooled import Chance, Figure, agreed_share, finding
from registry.auditing.reading import Kind, Pair, is_found, label, may_be_absent, pairs
from registry.dictionary.elements import DataDictionary, FieldType

LIMIT = 0.05
FEWEST_CHARTS = 2
BLANK = "(blank)"


@dataclass(frozen=True, kw_only=True)
class Audited:
    """One audited chart: first reading, one or two second readings, and the elements in which the first was upheld."""

    stratum: str
    abstractor: str
    dictionary: DataDictionary
    first: Mapping[str, str]
    second: Mapping[str, str]
    other: Mapping[str, str] | None = None
    upheld: frozenset[str] = frozenset()
    overruled: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class _Value:
    """One compared value of one chart."""

    chart: int
    pair: Pair
    section: str
    stands: bool


def report(*, charts: Sequence[Audited]) -> dict[str, Any]:
    """Return the document of the report.

    The headline speaks of the cases drawn at random, because the others were chosen to challenge; where none was, of all. A value
    agrees after adjudication where both readings said the same, unless it was overruled, or where the first one was upheld.
    Raises ValueError without a chart.
    """
    if not charts:
        raise ValueError("an audit without a chart has no report")
    values = [value for number, chart in enumerate(charts) for value in _values(number, chart)]
    at_random = {number for number, chart in enumerate(charts) if chart.stratum == "RANDOM"}
    headline = [value for value in values if value.chart in at_random] if at_random else values

    def split(words: Callable[[_Value], str]) -> list[dict[str, Any]]:
        groups: dict[str, list[_Value]] = {}
        for value in values:
            groups.setdefault(words(value), []).append(value)
        return [_row(name, rows, charts) for name, rows in groups.items()]

    elements = [_element(name, rows, charts) for name, rows in _by_element(values).items()]
    return {
        "n_cases": len(charts),
        "headline_is_random": bool(at_random),
        "headline": _row("headline", headline, charts),
        "all": _row("all", values, charts),
        "strata": split(lambda value: charts[value.chart].stratum),
        "sections": split(lambda value: value.section),
        "abstractors": split(lambda value: charts[value.chart].abstractor),
        "elements": elements,
        "readers": _readers(charts),
    }


def _values(number: int, chart: Audited) -> Iterable[_Value]:
    forms = {section.name: section.title for section in chart.dictionary.sections}
    for pair in pairs(dictionary=chart.dictionary, first=chart.first, second=chart.second):
        stands = pair.element in chart.upheld or (pair.kind is None and pair.element not in chart.overruled)
        yield _Value(chart=number, pair=pair, section=forms[chart.dictionary.element(pair.element).form], stands=stands)


def _by_element(values: Sequence[_Value]) -> dict[str, list[_Value]]:
    groups: dict[str, list[_Value]] = {}
    for value in values:
        groups.setdefault(value.pair.element, []).append(value)
    return groups


def _row(name: str, values: Sequence[_Value], charts: Sequence[Audited]) -> dict[str, Any]:
    numbers = sorted({value.chart for value in values})
    places = {number: place for place, number in enumerate(numbers)}
    n, before, after = (np.zeros(len(numbers)) for _ in range(3))
    tables = np.zeros((len(numbers), 2, 2))
    for value in values:
        place, dictionary = places[value.chart], charts[value.chart].dictionary
        element = dictionary.element(value.pair.element)
        n[place] += 1
        before[place] += value.pair.kind is None
        after[place] += value.stands
        if may_be_absent(element):
            found = [int(is_found(dictionary, element, text)) for text in (value.pair.first, value.pair.second)]
            tables[place, found[0], found[1]] += 1
    n_differing = int((n - after).sum())
    return {
        "name": name,
        "n_cases": len(numbers),
        "n_values": int(n.sum()),
        "n_before": int((n - before).sum()),
        "n_differing": n_differing,
        "before": _plain(agreed_share(agreed=before, compared=n)),
        "after": _plain(agreed_share(agreed=after, compared=n)),
        "kinds": _kinds(values),
        "is_flagged": bool(n_differing > LIMIT * n.sum()),
    } | _chances(finding(tables=tables))


def _kinds(values: Sequence[_Value]) -> dict[str, int]:
    wrong = [value.pair.kind for value in values if not value.stands and value.pair.kind is not None]
    return {kind.value: sum(item is kind for item in wrong) for kind in Kind}


def _plain(figure: Figure) -> list[float | None]:
    return [figure.estimate, figure.lower, figure.upper]


def _chances(found: Chance) -> dict[str, Any]:
    return {"kappa": _plain(found.kappa), "ac1": _plain(found.ac1), "prevalence": found.prevalence}


def _element(name: str, values: Sequence[_Value], charts: Sequence[Audited]) -> dict[str, Any]:
    """Describe one element: over its own categories where it has them, else agreement alone.

    It is flagged where more than 5 % differ, in two charts or more: in a small audit a single slip is above any such limit.
    """
    dictionary = charts[values[0].chart].dictionary
    element = dictionary.element(name)
    row = _row(name, values, charts) | {"label": label(element), "section": values[0].section}
    row["is_flagged"] = row["is_flagged"] and row["n_differing"] >= FEWEST_CHARTS
    if not element.choices or element.type is FieldType.CHECKBOX:
        kept = may_be_absent(element)
        return row if kept else row | {"kappa": [None] * 3, "ac1": [None] * 3, "prevalence": None}
    readings = [(value.pair.first or BLANK, value.pair.second or BLANK) for value in values]
    known = [*(choice.code for choice in element.choices), *dictionary.types.missing]
    categories = [*dict.fromkeys(known), *sorted({text for pair in readings for text in pair} - set(known))]
    ratings = encode(values=readings, categories=categories)
    kappa, ac1 = (function(ratings=ratings, n_categories=len(categories)) for function in (cohen, gwet))
    if not may_be_absent(element):
        row["prevalence"] = max(ac1.prevalence)
    return row | {
        "kappa": [kappa.estimate, kappa.lower, kappa.upper],
        "ac1": [ac1.estimate, ac1.lower, ac1.upper],
    }


def _readers(charts: Sequence[Audited]) -> dict[str, Any] | None:
    """Describe how far two reviewers agree with each other; None where no chart was read twice."""
    twice = [
        Audited(stratum="", abstractor="", dictionary=chart.dictionary, first=chart.second, second=chart.other)
        for chart in charts
        if chart.other is not None
    ]
    if not twice:
        return None
    return _row("readers", [value for number, chart in enumerate(twice) for value in _values(number, chart)], twice)
