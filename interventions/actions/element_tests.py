"""Test elements inside the registry: does it vary, is it associated within and between hospitals, with dose response? Frozen cases only."""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from feedback.actions.comparisons import canonical
from feedback.measures.evaluate import judge
from feedback.models import Comparison
from feedback.scored import Scored
from feedback.selectors import inputs
from feedback.statistics.refusal import ComparisonRefusal
from interventions.actions.searches import scored
from interventions.deviance.elements import Effect, association, dose_response, variation
from interventions.models import ElementTest, TestableElement, Toolkit, ToolkitElement
from registry.dictionary.expression import parse
from registry.dictionary.frame import TypedFrame
from sites import audit

FEWEST_HOSPITALS = 5
FEWEST_CASES = 20
LARGEST_SHARE = 0.5
FEWEST_FOR_ENDS = 10


@dataclass(frozen=True, eq=False)
class Judged:
    """The counted cases of a measure, and of each element by code whether it was done and whether that is known, (n,) booleans."""

    cases: Scored
    done: dict[str, np.ndarray]
    known: dict[str, np.ndarray]


def judged(cases: Scored, elements: list[TestableElement], *, material: inputs.Material) -> Judged:
    """Judge the elements on the counted cases of a measure."""
    typed = TypedFrame.of(material.history, types=material.types)
    place = pd.Index(material.history["case_code"]).get_indexer(cases.key)
    done, known = {}, {}
    for element in elements:
        true, sure = judge(parse(element.done_when).tree, typed, today=material.window.as_of)
        done[element.code], known[element.code] = true[place], sure[place]
    return Judged(cases=cases, done=done, known=known)


def examine(
    *, comparison: Comparison, at: datetime, material: inputs.Material | None = None, found: list[Any] | None = None
) -> int:
    """Test every element of a registry that is not retired, each toolkit's together, and each bundle; return how many were stored.

    material, found: what was read for this comparison already, and its measures with their scored cases.
    """
    elements = list(
        TestableElement.objects.filter(registry=comparison.registry).exclude(state=Toolkit.State.RETIRED).order_by("pk")
    )
    if not elements:
        return 0
    read = material or inputs.read(comparison=comparison)
    stored = 0
    for run, measure, cases in found if found is not None else scored(comparison, read):
        own = [element for element in elements if element.measure_code == run.measure.code]
        if own:
            known = judged(cases, own, material=read)
            about = {
                "title": run.measure.title,
                "adverse": measure.adverse,
                "from": read.window.periods[0][1],
                "until": read.window.periods[-1][1],
            }
            stored += _measure(comparison, run.measure.code, own, known, about=about, at=at)
    audit.record(
        action="test elements", at=at, by="job", kind="comparison", object_id=comparison.code, detail={"stored": stored}
    )
    return stored


def _measure(
    comparison: Comparison, measure_code: str, elements: list[TestableElement], known: Judged, *, about: dict[str, Any], at: datetime
) -> int:  # fmt: skip
    alone = about | {"tested": len(elements)}
    stored = sum(
        _store(comparison, measure_code, [one], known, of={"element": one}, about=alone, at=at) for one in elements
    )
    for of, together in _bundles(elements):
        if len(together) > 1:
            stored += _store(comparison, measure_code, together, known, of=of, about=about, at=at)
    return stored


def _bundles(elements: list[TestableElement]) -> list[tuple[dict[str, Any], list[TestableElement]]]:
    """Return which elements are tested together: those a toolkit asks for, and those that were declared as a bundle."""
    toolkits: dict[int, tuple[dict[str, Any], list[TestableElement]]] = {}
    rows = ToolkitElement.objects.filter(element__in=elements).select_related("toolkit").order_by("toolkit_id", "pk")
    by_id = {one.pk: one for one in elements}
    for row in rows:
        toolkits.setdefault(row.toolkit_id, ({"toolkit": row.toolkit}, []))[1].append(by_id[row.element_id])
    declared = {one.bundle: None for one in elements if one.bundle}
    named = [({"bundle": bundle}, [one for one in elements if one.bundle == bundle]) for bundle in declared]
    return [*toolkits.values(), *named]


