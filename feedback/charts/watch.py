"""Case by case: the own risk-adjusted CUSUM with its limit; private to the hospital, it never alters the words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import fixed, words_count
from feedback.charts.table import Chart, Table

HEIGHT = 210
DAY = "%-d %B %Y"


def sentence(watch: Mapping[str, Any]) -> str:
    """Say whether the chart gave a signal, and how often it would by chance."""
    by_chance = f"by chance alone such a chart signals about once in {watch['years']} years"
    if not watch["signals"]:
        return f"Followed case by case, **no signal** in {words_count(watch['n'])} cases; {by_chance}."
    latest = _day(watch["signals"][-1])
    many = len(watch["signals"])
    times = "one signal" if many == 1 else f"{many} signals, the latest"
    return f"Followed case by case, **{times}** on {latest}: look at the cases before that day; {by_chance}."


def _day(text: str) -> str:
    return date.fromisoformat(text).strftime(DAY)


def watch_chart(watch: Mapping[str, Any], *, title: str) -> Chart:
    """Draw the path towards its limit.

    watch : as stored with a result: days, path, limit, signals, vlad_end, n, years, odds.
    """
    harm = "twice the odds of the outcome" if watch["odds"] > 1 else "half the odds of what is wanted"
    rows = [("Cases followed", words_count(watch["n"])), ("Limit", fixed(watch["limit"], digits=2))]
    rows.append(("Height now", fixed(watch["path"][-1], digits=2)))
    rows.append(("Expected minus observed, all cases", fixed(watch["vlad_end"], digits=1)))
    rows += [("Signal", _day(day)) for day in watch["signals"]]
    return Chart(
        figure={
            "variants": [_variant(watch, min_width=least, width=width) for least, width in theme.WIDTHS],
            "max_width": 820,
        },
        table=Table(columns=("What", "Value"), rows=tuple(rows), caption=f"{title}, case by case", numeric=True),
        sentence=sentence(watch),
        caption=(
            f"The line rises when results look like {harm} compared with the frozen model, and falls back to zero otherwise. "
            "At the dotted limit it signals and starts again. Days are those on which outcomes became known."
        ),
    )


def _variant(watch: Mapping[str, Any], *, min_width: int, width: int) -> dict[str, Any]:
    days = [date.fromisoformat(day).toordinal() for day in watch["days"]]
    path, limit = watch["path"], watch["limit"]
    left, right = 34, 14
    years = sorted({date.fromordinal(day).year for day in days})
    ticks = [date(year, 1, 1).toordinal() for year in years if date(year, 1, 1).toordinal() >= days[0]]
    x = theme.axis(low=days[0], high=days[-1], ticks=ticks, words=[str(date.fromordinal(tick).year) for tick in ticks])
    top = max([limit, *path]) * 1.15
    y_ticks = place.ticks(low=0, high=top, at_most=4)
    y = theme.axis(
        low=0,
        high=top,
        ticks=y_ticks,
        words=[fixed(tick, digits=0 if tick >= 1 or tick == 0 else 1) for tick in y_ticks],
        grid=True,
        line=False,
    )
    layout = theme.layout(height=HEIGHT, x=x, y=y, margin=(10, right, 28, left))
    layout["shapes"] = [theme.line(x=(days[0], days[-1]), y=(limit, limit), colour=theme.EDGE, dash="dot")]
    layout["annotations"] = [
        theme.label(x=days[0], y=limit, words="limit", across="left", down="bottom", shift=(0, 2), masked=True)
    ]
    signalled = {date.fromisoformat(day).toordinal() for day in watch["signals"]}
    at = [(day, height) for day, height in zip(days, path, strict=True) if day in signalled and height > limit]
    data = [theme.path(x=days, y=path, colour=theme.ACCENT, width=2)]
    if at:
        data.append(
            theme.marks(
                x=[day for day, _ in at],
                y=[height for _, height in at],
                colour=theme.WORSE,
                size=11,
                symbol="diamond",
                words=[f"signal on {date.fromordinal(day).strftime(DAY)}" for day, _ in at],
            )
        )
    return {"min_width": min_width, "data": data, "layout": layout}
