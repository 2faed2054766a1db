"""The figure of spread: how many hospitals had begun each component by the end of each quarter, and its table."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from feedback.charts import place, theme
from feedback.charts.table import Chart, Table

HEIGHT = 250
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def quarter_words(day: date) -> str:
    """Name a quarter by its first day."""
    return f"Q{(day.month + 2) // 3} {day.year}"


def cumulative(
    *,
    components: Sequence[str],
    quarters: Sequence[date],
    counts: Mapping[tuple[int, date], int | None],
    whose: str,
    sentence: str,
    title: str,
) -> Chart:
    """Draw steps of hospitals that had begun, one line a component.

    components: words by place (1, 2, …); quarters: first days, ascending; counts: by (place, quarter), None where fewer than may be said.
    """
    rows = tuple(
        (
            quarter_words(day),
            *("–" if counts.get((at, day)) is None else str(counts[at, day]) for at in range(1, len(components) + 1)),
        )
        for day in quarters
    )
    return Chart(
        figure={
            "variants": [_variant(components, quarters, counts, least, width) for least, width in theme.WIDTHS],
            "max_width": 820,
        },
        table=Table(
            columns=("Quarter", *(f"Component {at}" for at in range(1, len(components) + 1))),
            rows=rows,
            caption=title,
            numeric=True,
        ),
        sentence=sentence,
        caption=f"{whose} that had begun by the end of each quarter; who stopped later still counts. The lines are numbered as the components are.",
    )


def _variant(
    components: Sequence[str], quarters: Sequence[date], counts: Mapping, least: int, width: int
) -> dict[str, Any]:
    highest = max([n for n in counts.values() if n is not None], default=1)
    n = len(quarters)
    every = max(1, -(-n // (4 if width < 400 else 8)))
    at = list(range(n))
    data, ends = [], {}
    for number in range(1, len(components) + 1):
        values = [counts.get((number, day)) for day in quarters]
        data.append(
            theme.path(x=at, y=values, colour=theme.INK, width=2, dash=DASHES[(number - 1) % len(DASHES)], shape="hv")
        )
        if values and values[-1] is not None:
            ends.setdefault(values[-1], []).append(str(number))
    x = theme.axis(
        low=-0.4, high=max(n - 1, 1) + 0.2, ticks=at[::every], words=[quarter_words(day) for day in quarters[::every]]
    )
    ticks = [tick for tick in place.ticks(low=0, high=highest * 1.1, at_most=5) if tick == int(tick)]
    y = theme.axis(
        low=0, high=highest * 1.12 + 0.5, ticks=ticks, words=[f"{tick:.0f}" for tick in ticks], grid=True, line=False
    )
    room = 12 + int(max((place.text_width(", ".join(numbers), strong=True) for numbers in ends.values()), default=0))
    layout = theme.layout(height=HEIGHT, x=x, y=y, margin=(12, room, 30, 34))
    layout["annotations"] = [
        theme.label(
            x=n - 1, y=value, words=", ".join(numbers), across="left", colour=theme.INK, strong=True, shift=(6, 0)
        )
        for value, numbers in ends.items()
    ]
    return {"min_width": least, "data": data, "layout": layout}
