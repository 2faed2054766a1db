"""What a model card shows, from a stored run."""

import math
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from feedback.models import Comparison, MeasureRun, Standing
from registry.dictionary.elements import DataDictionary
from registry.selectors import dictionaries

SMALL = 0.0001
SITE = re.compile(r"\bsite(s?)\b")  # the statistics know sites; the names of columns hold no such word alone
LARGER = 0.1


def context(
    run: MeasureRun, *, earlier: MeasureRun | None = None, own: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """Return the card's parts: coefficients as odds ratios, discrimination, calibration, reliability, missingness.

    earlier : the run published before, to say what changed. own : the full results of the reader's own hospitals.
    """
    fit = run.model["fit"]
    version = dictionaries.latest(run.comparison.registry)
    names = _names(run.model, dictionaries.load(version) if version else None)
    mine = list((own or {}).values())
    return {
        "own": mine[0] if len(mine) == 1 else None,
        "changes": _changes(run, earlier, names) if earlier else None,
        "optimism": run.model.get("optimism"),
        "curve": run.model.get("curve"),
        "brier_scaled": run.model.get("brier_scaled"),
        "hospitals": run.model.get("sites"),
        "tau": _root(run.model.get("dispersion", {}).get("tau2")),
        "estimation": run.model["settings"].get("estimation", "maximum likelihood"),
        "prior": run.model["settings"].get("sigma_prior", ""),
        "run": run,
        "title": run.measure.title,
        "fit": fit,
        "spread_p": _p_words(fit["sigma_p_value"]),
        "terms": [_term(term, names) for term in fit["terms"]],
        "reliability": run.model["reliability"],
        "missing": [_unknown(line, mine) for line in run.model["missing"]],
        "aliased": [{"words": names.get(item["column"], item["column"])} for item in run.model["aliased"]],
        "excluded": run.model["excluded"],
        "tally": run.summary["tally"],
        "window": run.summary["window"],
        "summary": run.summary,
        "notes": [SITE.sub(r"hospital\1", note) for note in run.summary["notes"]],
    }


def earlier_of(run: MeasureRun, *, own_set: tuple[int, ...]) -> MeasureRun | None:
    """Return the run of the same measure published before, where these readers might see its model (rule B11); the centre might."""
    found = (
        MeasureRun.objects.filter(
            comparison__registry=run.comparison.registry_id,
            comparison__status=Comparison.Status.PUBLISHED,
            comparison__lt=run.comparison_id,
            measure__code=run.measure.code,
            refusal=[],
        )
        .select_related("measure", "comparison")
        .order_by("-comparison__published_at", "-comparison_id")
        .first()
    )
    if found is None or not own_set:
        return found
    seen = Standing.objects.filter(run=found, own_set=sorted(own_set)).first()
    return found if seen is not None and seen.document["collaborative"] is not None else None


def _changes(run: MeasureRun, earlier: MeasureRun, names: dict[str, str]) -> dict[str, Any]:
    """Say what changed: the measure's version and log, the figures, and the coefficients that moved by a tenth or appeared."""
    new, old = run.model, earlier.model
    fits = (old["fit"], new["fit"])
    terms = [{term["name"]: term["estimate"] for term in fit["terms"]} for fit in fits]
    moved = [
        {"words": names.get(name, name), "before": terms[0].get(name), "after": value}
        for name, value in terms[1].items()
        if name != "(Intercept)" and (name not in terms[0] or abs(value - terms[0][name]) > LARGER)
    ]
    logged = {entry["version"] for entry in old.get("change_log", [])}
    return {
        "since": earlier.comparison.label,
        "versions": (earlier.summary["measure"]["version"], run.summary["measure"]["version"]),
        "log": [entry for entry in new.get("change_log", []) if logged and entry["version"] not in logged],
        "figures": [
            ("Cases", "count", earlier.summary["n"], run.summary["n"]),
            ("Hospitals", "count", earlier.summary["sites"], run.summary["sites"]),
            ("Rate", "rate", old["rate"], new["rate"]),
            ("Spread between hospitals (σ)", "fixed", *(fit["sigma"] for fit in fits)),
            ("c-statistic", "fixed", *(fit["c_statistic"] for fit in fits)),
            ("Reliability, median", "fixed", *(one["reliability"]["median"] for one in (old, new))),
        ],
        "moved": moved,
        "gone": [name for name in terms[0] if name not in terms[1]],
    }


def _unknown(line: dict[str, Any], own: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Add the share that is unknown at the reader's own hospital, where there is one."""
    return line | {"own": own[0].get("unknown", {}).get(line["adjuster"]) if len(own) == 1 else None}


def _root(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)


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
