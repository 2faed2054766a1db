"""Figures of the learning loop: the effect by quarters since the start, and one hospital's own course."""

from collections.abc import Mapping, Sequence
from typing import Any

from feedback.charts import place, theme
from feedback.charts.table import Chart, Table

HEIGHT = 230
LEFT, RIGHT = 44, 16


def _points(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.1f}".replace("-", "−")


def _between(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{_points(low)} to {_points(high)}"


def event_study(document: Mapping[str, Any], *, sentence: str, title: str) -> Chart:
    """Draw the effect by quarters since the start, with what came before the baseline's end to its left.

    document: of an assessment with an effect: ``by_time`` and ``before`` hold a time, an effect with its interval, and adopters.
    """
    before = (document.get("before") or {}).get("leads", [])
    leads = [(one["time"], one["effect"]) for one in before if one["adopters"] >= 5]
    points = [*leads, *((one["time"], one["effect"]) for one in document["by_time"])]
    rows = tuple(
        (f"{-time} before the baseline’s end" if time < 0 else "quarter of the start" if time == 0 else f"{time} after the start",
         _points(effect["value"]), _between(effect["lower"], effect["upper"]))
        for time, effect in points
    )  # fmt: skip
    return Chart(
        figure={"variants": [_variant(points, min_width=least, width=width) for least, width in theme.WIDTHS], "max_width": 820},
        table=Table(columns=("Quarter", "Events per 100 cases", "95 % interval"), rows=rows, caption=title, numeric=True),
        sentence=sentence,
        caption=(
            "Events per 100 cases more or fewer than would have been expected without the change; below the line is fewer. To the left of the start,"
            " adopters should lie on the line. A quarter that fewer than five adopters have reached is not shown."
        ),
    )


def _variant(points: Sequence[tuple[int, Mapping[str, Any]]], *, min_width: int, width: int) -> dict[str, Any]:
    values = [100 * value for _, effect in points for value in (effect["value"], effect["lower"], effect["upper"]) if value is not None]
    low, high = min([0.0, *values]) * 1.1, max([0.0, *values]) * 1.1 or 1.0
    times = [time for time, _ in points]
    ends = (min([0, *times]) - 0.7, max([0, *times]) + 0.7)
    every = 1 if len(times) <= 8 or width > 400 else 2
    shown = sorted(times)[::every]
    ticks = place.ticks(low=low, high=high, at_most=5)
    x = theme.axis(low=ends[0], high=ends[1], ticks=shown, words=[str(time).replace("-", "−") for time in shown])
    y = theme.axis(low=low, high=high, ticks=ticks, words=[f"{tick:g}".replace("-", "−") for tick in ticks], grid=True, line=False)
    layout = theme.layout(height=HEIGHT, x=x, y=y, margin=(12, RIGHT, 30, LEFT))
    layout["shapes"] = [theme.line(x=ends, y=(0, 0), colour=theme.EDGE), theme.line(x=(-0.5, -0.5), y=(low, high), colour=theme.EDGE, dash="dot")]
    layout["shapes"] += [
        theme.line(x=(time, time), y=(100 * effect["lower"], 100 * effect["upper"]), colour=theme.ACCENT, width=2)
        for time, effect in points
        if effect["lower"] is not None
    ]
    marks = theme.marks(x=times, y=[100 * effect["value"] for _, effect in points], colour=theme.ACCENT, size=9)
    return {"min_width": min_width, "data": [marks], "layout": layout}


def own_table(document: Mapping[str, Any], *, hospital: str) -> Table:
    """List one hospital's periods against the frozen model, with the course that would have been where it can be drawn."""
    band = {one["period"]: one for one in document.get("alone", {}).get("band", [])}
    rows = tuple(
        (
            label + (" (start)" if at == document["start"] else ""), str(n), _points(excess) if n else "–",
            _points(band[at]["value"]) if at in band else "–", _between(band[at]["lower"], band[at]["upper"]) if at in band else "–",
        )
        for at, (label, n, excess) in enumerate(zip(document["periods"], document["cases"], document["excess"], strict=True))
    )  # fmt: skip
    columns = ("Period", "Cases", "Per 100 cases above expected", "Had the course gone on", "95 % interval")
    return Table(columns=columns, rows=rows, caption=f"{hospital} by period", numeric=True)
