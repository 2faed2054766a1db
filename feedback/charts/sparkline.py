"""Sparkline: a trend the size of a word, as coordinates for a template to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PAD = 4.0


@dataclass(frozen=True, kw_only=True)
class Sparkline:
    """Coordinates in a box of width × height: runs of points ("x,y x,y"), the reference's height, the mark's place, the end."""

    width: int
    height: int
    runs: tuple[str, ...]
    reference: float | None
    mark: float | None
    end: tuple[float, float] | None
    words: str


def sparkline(
    *,
    values: Sequence[float | None],
    words: str,
    reference: float | None = None,
    mark: int | None = None,
    width: int = 140,
    height: int = 34,
) -> Sparkline:
    """Place a series; None breaks the line.

    values: in order of time, any unit; words: what the line says, read out; reference: drawn across, in the unit of the values;
    mark: index of the period in which something was adopted. Raises ValueError without a value or for a mark outside the series.
    """
    known = [value for value in values if value is not None]
    if not known:
        raise ValueError("a sparkline needs a value")
    if mark is not None and not 0 <= mark < len(values):
        raise ValueError("the mark lies outside the series")
    every = [*known, *([reference] if reference is not None else [])]
    low, high = min(every), max(every)
    span = (high - low) or 1.0

    def across(index: int) -> float:
        return round(PAD + (index / max(len(values) - 1, 1)) * (width - 2 * PAD), 2)

    def down(value: float) -> float:
        return (
            round(height - PAD - (value - low) / span * (height - 2 * PAD), 2) if high > low else round(height / 2, 2)
        )

    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{across(index)},{down(value)}")
    last = max(index for index, value in enumerate(values) if value is not None)
    return Sparkline(
        width=width,
        height=height,
        runs=tuple(" ".join(run) for run in runs if len(run) > 1),
        reference=None if reference is None else down(reference),
        mark=None if mark is None else across(mark),
        end=(across(last), down(known[-1])),
        words=words,
    )
