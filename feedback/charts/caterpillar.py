"""Caterpillar: every site with its interval, for the staff's view of a finished run; never for a hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import EMPTY, Unit, unit_of, words_count
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


def caterpillar(
    *,
    lines: Sequence[Line],
    reference: float,
    reference_words: str,
    sentence: str,
    title: str,
    kind: str = "rate",
    digits: int | None = None,
) -> Chart:
    """Draw one row for each site in the order given.

    reference: the collaborative's value; kind: "rate" or "ratio". Judgement is shape, colour and word together.
    Raises ValueError without lines or for an unknown kind.
    """
    if not lines:
        raise ValueError("there is no site to draw")
    unit = unit_of(kind=kind, digits=digits)
    rows = tuple(
        (
            line.label,
            words_count(line.n_cases),
            unit.words(line.value),
            unit.between(line.interval),
            line.verdict or EMPTY,
        )
        for line in lines
    )
    named = f"{reference_words} {unit.words(reference)}"
    variants = [
        _variant(lines, reference=reference, reference_words=named, unit=unit, min_width=least, width=width)
        for least, width in theme.WIDTHS[:2]
    ]
    return Chart(
        figure={"variants": variants, "max_width": 820},
        table=Table(columns=("Site", "Cases", "Estimate", "Interval", "Reads"), rows=rows, caption=title, numeric=True),
        sentence=sentence,
        caption=(
            "Shrunken estimates with 95 % intervals; the order is no ranking. "
            "A filled circle reads likely better, a diamond likely higher or lower than wished."
        ),
    )


def _variant(
    lines: Sequence[Line], *, reference: float, reference_words: str, unit: Unit, min_width: int, width: int
) -> dict[str, Any]:
    longest = 15 if width < 400 else 40
    names = [line.label if len(line.label) <= longest else f"{line.label[: longest - 1]}…" for line in lines]
    left = int(min(place.text_width("n" * longest), max(place.text_width(name) for name in names))) + 14
    ceiling = 1.0 if unit.kind == "rate" else None
    low, high = place.bounds([reference, *(edge for line in lines for edge in line.interval)], ceiling=ceiling)
    ticks = place.ticks(low=low, high=high, at_most=6 if width > 400 else 4)
    top = len(lines) + 0.7
    x = theme.axis(low=low, high=high, ticks=ticks, words=unit.ticks(ticks), grid=True)
    y = theme.axis(low=0.3, high=top, ticks=range(len(lines), 0, -1), words=names, line=False)
    layout = theme.layout(height=ROW * len(lines) + 62, x=x, y=y, margin=(26, 14, 34, left))
    scale = place.Scale(low=low, high=high, width=width - left - 14)
    side = place.beside(pixel=scale.pixel(reference), words=reference_words, width=scale.width, prefer="right")
    at = scale.value(side.at)
    layout["shapes"] = [theme.line(x=(reference, reference), y=(0.3, top), colour=theme.EDGE)]
    layout["annotations"] = [
        theme.label(x=at, y=top, words=reference_words, across=side.across, down="bottom", shift=(0, 4))
    ]
    return {"min_width": min_width, "data": _marks(lines, unit=unit), "layout": layout}


def _marks(lines: Sequence[Line], *, unit: Unit) -> list[dict[str, Any]]:
    places = list(range(len(lines), 0, -1))
    ends_x = [edge for line in lines for edge in (*line.interval, None)]
    ends_y = [row for at in places for row in (at, at, None)]
    colours = [COLOURS[line.kind] for line in lines]
    trace = theme.marks(
        x=[line.value for line in lines],
        y=places,
        colour=theme.INK,
        size=[11 if line.kind == "worse" else 9 for line in lines],
        symbol=[SYMBOLS[line.kind] for line in lines],
        words=[f"{line.label}: {unit.words(line.value)} ({unit.between(line.interval)})" for line in lines],
    )
    edges = [0 if line.kind in ("better", "worse") else 2 for line in lines]
    trace["marker"] |= {"color": colours, "line": {"width": edges, "color": colours}}
    return [theme.path(x=ends_x, y=ends_y, colour=theme.EDGE, width=1.5), trace]
