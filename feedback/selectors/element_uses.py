"""Which measures and risk models read which element, and which elements nothing reads."""

from dataclasses import dataclass

from feedback.measures import load as reader
from feedback.measures.definition import Measure
from feedback.models import MeasureVersion
from registry.dictionary.elements import DataDictionary
from registry.models import Registry
from registry.selectors import dictionaries, element_uses
from registry.selectors.element_uses import Use


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One measure that reads an element, and as what: who counts, the outcome, an adjuster of its risk model."""

    code: str
    title: str
    roles: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say which measure reads it and as what."""
        return f"{self.title} ({', '.join(self.roles)})"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One element with everything that uses it; minutes: what entering it takes in a case, None where nobody has measured it."""

    use: Use
    readings: tuple[Reading, ...]
    minutes: float | None

    @property
    def is_used(self) -> bool:
        """Tell whether a measure, a risk model, an edit rule or the registry itself needs the element."""
        return bool(self.readings or self.use.rules or self.use.uses)


def readings(registry: Registry) -> dict[str, list[Reading]]:
    """Return which measures of a registry, in their newest versions, read each element."""
    version = dictionaries.latest(registry)
    dictionary = dictionaries.load(version) if version else None
    newest: dict[str, MeasureVersion] = {}
    for row in MeasureVersion.objects.filter(registry=registry).order_by("number"):
        newest[row.code] = row
    found: dict[str, list[Reading]] = {}
    for row in sorted(newest.values(), key=lambda each: each.title):
        for name, roles in _roles(reader.load(bytes(row.source)), dictionary).items():
            found.setdefault(name, []).append(Reading(code=row.code, title=row.title, roles=tuple(roles)))
    return found


def _roles(measure: Measure, dictionary: DataDictionary | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, expression in measure.expressions:
        role = "outcome" if place in ("outcome", "missing_when") else "who counts"
        for name in expression.elements:
            found.setdefault(_element(dictionary, name), []).append(role)
    for adjuster in measure.adjusters:
        found.setdefault(_element(dictionary, adjuster.element), []).append("risk model")
    return {name: list(dict.fromkeys(roles)) for name, roles in found.items()}


def _element(dictionary: DataDictionary | None, name: str) -> str:
    return dictionary.element_of(name).name if dictionary is not None and dictionary.has_column(name) else name


def lines(registry: Registry, *, minutes: dict[str, float]) -> list[Line]:
    """Return every element with what uses it; what goes into a calculation is used by whatever reads the result."""
    read = readings(registry)
    uses = element_uses.of_registry(registry)
    return [
        Line(
            use=use,
            readings=tuple(dict.fromkeys([*read.get(use.name, ()), *(each for name in use.needed for each in read.get(name, ()))])),
            minutes=minutes.get(use.name),
        )
        for use in uses
    ]
