"""Run chart: own results by period against a frozen model; a rule's signal is a shape, an adoption a dated note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import EMPTY, Unit, unit_of
from feedback.charts.table import Chart, Table

HEIGHT, NOTE, LEFT, RIGHT = 250, 20, 50, 92


@dataclass(frozen=True, kw_only=True)
class Point:
    """One period: value and expected as rates or ratios (None when there were too few cases), limits of chance, a rule's words."""

    period: str
    value: float | None
    limits: tuple[float, float] | None = None
    signal: str = ""
    provisional: bool = False
    note: str = ""


@dataclass(frozen=True)
class Together:
    """All hospitals together against the same model: a pencil line without marks, one value a period, or nothing."""

    values: tuple[float | None, ...]

    @property
    def column(self) -> tuple[str, ...]:
        """Return the heading of the table's own column, if there is one."""
        return ("All hospitals",) if self.values else ()

    @property
    def caption(self) -> tuple[str, ...]:
        """Say what the line is."""
        said = "The line without marks is all hospitals together against the same model: where it falls or rises, all have moved."
        return (said,) if self.values else ()

    @property
    def last(self) -> float | None:
        """Return where the line ends, for its name."""
        return next((value for value in reversed(self.values) if value is not None), None)

    def words(self, at: int, *, unit: Unit) -> tuple[str, ...]:
        """Return the table's cell of one period."""
        return (unit.words(self.values[at]),) if self.values else ()

    def drawn(self) -> list[dict[str, Any]]:
        """Draw the line."""
        if not self.values:
            return []
        return [theme.path(x=list(range(len(self.values))), y=list(self.values), colour=theme.MUTED, width=1)]


def run_chart(
    *,
    points: Sequence[Point],
    centre: float,
    centre_words: str,
    sentence: str,
    title: str,
    kind: str = "rate",
    digits: int | None = None,
    common: Sequence[float | None] = (),
) -> Chart:
    """Draw the own trend.

    points: periods in order, at least one; centre: what the frozen model expects, in the unit of the values (rate 0–1, or ratio);
    centre_words: which model, since when, as words after “is”. A point's ``signal`` names the rule it broke and turns the dot into a diamond;
    ``note`` says what was adopted in that period. common: all hospitals together, one value a period (None where it may not be
    shown), or none at all. Raises ValueError without points, for an unknown kind or another number of common values.
    """
    if not points:
        raise ValueError("a trend needs a period")
    together = Together(tuple(common) if any(value is not None for value in common) else ())
    if common and len(common) != len(points):
        raise ValueError("all hospitals together need a value for each period")
    unit = unit_of(kind=kind, digits=digits)
    rows = tuple(
        (
            point.period + (" (provisional)" if point.provisional else ""),
            unit.words(point.value),
            *together.words(at, unit=unit),
            unit.words(centre),
            unit.between(point.limits),
            _remark(point),
        )
        for at, point in enumerate(points)
    )
    variants = [
        _variant(points, centre=centre, unit=unit, min_width=least, width=width, together=together)
        for least, width in theme.WIDTHS
    ]
    columns = ("Period", "You", *together.column, "Expected", "Within chance", "Remark")
    return Chart(
        figure={"variants": variants, "max_width": 820},
        table=Table(columns=columns, rows=rows, caption=title, numeric=True),
        sentence=sentence,
        caption=" ".join([_caption(points, centre_words=centre_words), *together.caption]),
    )


def _caption(points: Sequence[Point], *, centre_words: str) -> str:
    parts = [
        f"The line marked “expected” is {centre_words}; it stays where it was put, so that later fits do not redraw history."
    ]
    if any(point.limits for point in points):
        parts.append("Between the dotted limits lies what chance alone would give.")
    if any(point.signal for point in points):
        parts.append("A diamond marks a period in which a rule gave a signal.")
    if any(point.provisional for point in points):
        parts.append("An open mark is provisional.")
    return " ".join(parts)


def _remark(point: Point) -> str:
    return "; ".join(part for part in (point.signal, point.note) if part) or EMPTY


