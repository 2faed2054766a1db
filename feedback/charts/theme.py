"""One theme for all figures: colours by token, type, axes, lines, labels; no figure is built here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

SANS = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif'
)
TEXT = 13

INK, MUTED, LINE, ACCENT = "var(--ink)", "var(--muted)", "var(--line)", "var(--accent)"
PAPER, PEER, BAND, LIMIT, GRID = "var(--paper)", "var(--peer)", "var(--band)", "var(--limit)", "var(--grid)"
EDGE, ACHIEVABLE, WORSE, BETTER = "var(--edge)", "var(--achievable)", "var(--worse)", "var(--better)"

# The least width of the box a variant is laid out for, and the width its labels are placed by, in pixels.
WIDTHS = ((0, 276), (560, 540), (940, 926))

# The light colours of static/tokens.css, for whoever draws without a browser; a test keeps the two equal.
LIGHT = {
    "--paper": "#fbfaf7",
    "--ink": "#1d2529",
    "--muted": "#5c676d",
    "--line": "#dcd9d1",
    "--edge": "#868c8a",
    "--accent": "#0b5d6b",
    "--better": "#2b6cb0",
    "--worse": "#b35309",
    "--peer": "#879095",
    "--band": "#eae8df",
    "--limit": "#b9b6ad",
    "--grid": "#ebe8e1",
    "--achievable": "#3d7a68",
}


def painted(value: Any, *, palette: Mapping[str, str] = LIGHT) -> Any:
    """Replace ``var(--token)`` by its colour everywhere in a figure; raises KeyError for an unknown token."""
    if isinstance(value, str):
        return re.sub(r"var\((--[a-z-]+)\)", lambda match: palette[match.group(1)], value)
    if isinstance(value, Mapping):
        return {key: painted(item, palette=palette) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [painted(item, palette=palette) for item in value]
    return value


def layout(
    *, height: int, x: Mapping[str, Any], y: Mapping[str, Any], margin: tuple[int, int, int, int]
) -> dict[str, Any]:
    """Lay out a figure: height in pixels; axes as from ``axis``; margin top, right, bottom, left in pixels."""
    top, right, bottom, left = margin
    return {
        "height": height,
        "margin": {"t": top, "r": right, "b": bottom, "l": left, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": SANS, "size": TEXT, "color": MUTED},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": PAPER,
            "bordercolor": EDGE,
            "font": {"family": SANS, "size": TEXT, "color": INK},
            "align": "left",
        },
        "xaxis": dict(x),
        "yaxis": dict(y),
        "shapes": [],
        "annotations": [],
    }


def axis(
    *,
    low: float,
    high: float,
    ticks: Sequence[float] = (),
    words: Sequence[str] = (),
    grid: bool = False,
    line: bool = True,
) -> dict[str, Any]:
    """Draw an axis from low to high with ticks at the given places, named by words."""
    return {
        "range": [low, high],
        "fixedrange": True,
        "tickmode": "array",
        "tickvals": list(ticks),
        "ticktext": list(words),
        "ticks": "",
        "tickfont": {"size": TEXT, "color": MUTED},
        "showgrid": grid,
        "gridcolor": GRID,
        "gridwidth": 1,
        "showline": line,
        "linecolor": LINE,
        "linewidth": 1,
        "zeroline": False,
        "automargin": False,
    }


def hidden_axis(*, low: float, high: float) -> dict[str, Any]:
    """Keep an axis for position only."""
    return {"range": [low, high], "fixedrange": True, "visible": False}


def label(
    *,
    x: float,
    y: float,
    words: str,
    across: str = "center",
    down: str = "middle",
    colour: str = MUTED,
    strong: bool = False,
    masked: bool = False,
    shift: tuple[int, int] = (0, 0),
) -> dict[str, Any]:
    """Write words at a place; across: left, center, right and down: top, middle, bottom say which part of the words stands there."""
    return {
        "x": x,
        "y": y,
        "xref": "x",
        "yref": "y",
        "text": words,
        "xanchor": across,
        "yanchor": down,
        "xshift": shift[0],
        "yshift": shift[1],
        "showarrow": False,
        "borderpad": 3 if masked else 1,
        "font": {"size": TEXT, "color": colour, "weight": 700 if strong else 400},
    } | ({"bgcolor": PAPER} if masked else {})


def own_label(*, x: float, y: float, words: str, above: bool, away: int) -> dict[str, Any]:
    """Name the own mark, above or below it, in ink."""
    return label(
        x=x,
        y=y,
        words=words,
        strong=True,
        colour=ACCENT,
        down="bottom" if above else "top",
        shift=(0, away if above else -away),
        masked=True,
    )


def axis_title(words: str) -> dict[str, Any]:
    """Name an axis."""
    return {"text": words, "font": {"size": TEXT, "color": MUTED}, "standoff": 10}


def line(
    *, x: tuple[float, float], y: tuple[float, float], colour: str = EDGE, width: float = 1, dash: str = "solid"
) -> dict[str, Any]:
    """Draw a straight line below the marks."""
    return {
        "type": "line",
        "x0": x[0],
        "x1": x[1],
        "y0": y[0],
        "y1": y[1],
        "xref": "x",
        "yref": "y",
        "layer": "below",
        "line": {"color": colour, "width": width, "dash": dash},
    }


def box(*, x: tuple[float, float], y: tuple[float, float], colour: str = BAND) -> dict[str, Any]:
    """Fill a rectangle below everything."""
    return {
        "type": "rect",
        "x0": x[0],
        "x1": x[1],
        "y0": y[0],
        "y1": y[1],
        "xref": "x",
        "yref": "y",
        "layer": "below",
        "fillcolor": colour,
        "line": {"width": 0},
    }


def marks(
    *,
    x: Sequence[float | None],
    y: Sequence[float | None],
    colour: str,
    size: float | Sequence[float],
    symbol: str | Sequence[str] = "circle",
    words: Sequence[str] = (),
) -> dict[str, Any]:
    """Put marks at places; words, one per mark, are what hovering says."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "cliponaxis": False,
        "marker": {
            "color": colour,
            "size": size if isinstance(size, int | float) else list(size),
            "symbol": symbol if isinstance(symbol, str) else list(symbol),
            "opacity": 1,
            "line": {"width": 0},
        },
    } | ({"hovertext": list(words), "hoverinfo": "text"} if words else {"hoverinfo": "skip"})


def path(
    *,
    x: Sequence[float | None],
    y: Sequence[float | None],
    colour: str,
    width: float = 2,
    dash: str = "solid",
    shape: str = "linear",
) -> dict[str, Any]:
    """Join places by a line; None breaks it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "hoverinfo": "skip",
        "connectgaps": False,
        "cliponaxis": False,
        "line": {"color": colour, "width": width, "dash": dash, "shape": shape},
    }
