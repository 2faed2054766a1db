"""Beside the verdict: the balancing measures that were declared, and the elements the toolkit asks for, by the same method."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from feedback.scored import Scored
from feedback.selectors import inputs
from feedback.statistics.refusal import ComparisonRefusal
from interventions.actions.element_tests import judged
from interventions.impact.assess import assess
from interventions.impact.panel import Panel
from interventions.impact.verdict import Verdict, excludes_zero
from interventions.models import TestableElement, Toolkit, ToolkitElement

DRAWS = 199
BALANCING, PROCESS = "BALANCING", "PROCESS"


def elements(toolkit: Toolkit) -> list[TestableElement]:
    """Return the elements a toolkit asks for."""
    rows = ToolkitElement.objects.filter(toolkit=toolkit).select_related("element").order_by("pk")
    return [row.element for row in rows]


def all_of(
    toolkit: Toolkit,
    tables: dict[str, Any],
    *,
    material: inputs.Material,
    panel_of: Callable[[Scored], Panel],
    seed: int,
) -> list[dict[str, Any]]:
    """Assess what might have moved with the outcome, each once, with the same starts, baseline and window."""
    found = []
    for code in toolkit.balancing:
        if code in tables:
            measure, cases = tables[code]
            about = {"role": BALANCING, "title": measure.title, "adverse": measure.adverse}
            found.append(about | _one(panel_of(cases), adverse=measure.adverse, seed=seed))
    asked = elements(toolkit)
    _, cases = tables[toolkit.measure_code]
    known = judged(cases, asked, material=material)
    for element in asked:
        about = {"role": PROCESS, "title": element.title, "adverse": False}
        found.append(
            about
            | _one(
                panel_of(_done(known.cases, known.done[element.code], known.known[element.code])),
                adverse=False,
                seed=seed,
            )
        )
    return found


def _done(cases: Scored, done: np.ndarray, known: np.ndarray) -> Scored:
    """Return the cases in which it is known whether an element was done, as an outcome expected alike everywhere."""
    kept = cases.only(known)
    happened = done[known].astype(float)
    share = float(np.clip(happened.mean(), 1e-6, 1 - 1e-6)) if happened.size else 0.5
    return replace(kept, outcome=happened, risks=(np.full(happened.size, share),))


def _one(panel: Panel, *, adverse: bool, seed: int) -> dict[str, Any]:
    try:
        said = assess(panel, adverse=adverse, seed=seed, draws=DRAWS)
    except (ComparisonRefusal, ValueError) as refusal:
        return {"moved": None, "words": " ".join(getattr(refusal, "reasons", ())) or "It could not be assessed."}
    if said.said.verdict is Verdict.TOO_EARLY:
        return {"moved": None, "words": " ".join(said.said.sentences)}
    moved = said.said.verdict in (Verdict.HELPED, Verdict.WORSE)
    return {
        "effect": asdict(said.effect),
        "p": said.p,
        "moved": moved,
        "clear": excludes_zero(said.effect),
        "words": "",
    }
