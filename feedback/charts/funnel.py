"""Funnel: own position between the limits for every size; nobody else is on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import Unit, fixed, unit_of, words_count, words_rate
from feedback.charts.table import Chart, Table

HEIGHT, LEFT, RIGHT = 300, 50, 56


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The limits of chance at one level (0.95, 0.998) for a grid of sizes: sizes ascending and positive, limits as long."""

    level_words: str
    sizes: tuple[float, ...]
    limits: tuple[tuple[float, float], ...]
    own: tuple[float, float]

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.limits) or len(self.sizes) < 2:
            raise ValueError("a limit for every size, and at least two sizes")
        if self.sizes[0] <= 0 or any(later <= earlier for earlier, later in pairwise(self.sizes)):
            raise ValueError("sizes must be positive and ascend")


def funnel(
    *,
    size: float,
    value: float,
    target: float,
    own_95: tuple[float, float],
    own_998: tuple[float, float],
    grid: Sequence[float],
    limits_95: Sequence[tuple[float, float]],
    limits_998: Sequence[tuple[float, float]],
    sentence: str,
    title: str,
    kind: str = "ratio",
    size_words: str = "Expected cases",
    digits: int | None = None,
) -> Chart:
    """Draw the own unshrunken value against size, between the limits of chance.

    size: expected count (ratio) or cases (rate); value, target and limits: O/E, or rates 0–1 when kind is "rate".
    own_95, own_998: limits at the own size exactly, not read off the curve; grid: sizes of the curve, positive, ascending.
    Raises ValueError when a curve is not as long as the grid, the grid does not ascend, or kind is unknown.
    """
    sizes = tuple(grid)
    curves = (
        Curve(level_words=words_rate(0.95, digits=0), sizes=sizes, limits=tuple(limits_95), own=own_95),
        Curve(level_words=words_rate(0.998), sizes=sizes, limits=tuple(limits_998), own=own_998),
    )
    unit = unit_of(kind=kind, digits=digits)
    rows = [
        ("You, unshrunken", unit.words(value)),
        (size_words, fixed(size, digits=1) if kind == "ratio" else words_count(round(size))),
        ("Target", unit.words(target)),
    ]
    rows += [(f"{curve.level_words} limits at your size", unit.between(curve.own)) for curve in curves]
    own = _Own(size=size, value=value, target=target)
    return Chart(
        figure={
            "variants": [
                _variant(own, curves=curves, unit=unit, size_words=size_words, min_width=least, width=width)
                for least, width in theme.WIDTHS
            ],
            "max_width": 720,
        },
        table=Table(columns=("What", "Value"), rows=tuple(rows), caption=title),
        sentence=sentence,
        caption="Where a hospital of each size would stand by chance. Only you are shown; the value is not shrunken.",
    )


@dataclass(frozen=True, kw_only=True)
class _Own:
    size: float
    value: float
    target: float


def _variant(
    own: _Own, *, curves: Sequence[Curve], unit: Unit, size_words: str, min_width: int, width: int
) -> dict[str, Any]:
    inner = width - LEFT - RIGHT
    top = _top(own, curves=curves, unit=unit)
    right = max(curve.sizes[-1] for curve in curves)
    ticks_y, ticks_x = (
        place.ticks(low=0, high=top, at_most=5),
        place.ticks(low=0, high=right, at_most=8 if inner > 400 else 5),
    )
    few = [words_count(round(tick)) if tick == int(tick) else fixed(tick, digits=1) for tick in ticks_x]
    x = theme.axis(low=0, high=right, ticks=ticks_x, words=few) | {"title": theme.axis_title(size_words)}
    y = theme.axis(low=0, high=top, ticks=ticks_y, words=unit.ticks(ticks_y), grid=True, line=False)
    layout = theme.layout(height=HEIGHT, x=x, y=y, margin=(14, RIGHT, 50, LEFT))
    layout["shapes"] = [theme.line(x=(0, right), y=(own.target, own.target), colour=theme.EDGE)]
    scale = place.Scale(low=0, high=right, width=inner)
    layout["annotations"] = [
        *_ends(own, curves=curves, unit=unit, top=top, right=right),
        _name(own, unit=unit, scale=scale, top=top),
    ]
    data = [
        theme.path(
            x=curve.sizes,
            y=[pair[side] if pair[side] <= top else None for pair in curve.limits],
            colour=theme.EDGE,
            width=1,
            dash="dot" if index == 0 and len(curves) > 1 else "solid",
        )
        for index, curve in enumerate(curves)
        for side in (0, 1)
    ]
    hover = f"You: {unit.words(own.value)}; {size_words.lower()}: {fixed(own.size, digits=1)}"
    data.append(theme.marks(x=[own.size], y=[own.value], colour=theme.ACCENT, size=14, words=[hover]))
    return {"min_width": min_width, "data": data, "layout": layout}


def _top(own: _Own, *, curves: Sequence[Curve], unit: Unit) -> float:
    """Cut the mouth of the funnel, which would stretch the axis, at what matters for the own size."""
    outer = curves[-1]
    near = [high for (_, high), at in zip(outer.limits, outer.sizes, strict=True) if at >= 0.5 * own.size]
    ceiling = max(own.value * 1.15, own.target * 2.2, max(near or [outer.limits[-1][1]]) * 1.1)
    top = min(ceiling, max(own.value * 1.15, *(high * 1.05 for _, high in outer.limits)))
    return min(top, max(1.0, own.value)) if unit.kind == "rate" else top


def _ends(own: _Own, *, curves: Sequence[Curve], unit: Unit, top: float, right: float) -> list[dict[str, Any]]:
    """Name the lines at their right end, from the top down, pushed apart where they would touch."""
    ends = [(curve.limits[-1][1], curve.level_words) for curve in reversed(curves)] + [
        (own.target, unit.words(own.target))
    ]
    drawn = HEIGHT - 64
    pixels = _spread([(1 - min(at, top) / top) * drawn for at, _ in ends], least=15)
    return [
        theme.label(x=right, y=top * (1 - pixel / drawn), words=words, across="left", shift=(6, 0))
        for pixel, (_, words) in zip(pixels, ends, strict=True)
    ]


def _name(own: _Own, *, unit: Unit, scale: place.Scale, top: float) -> dict[str, Any]:
    words = f"you {unit.words(own.value)}"
    middle = place.centred(pixel=scale.pixel(own.size), words=words, width=scale.width)
    return theme.own_label(x=scale.value(middle), y=own.value, words=words, above=own.value < 0.9 * top, away=12)


def _spread(pixels: Sequence[float], *, least: float) -> list[float]:
    """Push ascending positions apart until neighbours are at least so far from one another."""
    spread: list[float] = []
    for pixel in pixels:
        spread.append(max(pixel, spread[-1] + least) if spread else pixel)
    return spread
