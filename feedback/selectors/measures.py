"""Read measures in words."""

from dataclasses import dataclass
from typing import Any

from feedback.measures import load as reader
from feedback.measures.definition import Measure
from feedback.models import MeasureVersion
from feedback.selectors import dashboard
from registry.dictionary.elements import DataDictionary
from registry.models import Registry
from registry.selectors import dictionaries
from sites.refusals import NotFound


@dataclass(frozen=True)
class Found:
    """A measure's definition with what the reader's hospital brought to it."""

    version: MeasureVersion
    measure: Measure
    adjusters: tuple[tuple[str, str], ...]
    own: tuple[dict[str, Any], ...]
    window: str


def catalogue() -> list[dict[str, Any]]:
    """Return the newest version of each measure by registry."""
    newest: dict[tuple[int, str], MeasureVersion] = {}
    for version in MeasureVersion.objects.select_related("registry").order_by("registry__title", "title", "number"):
        newest[version.registry_id, version.code] = version
    groups: dict[int, dict[str, Any]] = {}
    for version in newest.values():
        group = groups.setdefault(version.registry_id, {"registry": version.registry, "rows": []})
        group["rows"].append({"version": version, "measure": reader.load(bytes(version.source))})
    return list(groups.values())


def definition(*, registry_code: str, measure_code: str, hospital_ids: tuple[int, ...]) -> Found:
    """Return the newest version of one measure, with own counts from the newest published comparison."""
    registry = Registry.objects.filter(code=registry_code).first()
    version = (
        MeasureVersion.objects.filter(registry=registry, code=measure_code)
        .select_related("registry")
        .order_by("-number")
        .first()
    )
    if registry is None or version is None:
        raise NotFound
    measure = reader.load(bytes(version.source))
    own, window = _own(registry, measure_code, hospital_ids)
    return Found(version=version, measure=measure, adjusters=_adjusters(measure, registry), own=own, window=window)


def _own(registry: Registry, code: str, hospital_ids: tuple[int, ...]) -> tuple[tuple[dict[str, Any], ...], str]:
    if not hospital_ids:
        return (), ""
    try:
        seen = dashboard.one(registry_code=registry.code, measure_code=code, hospital_ids=hospital_ids)
    except NotFound:
        return (), ""
    return tuple(seen.document["own"].values()), seen.document["window"]["label"]


def _adjusters(measure: Measure, registry: Registry) -> tuple[tuple[str, str], ...]:
    version = dictionaries.latest(registry)
    dictionary = dictionaries.load(version) if version else None
    return tuple((adjuster.label, _coding_words(adjuster, dictionary)) for adjuster in measure.adjusters)


def _coding_words(adjuster: Any, dictionary: DataDictionary | None) -> str:
    if adjuster.coding.numeric:
        words = {
            "linear": "straight line",
            "spline4": "smooth curve, four knots",
            "spline5": "smooth curve, five knots",
        }
        return f"{words[adjuster.coding.value]}; unknown values have their own term"
    label = adjuster.reference
    if dictionary is not None and dictionary.has_column(adjuster.element):
        label = dictionary.element_of(adjuster.element).label_of(adjuster.reference) or adjuster.reference
    return f"groups, compared with “{label}”; unknown is a group of its own"
