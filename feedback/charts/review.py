"""A finished comparison for its review: what each measure gave, and how it differs from the last one; no hospital in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feedback.charts.numbers import fixed, words_count, words_points, words_rate

COLUMNS = [
    "Measure",
    ("Cases", "", "num"),
    ("Rate", "", "num"),
    ("Since last", "", "num"),
    ("Spread σ", "", "num"),
    ("c", "", "num"),
    ("Slope", "", "num"),
    ("Median reliability", "", "num"),
    "What hospitals will read",
]
VERDICTS = {
    "LIKELY_BETTER": "likely better",
    "LIKELY_HIGHER": "likely higher",
    "LIKELY_LOWER": "likely lower",
    "NOT_DISTINGUISHABLE": "not distinguishable",
    "TOO_FEW": "too few cases to tell",
}


def row(run: Any, *, earlier: Any | None) -> dict[str, Any]:
    """Return one line of the review table."""
    if run.refusal:
        return {"run": run, "refused": True, "reasons": run.refusal, "cells": ()}
    summary, fit = run.summary, run.model["fit"]
    change = None
    if earlier is not None and not earlier.refusal:
        change = summary["rate"] - earlier.summary["rate"]
    return {
        "run": run,
        "refused": False,
        "reasons": (),
        "cells": (
            words_count(summary["n"]),
            words_rate(summary["rate"]),
            words_points(change),
            fixed(fit["sigma"], digits=2),
            fixed(fit["c_statistic"], digits=2),
            fixed(fit["calibration_slope"], digits=2),
            fixed(run.model["reliability"]["median"], digits=2),
            ", ".join(f"{n} {VERDICTS[name]}" for name, n in summary["verdicts"].items()),
        ),
    }


def sentence(comparison: Any, rows: Sequence[dict[str, Any]]) -> str:
    """Say where a comparison stands and what it gave."""
    if comparison.status == "FAILED":
        return "The comparison **could not be made**: " + " ".join(comparison.settings.get("refused", []))
    if not rows:
        return "The comparison is being computed."
    refused = sum(line["refused"] for line in rows)
    fitted = len(rows) - refused
    text = f"**{fitted} of {len(rows)} measures** were compared"
    text += f"; {refused} refused, with reasons below." if refused else "; none was refused."
    if comparison.status == "FINISHED":
        text += " No hospital sees any of it until it is published."
    return text
