"""Funnel: own position between the limits for every size; nobody else is on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import fixed, words_count, words_range, words_rate, words_rates
from feedback.charts.table import Chart, Table

HEIGHT = 300


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
    """Draw the own unshrunken value against size, between the 95 % and the 99.8 % limits.

    size: expected count (ratio) or cases (rate); value, target and limits: O/E, or rates 0–1 when kind is "rate".
    own_95, own_998: limits at the own size exactly, not read off the curve; grid: sizes of the curve, ascending, positive.
    Raises ValueError when the curves are not as long as the grid, the grid does not ascend, or kind is unknown.
    """
    if kind not in ("ratio", "rate"):
        raise ValueError(f"kind is ratio or rate, not {kind!r}")
    if not len(grid) == len(limits_95) == len(limits_998) or len(grid) < 2:
        raise ValueError("a limit for every size, and at least two sizes")
    if any(later <= earlier for earlier, later in zip(grid, grid[1:], strict=False)):
        raise ValueError("sizes must ascend")
    shown = digits if digits is not None else (2 if kind == "ratio" else 1)
    words = (lambda number: fixed(number, digits=shown)) if kind == "ratio" else (lambda number: words_rate(number, digits=shown))
    between = (lambda pair: words_range(*pair, digits=shown)) if kind == "ratio" else (lambda pair: words_rates(*pair, digits=shown))
    rows = (
        ("You, unshrunken", words(value)),
        (size_words, fixed(size, digits=1) if kind == "ratio" else words_count(round(size))),
        ("Target", words(target)),
        ("95 % limits at your size", between(own_95)),
        ("99.8 % limits at your size", between(own_998)),
    )
    variants = [
        _variant(
            size=size,
            value=value,
            target=target,
            grid=grid,
            limits=(limits_95, limits_998),
            words=words,
            kind=kind,
            size_words=size_words,
            min_width=least,
            width=width,
        )
        for least, width in theme.WIDTHS
    ]
    return Chart(
        figure={"variants": variants, "max_width": 720},
        table=Table(columns=("What", "Value"), rows=rows, caption=title),
        sentence=sentence,
        caption="Where a hospital of each size would stand by chance. Only you are shown; the value is not shrunken.",
    )


def _variant(
    *, size: float, value: float, target: float, grid: Sequence[float], limits: tuple[Any, Any], words: Any, kind: str, size_words: str, min_width: int, width: int
) -> dict[str, Any]:
    limits_95, limits_998 = limits
    right = 56
    inner = width - right - 44
    # The narrow mouth of the funnel would stretch the axis; it is cut at twice what matters.
    ceiling = max(value * 1.15, target * 2.2, max(high for (_, high), at in zip(limits_998, grid, strict=True) if at >= 0.5 * size or at == grid[-1]) * 1.1)
    top = min(ceiling, max(high for _, high in limits_998) * 1.05, 1.0 if kind == "rate" else ceiling)
    values_y = place.ticks(low=0, high=top, at_most=5)
    values_x = place.ticks(low=0, high=grid[-1], at_most=8 if inner > 400 else 5)
    # A rate's ticks need the decimals that tell them apart as per cent.
    tick_digits = place.decimals([100 * tick for tick in values_y] if kind == "rate" else values_y)
    tick_words = [words_rate(tick, digits=tick_digits) if kind == "rate" else fixed(tick, digits=tick_digits) for tick in values_y]
    x = theme.axis(low=0, high=grid[-1], ticks=values_x, words=[words_count(round(tick)) if tick == int(tick) else fixed(tick, digits=1) for tick in values_x])
    x["title"] = {"text": size_words, "font": {"size": theme.TEXT, "color": theme.MUTED}, "standoff": 10}
    y = theme.axis(low=0, high=top, ticks=values_y, words=tick_words, grid=True, line=False)
    layout = theme.layout(height=HEIGHT, x=x, y=y, margin=(14, right, 50, 50))
    layout["shapes"] = [theme.line(x=(0, grid[-1]), y=(target, target), colour=theme.EDGE)]
    ends = [(limits_998[-1][1], "99.8 %"), (limits_95[-1][1], "95 %"), (target, words(target))]
    pixels = _spread([(1 - at / top) * (HEIGHT - 64) for at, _ in ends], least=15)
    layout["annotations"] = [
        theme.label(x=grid[-1], y=top * (1 - pixel / (HEIGHT - 64)), words=text, across="left", shift=(6, 0)) for pixel, (_, text) in zip(pixels, ends, strict=True)
    ]
    scale = place.Scale(low=0, high=grid[-1], width=inner)
    name = f"you {words(value)}"
    middle = place.centred(pixel=scale.pixel(size), words=name, width=inner)
    above = value < top * 0.9
    layout["annotations"].append(
        theme.label(x=scale.value(middle), y=value, words=name, strong=True, colour=theme.ACCENT, down="bottom" if above else "top", shift=(0, 12 if above else -12), masked=True)
    )
    data = [theme.path(x=grid, y=[pair[side] if pair[side] <= top else None for pair in limits_998], colour=theme.EDGE, width=1) for side in (0, 1)]
    data += [theme.path(x=grid, y=[pair[side] if pair[side] <= top else None for pair in limits_95], colour=theme.EDGE, width=1, dash="dot") for side in (0, 1)]
    data.append(theme.marks(x=[size], y=[value], colour=theme.ACCENT, size=14, words=[f"You: {words(value)}; {size_words.lower()}: {fixed(size, digits=1)}"]))
    return {"min_width": min_width, "data": data, "layout": layout}


def _spread(pixels: Sequence[float], *, least: float) -> list[float]:
    """Push ascending positions apart until neighbours are at least so far from one another."""
    spread: list[float] = []
    for pixel in pixels:
        spread.append(max(pixel, spread[-1] + least) if spread else pixel)
    return spread
