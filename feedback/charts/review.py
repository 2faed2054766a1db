"""A finished comparison for its review: what each measure gave, and how it differs from the last one; no hospital in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from feedback.charts.numbers import fixed, words_count, words_points, words_rate
from feedback.charts.table import Table

COLUMNS = [
    "Measure",
    ("Cases", "", "num"),
    ("Rate", "", "num"),
    ("Against the last", "", "num"),
    ("Spread σ", "", "num"),
    ("c", "", "num"),
    ("Slope", "", "num"),
    ("Median reliability", "", "num"),
    "What hospitals will read",
]
VERDICTS = {
    "LIKELY_BETTER": "likely better",
    "NOT_DISTINGUISHABLE": "not distinguishable",
    "LIKELY_HIGHER": "likely higher",
    "LIKELY_LOWER": "likely lower",
    "TOO_FEW": "too few cases to tell",
}
REFUSED = "refused"


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
            verdicts(summary["verdicts"]),
        ),
    }


def verdicts(counts: Mapping[str, int]) -> str:
    """Say how many hospitals will read which words, in one order."""
    return ", ".join(f"{counts[name]} {words}" for name, words in VERDICTS.items() if name in counts)


def differences(runs: Sequence[Any], *, earlier: Mapping[str, Any], since: str) -> Table | None:
    """Set each measure beside the comparison published last; a cell that changed says what stood there before."""
    rows = []
    for run in runs:
        before = earlier.get(run.measure.code)
        if before is None:
            rows.append((f"{run.measure.title}, new", *_figures(run)))
            continue
        title = run.measure.title
        if before.measure.number != run.measure.number:
            title += f", definition {before.measure.number} → {run.measure.number}"
        pairs = zip(_figures(before), _figures(run), strict=True)
        rows.append((title, *(now if then == now else f"{then} → {now}" for then, now in pairs)))
    if not rows:
        return None
    return Table(
        columns=("Measure", "Cases", "Rate", "Spread σ", "c", "What hospitals read"),
        rows=tuple(rows),
        caption=f"{since} → this comparison; a single value did not change",
    )


def _figures(run: Any) -> tuple[str, ...]:
    if run.refusal:
        return (REFUSED, "", "", "", " ".join(run.refusal))
    fit = run.model["fit"]
    return (
        words_count(run.summary["n"]),
        words_rate(run.summary["rate"]),
        fixed(fit["sigma"], digits=2),
        fixed(fit["c_statistic"], digits=2),
        verdicts(run.summary["verdicts"]),
    )


def sentence(comparison: Any, rows: Sequence[dict[str, Any]]) -> str:
    """Say where a comparison stands and what it gave."""
    if comparison.status == "FAILED":
        return "The comparison **could not be made**: " + " ".join(comparison.settings.get("refused", []))
    if not rows:
        return "The comparison is being computed. You may leave this page."
    refused = sum(line["refused"] for line in rows)
    fitted = len(rows) - refused
    text = f"**{fitted} of {len(rows)} measures** were compared"
    text += f"; {refused} refused, with reasons below." if refused else "; none was refused."
    if comparison.status == "PUBLISHING":
        text += " Each hospital’s standing is being written."
    if comparison.status == "DISCARDED":
        text += " It was discarded and never reached a hospital."
    if comparison.status == "FINISHED":
        text += " No hospital sees any of it until it is published."
    return text
