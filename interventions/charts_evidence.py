"""Figures of the evidence: odds ratios of elements, the outcome along a bundle score, and one hospital's course with what would have been."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log2
from typing import Any

from feedback.charts import place, theme
from feedback.charts.table import Chart, Table

ROW, LEFT, RIGHT, HEIGHT = 44, 44, 16, 250


def ratio(effect: Mapping[str, float]) -> str:
    """Write an odds ratio with its interval."""
    return f"{effect['odds_ratio']:.2f} ({effect['lower']:.2f} to {effect['upper']:.2f})"


def forest(rows: Sequence[tuple[str, Mapping[str, float]]], *, title: str, caption: str, words: str) -> Chart:
    """Draw odds ratios on a log scale, each (label, effect), from above to below; words: what stands in the table's first column."""
    logs = [log2(max(effect[end], 1 / 64)) for _, effect in rows for end in ("lower", "upper")]
    low, high = min(-1, floor(min(logs))), max(1, ceil(max(logs)))
    height = 40 + ROW * len(rows)
    return Chart(
        figure={
            "variants": [_forest(rows, low=low, high=high, height=height, min_width=least, width=width) for least, width in theme.WIDTHS],
            "max_width": 820,
        },
        table=Table(
            columns=(words, "Odds ratio (95 % interval)", "p"),
            rows=tuple((label, ratio(effect), "<0.001" if effect["p"] < 0.001 else f"{effect['p']:.3f}") for label, effect in rows), caption=title,
            numeric=True,
        ),
        sentence="", caption=caption,
    )  # fmt: skip


def _forest(
    rows: Sequence[tuple[str, Mapping[str, float]]], *, low: int, high: int, height: int, min_width: int, width: int
) -> dict[str, Any]:  # fmt: skip
    every = 1 if high - low <= 4 or width > 400 else 2
    shown = [power for power in range(low, high + 1) if power % every == 0]
    x = theme.axis(low=low - 0.1, high=high + 0.1, ticks=shown, words=[f"{2.0**power:g}" for power in shown], grid=True)
    layout = theme.layout(
        height=height, x=x, y=theme.hidden_axis(low=-0.5, high=len(rows) - 0.5), margin=(6, RIGHT, 30, 12)
    )
    layout["shapes"] = [theme.line(x=(0, 0), y=(-0.5, len(rows) - 0.5), colour=theme.EDGE)]
    places, values = [], []
    for at, (label, effect) in enumerate(reversed(rows)):
        ends = tuple(min(max(log2(max(effect[end], 1 / 64)), low - 0.1), high + 0.1) for end in ("lower", "upper"))
        layout["shapes"].append(theme.line(x=ends, y=(at - 0.15, at - 0.15), colour=theme.ACCENT, width=2))
        layout["annotations"].append(
            theme.label(
                x=low - 0.1,
                y=at + 0.25,
                words=place.shortened(label, width=width - RIGHT - 16),
                across="left",
                masked=True,
            )
        )
        places.append(log2(max(effect["odds_ratio"], 1 / 64)))
        values.append(at - 0.15)
    marks = theme.marks(x=places, y=values, colour=theme.ACCENT, size=9)
    return {"min_width": min_width, "data": [marks], "layout": layout}


def doses(document: Mapping[str, Any], *, title: str) -> Chart:
    """Draw the outcome by how many of the elements a case had, beside what the risk model expects."""
    shown = [one for one in document["doses"] if not one.get("withheld")]
    rows = tuple(
        (str(one["score"]), "–", "–", "withheld") if one.get("withheld")
        else (str(one["score"]), f"{one['cases']:,}", f"{100 * one['rate']:.1f} % ({100 * one['lower']:.1f} to {100 * one['upper']:.1f})",
              f"{100 * one['expected']:.1f} %")
        for one in document["doses"]
    )  # fmt: skip
    return Chart(
        figure={"variants": [_doses(shown, min_width=least, width=width) for least, width in theme.WIDTHS], "max_width": 820},
        table=Table(
            columns=("Elements done", "Cases", "With the event (95 % interval)", "Expected by risk"), rows=rows, caption=title, numeric=True
        ),
        sentence="",
        caption="Per cent of cases with the event, by how many of the elements were done; the open mark is what the risk model expects of"
        " these cases. A score of fewer than five hospitals or twenty cases, or mostly of one hospital, is not shown.",
    )  # fmt: skip


