"""What a model card shows, from a stored run."""

import math
from typing import Any

from feedback.models import MeasureRun
from registry.dictionary.elements import DataDictionary
from registry.selectors import dictionaries


def context(run: MeasureRun) -> dict[str, Any]:
    """Return the card's parts: coefficients as odds ratios, discrimination, calibration, reliability, missingness."""
    fit = run.model["fit"]
    version = dictionaries.latest(run.comparison.registry)
    names = _names(run.model, dictionaries.load(version) if version else None)
    return {
        "run": run,
        "title": run.measure.title,
        "fit": fit,
        "terms": [_term(term, names) for term in fit["terms"]],
        "reliability": run.model["reliability"],
        "missing": run.model["missing"],
        "aliased": [{"words": names.get(item["column"], item["column"])} for item in run.model["aliased"]],
        "excluded": run.model["excluded"],
        "tally": run.summary["tally"],
        "window": run.summary["window"],
        "summary": run.summary,
        "notes": run.summary["notes"],
    }


def _term(term: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Write a coefficient as people read it: words, odds ratio with interval, log-odds with standard error."""
    is_intercept = term["name"] == "(Intercept)"
    return {
        **term,
        "words": names.get(term["name"], term["name"]),
        "ratio": None if is_intercept else math.exp(term["estimate"]),
        "ratio_lower": None if is_intercept or term["lower"] is None else math.exp(term["lower"]),
        "ratio_upper": None if is_intercept or term["upper"] is None else math.exp(term["upper"]),
    }


def _names(model: dict[str, Any], dictionary: DataDictionary | None) -> dict[str, str]:
    """Return the words of each term: the adjuster's label, with the level and what it is compared with."""
    names = {"(Intercept)": "Intercept"}
    for coding in model["codings"]:
        element = coding["adjuster"]["name"]
        label = model["labels"].get(element, element)
        if coding["levels"]:
            known = dictionary is not None and dictionary.has_column(element)
            say = dictionary.element_of(element).label_of if known else str
            against = say(coding["reference"])
            for name, level in zip(coding["names"], coding["levels"], strict=False):
                names[name] = f"{label}: {say(level)}, against {against}"
            continue
        for name in coding["names"]:
            part = name.removeprefix(element)
            number = part.removeprefix(":spline")
            names[name] = {"": label, ":missing": f"{label}: not known"}.get(part, f"{label}, bend {number}")
    return names
