"""Calibration: predicted against observed, in groups of equal size; on the diagonal the model says what happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import unit_of, words_count, words_rate, words_rates
from feedback.charts.table import Chart, Table


def calibration(
    *,
    predicted: Sequence[float],
    observed: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    counts: Sequence[int],
    sentence: str,
    title: str,
    predictions: str,
    digits: int = 1,
    curve: tuple[Sequence[float], Sequence[float]] = ((), ()),
) -> Chart:
    """Draw mean predicted against observed rates per risk group with intervals.

    curve: predicted and observed rates of a smooth calibration curve, none when empty.

    predicted, observed: rates 0–1, one per group; intervals: of the observed; counts: cases per group;
    predictions: which predictions these are (with or without the hospital's effect). Raises ValueError for unequal lengths or none.
    """
    if not len(predicted) == len(observed) == len(intervals) == len(counts) or not predicted:
        raise ValueError("one prediction, observation, interval and count for each group, and at least one group")
    rows = tuple(
        (
            str(index),
            words_count(count),
            words_rate(expected, digits=digits),
            words_rate(seen, digits=digits),
            words_rates(*interval, digits=digits),
        )
        for index, (expected, seen, interval, count) in enumerate(
            zip(predicted, observed, intervals, counts, strict=True), 1
        )
    )
    variants = [
        _variant(predicted, observed, intervals, curve, digits=digits, min_width=least, width=width)
        for least, width in ((0, 300), (420, 410))
    ]
    return Chart(
        figure={"variants": variants, "max_width": 460},
        table=Table(
            columns=("Risk group", "Cases", "Predicted", "Observed", "Interval"), rows=rows, caption=title, numeric=True
        ),
        sentence=sentence,
        caption=(
            "Groups of cases in order of predicted risk; the vertical lines are 95 % intervals"
            f"{', the curve a smooth through all cases' if curve[0] else ''}. {predictions}"
        ),
    )


def _variant(
    predicted: Sequence[float],
    observed: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    curve: tuple[Sequence[float], Sequence[float]],
    *,
    digits: int,
    min_width: int,
    width: int,
) -> dict[str, Any]:
    # Square by intention: an equal step up and across is an equal difference; unequal widths only stretch both alike.
    top = min(1.0, max([*predicted, *observed, *(high for _, high in intervals)]) * 1.08)
    values = place.ticks(low=0, high=top, at_most=5)
    named = unit_of(kind="rate").ticks(values)
    height = 400 if width > 400 else 330
    x = theme.axis(low=0, high=top, ticks=values, words=named) | {"title": theme.axis_title("Predicted")}
    y = theme.axis(low=0, high=top, ticks=values, words=named, grid=True, line=False)
    layout = theme.layout(height=height, x=x, y=y, margin=(28, 24, 50, 52))
    layout["shapes"] = [theme.line(x=(0, top), y=(0, top), colour=theme.EDGE)]
    layout["annotations"] = [theme.label(x=0, y=top, words="Observed", across="left", down="bottom", shift=(-44, 6))]
    layout["annotations"].append(
        theme.label(
            x=top * 0.97, y=top * 0.97, words="predicted = observed", across="right", down="bottom", shift=(0, 14)
        )
    )
    hover = [
        f"Predicted {words_rate(expected, digits=digits)}, observed {words_rate(seen, digits=digits)}"
        for expected, seen in zip(predicted, observed, strict=True)
    ]
    bars_x = [place_x for at in predicted for place_x in (at, at, None)]
    bars_y = [place_y for interval in intervals for place_y in (*interval, None)]
    bars = theme.path(x=bars_x, y=bars_y, colour=theme.INK, width=1.5)
    within = [place for place, (risk, rate) in enumerate(zip(*curve, strict=True)) if risk <= top and rate <= top]
    smooth = theme.path(
        x=[curve[0][place] for place in within], y=[curve[1][place] for place in within], colour=theme.ACCENT, width=1.5
    )
    return {
        "min_width": min_width,
        "data": [
            *([smooth] if within else []),
            bars,
            theme.marks(x=predicted, y=observed, colour=theme.INK, size=9, words=hover),
        ],
        "layout": layout,
    }
