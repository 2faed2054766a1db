"""Standing: own estimate in ink, the band of chance, peers in pencil as rounded values, two reference lines; one axis, no ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import unit_of, words_count, words_rate, words_rates
from feedback.charts.table import Chart, Table

LANE, ROW, LABEL = 28, 21, 20


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    own: float
    interval: tuple[float, float]
    band: tuple[float, float] | None
    collaborative: float | None
    achievable: float | None
    pooled: float | None
    peers: tuple[float, ...]
    below: tuple[int, float] | None
    above: tuple[int, float] | None
    n_cases: int
    digits: int
    reliable: bool
    span: tuple[float, float]

    def __post_init__(self) -> None:
        if not self.interval[0] <= self.own <= self.interval[1]:
            raise ValueError("the interval must hold the estimate")
        if self.band is not None and self.band[0] > self.band[1]:
            raise ValueError("the band is upside down")
        if list(self.peers) != sorted(self.peers):
            raise ValueError("peers must ascend")


def standing(
    *,
    own: float,
    interval: tuple[float, float],
    n_cases: int,
    collaborative: float | None,
    sentence: str,
    title: str,
    band: tuple[float, float] | None = None,
    achievable: float | None = None,
    peers: Sequence[float] = (),
    below: tuple[int, float] | None = None,
    above: tuple[int, float] | None = None,
    pooled: float | None = None,
    n_hospitals: int | None = None,
    peer_note: str = "",
    details: Sequence[tuple[str, str]] = (),
    reliable: bool = True,
    reason: str = "",
    digits: int = 1,
) -> Chart:
    """Draw a hospital's (or a surgeon's) own estimate among blinded peers.

    own, interval, band, collaborative, achievable: rates 0–1, all shrunken; band: where chance alone would put n_cases;
    collaborative and achievable are None when they may not be shown, pooled is the others' rate together when single
    ones may not.
    peers: rounded rates 0–1 in ascending order, without identity; below, above: (count, edge) of the open-ended bins at
    either end (at the edge or beyond it), whose members are not among ``peers``.
    n_hospitals: how many the comparison holds, own included, or None to leave it out.
    details: further rows of the table (observed, expected, O/E …). reliable: False greys the estimate and adds ``reason``.
    Raises ValueError when an interval is upside down or does not hold the estimate, or peers do not ascend.
    """
    shown = [value for value in (collaborative, achievable, pooled) if value is not None]
    known = [own, *interval, *(band or ()), *shown, *peers, *(bin_[1] for bin_ in (below, above) if bin_)]
    drawing = _Drawing(
        own=own,
        interval=interval,
        band=band,
        collaborative=collaborative,
        achievable=achievable,
        pooled=pooled,
        peers=tuple(peers),
        below=below,
        above=above,
        n_cases=n_cases,
        digits=digits,
        reliable=reliable,
        span=place.bounds(known, floor=0.0, ceiling=1.0),
    )
    variants = [_variant(drawing, min_width=least, width=width) for least, width in theme.WIDTHS]
    return Chart(
        figure={"variants": variants},
        table=_table(drawing, title=title, details=details, peer_note=peer_note),
        sentence=sentence,
        caption=_caption(drawing, n_hospitals=n_hospitals, peer_note=peer_note, reason=reason),
    )


def _caption(drawing: _Drawing, *, n_hospitals: int | None, peer_note: str, reason: str) -> str:
    parts = ["Rate after risk and reliability adjustment."]
    if drawing.peers or drawing.below or drawing.above:
        many = f"; {words_count(n_hospitals)} hospitals" if n_hospitals is not None else ""
        parts.append(f"Each pale mark is one other hospital, rounded{many}.")
    if peer_note:
        parts.append(peer_note)
    if not drawing.reliable:
        parts.append(f"Your estimate is grey: {reason or 'too few cases to rely on it'}.")
    if drawing.span[0] > 0:
        parts.append(f"The axis starts at {words_rate(drawing.span[0], digits=drawing.digits)}.")
    return " ".join(parts)


def _table(drawing: _Drawing, *, title: str, details: Sequence[tuple[str, str]], peer_note: str) -> Table:
    digits = drawing.digits
    rows = [
        ("You, after adjustment", words_rate(drawing.own, digits=digits)),
        ("Likely between", words_rates(*drawing.interval, digits=digits)),
    ]
    if drawing.band is not None:
        rows.append(
            (
                f"Where chance alone would put {words_count(drawing.n_cases)} cases",
                words_rates(*drawing.band, digits=digits),
            )
        )
    if drawing.collaborative is not None:
        rows.append(("The collaborative, you included", words_rate(drawing.collaborative, digits=digits)))
    if drawing.achievable is not None:
        rows.append(("Achievable", words_rate(drawing.achievable, digits=digits)))
    values = [_bin_words(drawing.below, side="below", digits=digits)]
    values += [
        words_rate(value, digits=digits)
        + (f" × {drawing.peers.count(value)}" if drawing.peers.count(value) > 1 else "")
        for value in sorted(set(drawing.peers))
    ]
    values += [_bin_words(drawing.above, side="above", digits=digits)]
    if drawing.pooled is not None:
        rows.append(("Other hospitals together", words_rate(drawing.pooled, digits=digits)))
    shown = ", ".join(value for value in values if value)
    rows.append(("Other hospitals, rounded", shown or peer_note or "not shown"))
    rows += [(term, value) for term, value in details]
    return Table(columns=("What", "Value"), rows=tuple(rows), caption=title)


def _bin_words(bin_: tuple[int, float] | None, *, side: str, digits: int) -> str:
    return f"{words_count(bin_[0])} at or {side} {words_rate(bin_[1], digits=digits)}" if bin_ else ""


def _variant(drawing: _Drawing, *, min_width: int, width: int) -> dict[str, Any]:
    scale = place.Scale(low=drawing.span[0], high=drawing.span[1], width=width)
    peers, peer_labels, peers_top = _peers(drawing, scale=scale)
    chance = _band_label(drawing, scale=scale, min_width=min_width)
    gap = 8 if chance["inside"] or drawing.band is None else ROW + 4
    lane = peers_top + gap + LANE / 2
    own_row = lane + LANE / 2 + LABEL / 2 + 1
    shapes, labels, top = _lines(drawing, scale=scale, start=own_row + LABEL)
    if drawing.band is not None:
        shapes.insert(0, theme.box(x=drawing.band, y=(lane - LANE / 2, lane + LANE / 2)))
        y = lane if chance["inside"] else lane - LANE / 2 - 2
        down = "middle" if chance["inside"] else "top"
        labels.append(
            theme.label(
                x=chance["x"],
                y=y,
                words=chance["words"],
                across=chance["across"],
                down=down,
                masked=down == "top",
                shift=(chance["shift"], 0),
            )
        )
    colour = theme.ACCENT if drawing.reliable else theme.EDGE
    words = f"you {words_rate(drawing.own, digits=drawing.digits)}"
    own_x = scale.value(place.centred(pixel=scale.pixel(drawing.own), words=words, width=width))
    labels.append(
        theme.label(
            x=own_x,
            y=own_row,
            words=words,
            strong=True,
            colour=theme.ACCENT if drawing.reliable else theme.MUTED,
            masked=True,
        )
    )
    tick_values = place.ticks(low=drawing.span[0], high=drawing.span[1], at_most=8 if width > 500 else 5)
    words_x = unit_of(kind="rate").ticks(tick_values)
    axis = theme.axis(low=drawing.span[0], high=drawing.span[1], ticks=tick_values, words=words_x)
    height = round(top)
    layout = theme.layout(height=height + 30, x=axis, y=theme.hidden_axis(low=0, high=height), margin=(0, 6, 30, 6))
    layout["shapes"], layout["annotations"] = shapes, labels + peer_labels
    hover = f"You: {words_rate(drawing.own, digits=drawing.digits)}, likely between {words_rates(*drawing.interval, digits=drawing.digits)}"
    symbol = "circle" if drawing.reliable else "circle-open"
    data = [
        *peers,
        theme.path(x=drawing.interval, y=(lane, lane), colour=colour, width=2),
        theme.marks(x=[drawing.own], y=[lane], colour=colour, size=16, symbol=symbol, words=[hover]),
    ]
    if not drawing.reliable:
        data[-1]["marker"]["line"] = {"width": 2, "color": colour}
    return {"min_width": min_width, "data": data, "layout": layout}


def _peers(drawing: _Drawing, *, scale: place.Scale) -> tuple[list[dict[str, Any]], list[dict[str, Any]], float]:
    """Stack the peers above the axis; the open-ended bins are triangles that point outwards."""
    below = _bin_words(drawing.below, side="below", digits=drawing.digits)
    above = _bin_words(drawing.above, side="above", digits=drawing.digits)
    members = (
        [(drawing.below[1], "triangle-left", f"Other hospitals: {below}")] * drawing.below[0] if drawing.below else []
    )
    members += [
        (value, "circle", f"One other hospital: {words_rate(value, digits=drawing.digits)}") for value in drawing.peers
    ]
    members += (
        [(drawing.above[1], "triangle-right", f"Other hospitals: {above}")] * drawing.above[0] if drawing.above else []
    )
    if not members:
        return _pooled(drawing, scale=scale)
    pixels = [scale.pixel(value) for value, _, _ in members]
    size = place.dot_size(pixels)
    rows = place.swarm(pixels, diameter=size + 1)
    height = (max(rows) + 1) * (size + 2) + 6
    trace = theme.marks(
        x=[value for value, _, _ in members],
        y=[7 + row * (size + 2) + size / 2 - 2 for row in rows],
        colour=theme.PEER,
        size=size,
        symbol=[symbol for _, symbol, _ in members],
        words=[hover for _, _, hover in members],
    )
    labels, lifted = [], False
    for bin_, words, low in ((drawing.below, below, True), (drawing.above, above, False)):
        if not bin_:
            continue
        at = scale.pixel(bin_[1])
        needed = place.text_width(words) + size + 4
        if (low and at >= needed) or (not low and at + needed <= scale.width):
            labels.append(
                theme.label(
                    x=bin_[1],
                    y=max(13, 6 + size / 2),
                    words=words,
                    across="right" if low else "left",
                    masked=True,
                    shift=(-(size // 2 + 4) if low else size // 2 + 4, 0),
                )
            )
        else:
            edge = scale.value(0 if low else scale.width)
            labels.append(
                theme.label(
                    x=edge, y=height, words=words, across="left" if low else "right", down="bottom", masked=True
                )
            )
            lifted = True
    return [trace], labels, height + (ROW if lifted else 0)


def _pooled(drawing: _Drawing, *, scale: place.Scale) -> tuple[list[dict[str, Any]], list[dict[str, Any]], float]:
    """Draw the others as one mark where single ones may not be shown, or nothing."""
    if drawing.pooled is None:
        return [], [], 0.0
    words = f"others together {words_rate(drawing.pooled, digits=drawing.digits)}"
    side = place.beside(pixel=scale.pixel(drawing.pooled), words=words + "  ", width=scale.width, prefer="right")
    away = 5 if side.across == "left" else -5
    trace = theme.marks(
        x=[drawing.pooled], y=[13], colour=theme.PEER, size=10, symbol="square", words=[words.capitalize()]
    )
    label = theme.label(x=scale.value(side.at), y=13, words=words, across=side.across, masked=True, shift=(away, 0))
    return [trace], [label], 23.0


def _band_label(drawing: _Drawing, *, scale: place.Scale, min_width: int) -> dict[str, Any]:
    """Put the words of the band inside it, clear of the own interval, or under it."""
    long, words = (
        f"where chance alone would put {words_count(drawing.n_cases)} cases",
        f"chance alone, {words_count(drawing.n_cases)} cases",
    )
    if drawing.band is None:
        return {"inside": True, "x": 0.0, "words": "", "across": "left", "shift": 0}
    left, right = (scale.pixel(edge) for edge in drawing.band)
    start, stop = (scale.pixel(edge) for edge in drawing.interval)
    crossing = [scale.pixel(value) for value in (drawing.collaborative, drawing.achievable) if value is not None]
    for choice in (long, words):
        needed = place.text_width(choice) + 12
        if right - max([left, stop, *(at for at in crossing if at < right)]) >= needed:
            return {"inside": True, "x": drawing.band[1], "words": choice, "across": "right", "shift": -6}
        if min([right, start, *(at for at in crossing if at > left)]) - left >= needed:
            return {"inside": True, "x": drawing.band[0], "words": choice, "across": "left", "shift": 6}
    words = long if min_width else words
    middle = place.centred(pixel=(left + right) / 2, words=words, width=scale.width, strong=False)
    return {"inside": False, "x": scale.value(middle), "words": words, "across": "center", "shift": 0}


def _lines(
    drawing: _Drawing, *, scale: place.Scale, start: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], float]:
    """Draw the collaborative's and the achievable line with their words above, in one row when they fit, else in two."""
    wide = scale.width > 500
    named: list[tuple[float, str, str, str, float]] = []
    if drawing.collaborative is not None:
        whole = f"collaborative {words_rate(drawing.collaborative, digits=drawing.digits)}"
        named.append((drawing.collaborative, whole + (", you included" if wide else ""), theme.EDGE, "solid", 1.5))
    if drawing.achievable is not None:
        named.append(
            (
                drawing.achievable,
                f"achievable {words_rate(drawing.achievable, digits=drawing.digits)}",
                theme.ACHIEVABLE,
                "dot",
                2,
            )
        )
    named.sort(key=lambda item: item[0])
    placed = [
        place.beside(
            pixel=scale.pixel(value),
            words=words,
            width=scale.width,
            prefer="left" if len(named) == 2 and index == 0 else "right",
        )
        for index, (value, words, *_) in enumerate(named)
    ]
    two_rows = len(placed) == 2 and placed[0].meets(placed[1])
    shapes, labels = [], []
    for index, ((value, words, colour, dash, width), where) in enumerate(zip(named, placed, strict=True)):
        y = start + (ROW if two_rows and index == 1 else 0)
        shapes.append(theme.line(x=(value, value), y=(0, y + 7), colour=colour, width=width, dash=dash))
        labels.append(theme.label(x=scale.value(where.at), y=y, words=words, across=where.across, masked=two_rows))
    return shapes, labels, start + (ROW if two_rows else 0) + 12
