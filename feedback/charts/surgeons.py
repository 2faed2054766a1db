"""A surgeon's page from the stored own result: trend and cases first; a comparison only where it can be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from feedback.charts import pages, priorities, sentences
from feedback.charts.numbers import fixed, words_count, words_of, words_rate, words_rates
from feedback.charts.standing import standing
from feedback.charts.table import Chart

SHOWN = 12


def headline(own: Mapping[str, Any], *, title: str) -> str:
    """Say a surgeon's result in one sentence."""
    compared = own["compared"]
    if compared is not None:
        said = {**compared, "n": own["n"]}
        return sentences.headline(said, title=title, collaborative=compared["rate"], others="all surgeons’")
    counted = f"{words_of(own['observed'], own['n'])}, {fixed(own['expected'], digits=1)} expected"
    if not own["enough_others"]:
        return f"{counted}. Too few other surgeons take part to compare."
    needed = own["needed"]
    if needed is None:
        return f"{counted}: **too few cases to tell**; the data cannot distinguish surgeons on this measure."
    return f"{counted}: **too few cases to tell**; about {words_count(needed)} cases would be needed."


def row(*, run: Any, own: Mapping[str, Any], today: date, believed: Mapping[str, Any]) -> dict[str, Any]:
    """Return one line of the overview."""
    window = run.summary["window"]
    return {
        "registry": run.comparison.registry.code,
        "code": run.measure.code,
        "title": run.measure.title,
        "sentence": headline(own, title=run.measure.title),
        "shape": sentences.SHAPES[own["compared"]["verdict"]] if own["compared"] else "unclear",
        "credibility": _credibility(own, window=window, today=today, believed=believed),
        "spark": pages.spark(own["trend"], title=run.measure.title) if own["trend"] else None,
    }


def _credibility(
    own: Mapping[str, Any], *, window: Mapping[str, Any], today: date, believed: Mapping[str, Any]
) -> list[str]:
    """Say on what own figures rest; completeness, follow-up and audits are those of the hospitals."""
    parts = [words_of(own["observed"], own["n"])]
    parts.append(window["label"] + (", provisional" if priorities.provisional(window, today=today) else ""))
    if own.get("reliability") is not None:
        parts.append(f"reliability {fixed(own['reliability'], digits=2)}")
    parts += sentences.rests(believed)
    parts.append("seen by you alone")
    return parts


def page(*, run: Any, own: Mapping[str, Any], today: date, believed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page of one measure shows."""
    adverse = run.summary["measure"]["adverse"]
    striking = [case for case in own["cases"] if case["met"] == int(adverse)]
    striking.sort(key=lambda case: (case["expected"] if adverse else -case["expected"], case["code"]))
    return {
        "title": run.measure.title,
        "registry": run.comparison.registry.code,
        "code": run.measure.code,
        "credibility": _credibility(own, window=run.summary["window"], today=today, believed=believed),
        "sentence": headline(own, title=run.measure.title),
        "trend": pages.trend_chart(own["trend"], title=run.measure.title) if own["trend"] else None,
        "comparison": _comparison(run, own),
        "n": own["n"],
        "striking": [{"code": case["code"], "risk": sentences.risk(case["expected"])} for case in striking[:SHOWN]],
        "rest": max(0, len(striking) - SHOWN),
        "which": "with the outcome" if adverse else "in which it was not done",
        "stamp": f"{run.summary['window']['label']} · {run.digest[:12]}",
    }


def _comparison(run: Any, own: Mapping[str, Any]) -> Chart | None:
    compared = own["compared"]
    if compared is None:
        return None
    interval = (compared["shrunken_rate_lower"], compared["shrunken_rate_upper"])
    return standing(
        own=compared["shrunken_rate"],
        interval=interval,
        n_cases=own["n"],
        collaborative=compared["rate"],
        sentence=headline(own, title=run.measure.title),
        title=run.measure.title,
        band=(compared["chance_lower"], compared["chance_upper"]),
        details=(
            ("Observed", words_count(own["observed"])),
            ("Expected", fixed(own["expected"], digits=1)),
            ("Rate after adjustment", f"{words_rate(compared['shrunken_rate'])} ({words_rates(*interval)})"),
        ),
        peer_note="Other surgeons are not drawn.",
    )