def _store(
    comparison: Comparison, measure_code: str, elements: list[TestableElement], known: Judged, *, of: dict[str, Any], about: dict[str, Any],
    at: datetime,
) -> bool:  # fmt: skip
    digest = hashlib.sha256(canonical({
        "comparison": comparison.digest, "measure": measure_code, "of": {name: getattr(what, "code", what) for name, what in of.items()},
        "elements": [[element.code, element.done_when] for element in elements],
    })).hexdigest()  # fmt: skip
    if ElementTest.objects.filter(digest=digest).exists():
        return False
    document, refusal = about | {"elements": [element.title for element in elements]}, []
    try:
        document |= (
            _alone(known, elements[0].code)
            if "element" in of
            else _together(known, [element.code for element in elements])
        )
    except ComparisonRefusal as refused:
        refusal = list(refused.reasons)
    ElementTest.objects.create(
        registry=comparison.registry,
        comparison=comparison,
        measure_code=measure_code,
        digest=digest,
        document=document,
        refusal=refusal,
        at=at,
        **of,
    )
    return True


def _alone(known: Judged, code: str) -> dict[str, Any]:
    cases = known.cases.only(known.known[code])
    done = known.done[code][known.known[code]].astype(float)
    _, site = np.unique(cases.site, return_inverse=True)
    hospitals = int(site.max()) + 1 if site.size else 0
    varies = variation(site=site, element=done, n_sites=hospitals)
    related = association(site=site, score=done, outcome=cases.outcome, risk=cases.risks[0])
    ends = hospitals >= FEWEST_FOR_ENDS
    return {
        "unknown": round(1 - float(known.known[code].mean()), 4), **_related(related),
        "varies": {
            "overall": round(varies.overall, 4), "reliable": round(varies.reliable, 2),
            "low": round(varies.low, 2) if ends else None, "high": round(varies.high, 2) if ends else None,
        },
    }  # fmt: skip


def _together(known: Judged, codes: list[str]) -> dict[str, Any]:
    every = np.logical_and.reduce([known.known[code] for code in codes])
    cases = known.cases.only(every)
    elements = np.column_stack([known.done[code][every] for code in codes]).astype(float)
    found = dose_response(site=cases.site, elements=elements, outcome=cases.outcome, risk=cases.risks[0])
    score = elements.sum(axis=1)
    return {
        "unknown": round(1 - float(every.mean()), 4), **_related(found.per_element),
        "doses": [
            {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(dose).items()}
            if _may_be_shown(cases.site[score == dose.score]) else {"score": int(dose.score), "withheld": True}
            for dose in found.doses
        ],
    }  # fmt: skip


def _related(found: Any) -> dict[str, Any]:
    return {
        "within": _rounded(found.within), "between": _rounded(_a_tenth(found.between)), "agreement_p": round(found.agreement_p, 4),
        "hospitals": found.sites, "cases": found.cases, "events": found.events, "caveats": list(found.caveats),
    }  # fmt: skip


def _a_tenth(effect: Effect) -> Effect:
    """Turn “always against never”, which no hospital is, into ten more in a hundred cases; and an element into a tenth of one."""
    return replace(effect, **{name: float(getattr(effect, name) ** 0.1) for name in ("odds_ratio", "lower", "upper")})


def _rounded(effect: Any) -> dict[str, float]:
    return {
        "odds_ratio": round(effect.odds_ratio, 3),
        "lower": round(effect.lower, 3),
        "upper": round(effect.upper, 3),
        "p": round(effect.p, 4),
    }


def _may_be_shown(site: np.ndarray) -> bool:
    """Say whether cases may be shown together: of five hospitals or more, none with over half of them (B11)."""
    counts = np.unique(site, return_counts=True)[1]
    return counts.size >= FEWEST_HOSPITALS and site.size >= FEWEST_CASES and counts.max() <= LARGEST_SHARE * site.size