def _doses(shown: Sequence[Mapping[str, Any]], *, min_width: int, width: int) -> dict[str, Any]:
    scores = [one["score"] for one in shown]
    top = 100 * max([one["upper"] for one in shown] + [one["expected"] for one in shown], default=0.1) * 1.08
    ticks = place.ticks(low=0, high=top, at_most=5)
    ends = (min([0, *scores]) - 0.5, max([1, *scores]) + 0.5)
    x = theme.axis(low=ends[0], high=ends[1], ticks=scores, words=[str(score) for score in scores])
    y = theme.axis(low=0, high=top, ticks=ticks, words=[f"{tick:g}" for tick in ticks], grid=True, line=False)
    layout = theme.layout(height=HEIGHT, x=x, y=y, margin=(12, RIGHT, 30, LEFT))
    layout["shapes"] = [
        theme.line(
            x=(one["score"], one["score"]), y=(100 * one["lower"], 100 * one["upper"]), colour=theme.ACCENT, width=2
        )
        for one in shown
    ]
    marks = theme.marks(x=scores, y=[100 * one["rate"] for one in shown], colour=theme.ACCENT, size=9)
    expected = theme.marks(
        x=[s + 0.15 for s in scores],
        y=[100 * one["expected"] for one in shown],
        colour=theme.MUTED,
        size=9,
        symbol="circle-open",
    )
    expected["marker"]["line"] = {"width": 2, "color": theme.MUTED}
    return {"min_width": min_width, "data": [expected, marks], "layout": layout}


def own_course(document: Mapping[str, Any], *, table: Table) -> Chart:
    """Draw one hospital's periods against the frozen model, its start, and the band of the course that would have been."""
    band = " The shaded band is where the course before would have led (95 % interval), the thin line its middle."
    return Chart(
        figure={"variants": [_course(document, min_width=least, width=width) for least, width in theme.WIDTHS], "max_width": 820},
        table=table, sentence="",
        caption="Events per 100 cases above or below expected by the frozen model, by quarter; the dotted line is the start."
        f"{band if document.get('alone') else ''} One hospital alone cannot tell the change from whatever else happened then.",
    )  # fmt: skip


def _course(document: Mapping[str, Any], *, min_width: int, width: int) -> dict[str, Any]:
    band = document.get("alone", {}).get("band", [])
    points = [
        (at, 100 * value) for at, (n, value) in enumerate(zip(document["cases"], document["excess"], strict=True)) if n
    ]
    values = [value for _, value in points] + [100 * one[end] for one in band for end in ("lower", "upper")]
    low, high = min([0.0, *values]) * 1.1, max([0.0, *values]) * 1.1 or 1.0
    ticks = place.ticks(low=low, high=high, at_most=5)
    labels = document["periods"]
    every = max(1, ceil((max(place.text_width(label) for label in labels) + 12) * len(labels) / (width - LEFT - RIGHT)))
    named = list(range(0, len(labels), every))
    x = theme.axis(low=-0.5, high=len(labels) - 0.5, ticks=named, words=[labels[at] for at in named])
    y = theme.axis(
        low=low, high=high, ticks=ticks, words=[f"{tick:g}".replace("-", "−") for tick in ticks], grid=True, line=False
    )
    layout = theme.layout(height=HEIGHT, x=x, y=y, margin=(12, RIGHT, 30, LEFT))
    start = document["start"] - 0.5
    layout["shapes"] = [
        *(theme.box(x=(one["period"] - 0.5, one["period"] + 0.5), y=(100 * one["lower"], 100 * one["upper"])) for one in band),
        theme.line(x=(-0.5, len(labels) - 0.5), y=(0, 0), colour=theme.EDGE),
        theme.line(x=(start, start), y=(low, high), colour=theme.EDGE, dash="dot"),
    ]  # fmt: skip
    data = (
        [
            theme.path(
                x=[one["period"] for one in band], y=[100 * one["value"] for one in band], colour=theme.EDGE, width=1
            )
        ]
        if band
        else []
    )
    data += [
        theme.path(x=[at for at, _ in points], y=[value for _, value in points], colour=theme.ACCENT, width=1.5),
        theme.marks(x=[at for at, _ in points], y=[value for _, value in points], colour=theme.ACCENT, size=9),
    ]
    return {"min_width": min_width, "data": data, "layout": layout}