def _variant(
    points: Sequence[Point], *, centre: float, unit: Unit, min_width: int, width: int, together: Together
) -> dict[str, Any]:
    inner = width - LEFT - RIGHT
    top = _top(points, centre=centre, unit=unit, together=together)
    ticks, every = place.ticks(low=0, high=top, at_most=5), _every(points, inner=inner)
    ends = (-0.5, len(points) - 0.5)
    x = theme.axis(
        low=ends[0],
        high=ends[1],
        ticks=range(0, len(points), every),
        words=[point.period for point in points][::every],
    )
    y = theme.axis(low=0, high=top, ticks=ticks, words=unit.ticks(ticks), grid=True, line=False)
    notes = [index for index, point in enumerate(points) if point.note]
    lifted = NOTE * len(notes)
    layout = theme.layout(height=HEIGHT + lifted, x=x, y=y, margin=(12 + lifted, RIGHT, 30, LEFT))
    scale = place.Scale(low=ends[0], high=ends[1], width=inner)
    layout["shapes"] = [theme.line(x=ends, y=(centre, centre), colour=theme.EDGE)]
    layout["shapes"] += [theme.line(x=(index, index), y=(0, top), colour=theme.EDGE) for index in notes]
    layout["annotations"] = [
        *_notes(points, notes=notes, scale=scale, top=top),
        *_ends(points, centre=centre, top=top, together=together),
        *_latest(points, centre=centre, unit=unit, scale=scale, top=top),
    ]
    return {
        "min_width": min_width,
        "data": [*_limits(points), *together.drawn(), *_own(points, unit=unit)],
        "layout": layout,
    }


def _top(points: Sequence[Point], *, centre: float, unit: Unit, together: Together) -> float:
    values = [value for value in (*(point.value for point in points), *together.values) if value is not None]
    top = max([*values, *(point.limits[1] for point in points if point.limits), centre]) * 1.1 or 1.0
    return min(top, max([1.0, *values])) if unit.kind == "rate" else top


def _notes(points: Sequence[Point], *, notes: Sequence[int], scale: place.Scale, top: float) -> list[dict[str, Any]]:
    """Write what was adopted above its period, one line of words for each, the first on top."""
    labels = []
    for order, index in enumerate(notes):
        words = place.shortened(points[index].note, width=scale.width - 12)
        side = place.beside(pixel=scale.pixel(index), words=words, width=scale.width, prefer="right")
        lift = NOTE * (len(notes) - order - 1) + 2
        labels.append(
            theme.label(x=scale.value(side.at), y=top, words=words, across=side.across, down="bottom", shift=(0, lift))
        )
    return labels


def _latest(
    points: Sequence[Point], *, centre: float, unit: Unit, scale: place.Scale, top: float
) -> list[dict[str, Any]]:
    known = [(index, point.value) for index, point in enumerate(points) if point.value is not None]
    if not known:
        return []
    index, value = known[-1]
    words = f"you {unit.words(value)}"
    middle = place.centred(pixel=scale.pixel(index), words=words, width=scale.width)
    above = value >= centre or value <= 0.25 * top
    return [theme.own_label(x=scale.value(middle), y=value, words=words, above=above, away=9)]


def _own(points: Sequence[Point], *, unit: Unit) -> list[dict[str, Any]]:
    places, values = list(range(len(points))), [point.value for point in points]
    symbols = [("diamond" if point.signal else "circle") + ("-open" if point.provisional else "") for point in points]
    hover = [
        ": ".join([point.period, unit.words(point.value)]) + (f". {_remark(point)}" if _remark(point) != EMPTY else "")
        for point in points
    ]
    trace = theme.marks(
        x=places,
        y=values,
        colour=theme.ACCENT,
        size=[13 if point.signal else 9 for point in points],
        symbol=symbols,
        words=hover,
    )
    trace["marker"]["line"] = {"width": [2 if point.provisional else 0 for point in points], "color": theme.ACCENT}
    return [theme.path(x=places, y=values, colour=theme.ACCENT, width=1.5), trace]


def _limits(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Draw the limits as hairline steps, one period wide each."""
    traces = []
    for side in (0, 1):
        x: list[float | None] = []
        y: list[float | None] = []
        for index, point in enumerate(points):
            if point.limits:
                x += [index - 0.5, index + 0.5]
                y += [point.limits[side]] * 2
            elif x and x[-1] is not None:
                x.append(None)
                y.append(None)
        if x:
            traces.append(theme.path(x=x, y=y, colour=theme.EDGE, width=1, dash="dot"))
    return traces


def _ends(points: Sequence[Point], *, centre: float, top: float, together: Together) -> list[dict[str, Any]]:
    """Name the lines at their right end, pushed apart where they would touch."""
    named = [(centre, "expected")]
    if together.last is not None:
        named.append((together.last, "all hospitals"))
    limits = points[-1].limits
    if limits:
        named += [(limits[0], "lower limit"), (limits[1], "upper limit")]
    least = 15 / (HEIGHT - 42) * top
    placed: list[float] = []
    named.sort(key=lambda item: item[0])
    for value, _ in named:
        placed.append(max(value, placed[-1] + least) if placed else value)
    return [
        theme.label(x=len(points) - 0.5, y=at, words=words, across="left", shift=(6, 0))
        for at, (_, words) in zip(placed, named, strict=True)
    ]


def _every(points: Sequence[Point], *, inner: float) -> int:
    """Say which share of the periods can be named without touching: every first, second, third …"""
    widest = max(place.text_width(point.period) for point in points) + 12
    return max(1, -(-int(widest * len(points)) // max(int(inner), 1)))
