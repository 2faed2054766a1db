"""What every figure hands over: the plotly figure as a plain dict, its table, its sentence, its caption."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Table:
    """The numbers of a figure as people read them.

    columns: headings; rows: text, each as long as columns, the first cell naming the row; caption: one sentence;
    numeric: whether all but the first column hold numbers (they are then set flush right).
    Raises ValueError when a row is longer or shorter than the columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    numeric: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells under {len(self.columns)} columns: {row!r}")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A figure with everything that must stand around it.

    figure: JSON-able, {"variants": [{"min_width", "data", "layout"}, …]} from narrow to wide, plotly's own terms inside,
    colours written as ``var(--token)``; sentence: what it means for this reader, with ``**…**`` for emphasis.
    """

    figure: dict[str, Any] = field(hash=False)
    table: Table
    sentence: str
    caption: str
