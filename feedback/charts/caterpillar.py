"""Caterpillar: every site with its interval, for the staff's view of a finished run; never for a hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import fixed, words_count, words_range, words_rate, words_rates
from feedback.charts.table import Chart, Table

ROW = 22


@dataclass(frozen=True, kw_only=True)
class Line:
    """One site: a label as this reader may see it, estimate with interval (rate 0–1 or ratio), cases, what the words say."""

    label: str
    value: float
    interval: tuple[float, float]
    n_cases: int
    verdict: str = ""
    kind: str = "same"


SYMBOLS = {"better": "circle", "worse": "diamond", "same": "circle-open", "unclear": "circle-open"}
COLOURS = {"better": theme.BETTER, "worse": theme.WORSE, "same": theme.INK, "unclear": theme.EDGE}


def caterpillar(*, lines: Sequence[Line], reference: float, reference_words: str, sentence: str, title: str, kind: str = "rate", digits: int | None = None) -> Chart:
    """Draw one row for each site in the order given.

    reference: the collaborative's value; kind: "rate" or "ratio". Judgement is shape, colour and word together.
    Raises ValueError without lines or for an unknown kind.
    """
    if not lines:
        raise ValueError("there is no site to draw")
    if kind not in ("ratio", "rate"):
        raise ValueError(f"kind is ratio or rate, not {kind!r}")
    shown = digits if digits is not None else (2 if kind == "ratio" else 1)
    words = (lambda number: fixed(number, digits=shown)) if kind == "ratio" else (lambda number: words_rate(number, digits=shown))
    between = (lambda pair: words_range(*pair, digits=shown)) if kind == "ratio" else (lambda pair: words_rates(*pair, digits=shown))
    rows = tuple((line.label, words_count(line.n_cases), words(line.value), between(line.interval), line.verdict or "–") for line in lines)
    variants = [
        _variant(lines, reference=reference, reference_words=f"{reference_words} {words(reference)}", words=words, between=between, kind=kind, min_width=least, width=width)
        for least, width in theme.WIDTHS[:2]
    ]
    return Chart(
        figure={"variants": variants, "max_width": 820},
        table=Table(columns=("Site", "Cases", "Estimate", "Interval", "Reads"), rows=rows, caption=title, numeric=True),
        sentence=sentence,
        caption="Shrunken estimates with 95 % intervals; the order is no ranking. A filled circle reads likely better, a diamond likely higher or lower than wished.",
    )


def _variant(
    lines: Sequence[Line], *, reference: float, reference_words: str, words: Any, between: Any, kind: str, min_width: int, width: int
) -> dict[str, Any]:
    longest = 15 if width < 400 else 40
    names = [line.label if len(line.label) <= longest else f"{line.label[: longest - 1]}…" for line in lines]
    left = int(min(place.text_width("n" * longest), max(place.text_width(name) for name in names))) + 14
    low, high = place.bounds([reference, *(edge for line in lines for edge in line.interval)], floor=0.0, ceiling=1.0 if kind == "rate" else None)
    values = place.ticks(low=low, high=high, at_most=6 if width > 400 else 4)
    tick_digits = place.decimals([100 * value for value in values] if kind == "rate" else values)
    named = [words_rate(value, digits=tick_digits) if kind == "rate" else fixed(value, digits=tick_digits) for value in values]
    places = list(range(len(lines), 0, -1))
    x = theme.axis(low=low, high=high, ticks=values, words=named, grid=True)
    y = theme.axis(low=0.3, high=len(lines) + 0.7, ticks=places, words=names, line=False)
    layout = theme.layout(height=ROW * len(lines) + 62, x=x, y=y, margin=(26, 14, 34, left))
    scale = place.Scale(low=low, high=high, width=width - left - 14)
    side = place.beside(pixel=scale.pixel(reference), words=reference_words, width=scale.width, prefer="right")
    layout["shapes"] = [theme.line(x=(reference, reference), y=(0.3, len(lines) + 0.7), colour=theme.EDGE)]
    layout["annotations"] = [theme.label(x=scale.value(side.at), y=len(lines) + 0.7, words=reference_words, across=side.across, down="bottom", shift=(0, 4))]
    colours = [COLOURS[line.kind] for line in lines]
    ends_x = [edge for line in lines for edge in (*line.interval, None)]
    ends_y = [at for at in places for at in (at, at, None)]
    hover = [f"{line.label}: {words(line.value)} ({between(line.interval)})" for line in lines]
    trace = theme.marks(x=[line.value for line in lines], y=places, colour=theme.INK, size=[11 if line.kind == "worse" else 9 for line in lines], symbol=[SYMBOLS[line.kind] for line in lines], words=hover)
    trace["marker"] |= {"color": colours, "line": {"width": [0 if line.kind in ("better", "worse") else 2 for line in lines], "color": colours}}
    return {"min_width": min_width, "data": [theme.path(x=ends_x, y=ends_y, colour=theme.EDGE, width=1.5), trace], "layout": layout}
