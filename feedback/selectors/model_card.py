"""What a model card shows, from a stored run."""

import math
from itertools import zip_longest
from typing import Any

from feedback.models import MeasureRun
from registry.dictionary.elements import DataDictionary
from registry.selectors import dictionaries

SMALL = 0.0001


def context(run: MeasureRun) -> dict[str, Any]:
    """Return the card's parts: coefficients as odds ratios, discrimination, calibration, reliability, missingness."""
    fit = run.model["fit"]
    version = dictionaries.latest(run.comparison.registry)
    names = _names(run.model, dictionaries.load(version) if version else None)
    return {
        "run": run,
        "title": run.measure.title,
        "fit": fit,
        "spread_p": _p_words(fit["sigma_p_value"]),
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


def _p_words(value: float | None) -> str:
    if value is None:
        return ""
    return "p < 0.0001" if value < SMALL else f"p = {value:.4f}"


def _term(term: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Write a coefficient as people read it: words, odds ratio with interval, log-odds with standard error."""
    is_plain = term["name"] != "(Intercept)" and ":spline" not in term["name"]
    return {
        **term,
        "words": names.get(term["name"], term["name"]),
        "ratio": math.exp(term["estimate"]) if is_plain else None,
        "ratio_lower": math.exp(term["lower"]) if is_plain and term["lower"] is not None else None,
        "ratio_upper": math.exp(term["upper"]) if is_plain and term["upper"] is not None else None,
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
            for name, level in zip_longest(coding["names"], coding["levels"]):
                names[name] = f"{label}: {'not known' if level is None else say(level)}, against {against}"
            continue
        for name in coding["names"]:
            part = name.removeprefix(element)
            number = part.removeprefix(":spline")
            names[name] = {"": label, ":missing": f"{label}: not known"}.get(part, f"{label}, bend {number}")
    return names
