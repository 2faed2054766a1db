"""Where ticks, dots and labels go, in pixels, so that nothing stands on anything else; no colours, no figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Shares of the type size a letter takes in the widest common face (DejaVu Sans).
SHARES = (
    dict.fromkeys("fijlrt", 0.34) | dict.fromkeys(" .,:;'’()|", 0.34) | dict.fromkeys("mwMW%", 0.92) | {"\u202f": 0.2}
)
LETTER, STRONG = 0.62, 1.1


def text_width(words: str, *, size: float = 13, strong: bool = False) -> float:
    """Estimate the width of words in pixels, on the generous side."""
    return sum(SHARES.get(letter, LETTER) for letter in words) * size * (STRONG if strong else 1)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A linear scale: data from low to high onto 0 to width pixels."""

    low: float
    high: float
    width: float

    def pixel(self, value: float) -> float:
        """Say where a value stands, in pixels from the left."""
        return (value - self.low) / (self.high - self.low) * self.width

    def value(self, pixel: float) -> float:
        """Say which value stands at a pixel."""
        return self.low + pixel / self.width * (self.high - self.low)


def step(*, span: float, at_most: int) -> float:
    """Choose the distance of ticks: 1, 2 or 5 times a power of ten, the least that gives no more than ``at_most`` steps.

    span > 0, at_most ≥ 1. Raises ValueError otherwise.
    """
    if not span > 0 or at_most < 1:
        raise ValueError("ticks need a span above 0 and at least one step")
    power = 10.0 ** math.floor(math.log10(span / at_most))
    return next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= at_most + 1e-9)


def ticks(*, low: float, high: float, at_most: int) -> tuple[float, ...]:
    """List round values within low to high, no more than ``at_most + 1`` of them."""
    distance = step(span=high - low, at_most=at_most)
    first = math.ceil(low / distance - 1e-9)
    last = math.floor(high / distance + 1e-9)
    return tuple(round(index * distance, 12) for index in range(first, last + 1))


def bounds(
    values: Sequence[float], *, floor: float | None = 0.0, ceiling: float | None = None, pad: float = 0.04
) -> tuple[float, float]:
    """Choose an axis that holds all values: from the floor when they come near it (below half the greatest), else padded.

    floor: the least value that makes sense, or None; ceiling: the greatest, or None; pad: share of the span added outside.
    Raises ValueError when there is no value.
    """
    if not values:
        raise ValueError("an axis needs a value")
    low, high = min(values), max(values)
    if floor is not None and low < 0.5 * high:
        low = floor
    span = (high - low) or abs(high) or 1.0
    start = low if floor is not None and low == floor else low - pad * span
    stop = high + pad * span
    if floor is not None:
        start = max(start, floor)
    if ceiling is not None:
        stop = min(stop, max(ceiling, high))
    return start, stop


def swarm(pixels: Sequence[float], *, diameter: float) -> tuple[int, ...]:
    """Stack dots that would overlap: for each position (ascending) the lowest free row, 0 upwards.

    Raises ValueError when the positions are not in ascending order.
    """
    ends: list[float] = []
    rows: list[int] = []
    previous = -math.inf
    for pixel in pixels:
        if pixel < previous:
            raise ValueError("positions must ascend")
        previous = pixel
        row = next((index for index, end in enumerate(ends) if pixel >= end - 1e-6), len(ends))
        if row == len(ends):
            ends.append(0.0)
        ends[row] = pixel + diameter
        rows.append(row)
    return tuple(rows)


def dot_size(pixels: Sequence[float], *, sizes: Sequence[int] = (10, 8, 6, 5), most_rows: int = 6) -> int:
    """Choose the largest dot that stacks into no more than ``most_rows`` rows; the smallest if none does."""
    for size in sizes:
        if not pixels or max(swarm(pixels, diameter=size + 2)) < most_rows:
            return size
    return sizes[-1]


@dataclass(frozen=True, kw_only=True)
class Words:
    """A label beside a vertical line: which end of it is held, where, and the span it covers, in pixels."""

    across: str
    at: float
    left: float
    right: float

    def meets(self, other: Words, *, gap: float = 8) -> bool:
        """Say whether two labels in one row would touch."""
        return self.left < other.right + gap and other.left < self.right + gap


def beside(*, pixel: float, words: str, width: float, prefer: str) -> Words:
    """Put words left or right of a line, on the preferred side when they fit, else on the other, else where they fit."""
    needed = text_width(words) + 6
    left = Words(across="right", at=pixel - 5, left=pixel - needed, right=pixel)
    right = Words(across="left", at=pixel + 5, left=pixel, right=pixel + needed)
    order = (left, right) if prefer == "left" else (right, left)
    for option in order:
        if option.left >= 0 and option.right <= width:
            return option
    start = max(0.0, min(pixel - needed / 2, width - needed))
    return Words(across="left", at=start, left=start, right=start + needed)


def shortened(words: str, *, width: float) -> str:
    """Cut words that are wider than the figure; what is cut off stands in the table."""
    if text_width(words) <= width:
        return words
    kept = words
    while kept and text_width(f"{kept}…") > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def centred(*, pixel: float, words: str, width: float, strong: bool = True) -> float:
    """Say where the middle of words stands that belong above a point, kept inside 0 to width pixels."""
    half = text_width(words, strong=strong) / 2
    return min(max(pixel, half), max(width - half, half))
