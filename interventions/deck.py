"""What the slides of a meeting's deck say and where their marks lie. Pure: figures in, words and places out.

Who is named was decided by the database before (consent as of now, and five others unnamed for every reader). Here the unnamed
hospitals are drawn singly only where eight or more of them remain when the named ones and the reader's own are taken away (B1):
otherwise the named marks could be subtracted from the dots. Whoever was named and took the consent back counts as named until the
next results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feedback.blinding import POINTS_FROM
from feedback.charts.numbers import words_rate

LEFT, WIDTH, RIGHT, ROW = 300.0, 560.0, 140.0, 34.0
STEPS = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
HIDDEN = "The others are not drawn singly: fewer than eight would remain unnamed beside you and those named."
NOBODY = "Nobody is named: no hospital consents today, or fewer than five others would stay unnamed."


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One named hospital on a slide: its rounded rate (None: too few cases), and whether it is likely better than the collaborative."""

    hospital: str
    rate: float | None
    better: bool
    x: float | None
    y: float

    @property
    def words(self) -> str:
        """Return the rate in words."""
        return "too few cases" if self.rate is None else words_rate(self.rate)


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One measure: the sentence, the named hospitals (praise first), the others as places without identity, the axis."""

    title: str
    label: str
    sentence: str
    named: tuple[Mark, ...]
    dots: tuple[float, ...]
    because: str
    collaborative: float | None
    line: float | None
    ticks: tuple[tuple[float, str], ...]
    others_y: float
    foot: float
    height: float

    @property
    def praised(self) -> tuple[Mark, ...]:
        """Return those who are likely better than the collaborative."""
        return tuple(mark for mark in self.named if mark.better)


def slide(
    *,
    title: str,
    label: str,
    contributing: int,
    largest_own: int,
    consented: int = 0,
    field: Mapping[str, Any],
    named: Sequence[Mapping[str, Any]],
) -> Slide:
    """Lay one slide out.

    contributing : hospitals with a counted case. largest_own : the most hospitals that one reader belongs to.
    consented : hospitals that consented at any moment since the deck could show these results; those named are among them.
    field : ``peers`` and ``collaborative`` of the blinded standing of all. named : ``hospital``, ``rate`` 0–1 or None, ``better``.
    """
    peers, common = field["peers"], field["collaborative"]
    known = max(consented, len(named))
    singly = peers["shown"] == "points" and contributing - known - largest_own >= POINTS_FROM
    values = tuple(peers["values"]) if singly else ()
    rates = [
        *values,
        *(one["rate"] for one in named if one["rate"] is not None),
        *([common] if common is not None else []),
    ]
    top = next((step for step in STEPS if step >= max(rates, default=0.0)), 1.0)

    def place(rate: float) -> float:
        return round(LEFT + WIDTH * rate / top, 1)

    ordered = sorted(named, key=lambda one: (not one["better"], one["hospital"]))
    marks = tuple(
        Mark(
            hospital=one["hospital"], rate=one["rate"], better=one["better"], x=None if one["rate"] is None else place(one["rate"]),
            y=ROW * (at + 1),
        )
        for at, one in enumerate(ordered)
    )  # fmt: skip
    return Slide(
        title=title, label=label, sentence=_sentence(common, marks), named=marks, dots=tuple(map(place, values)),
        because="" if singly else (HIDDEN if peers["shown"] == "points" else peers["because"]), collaborative=common,
        line=None if common is None else place(common), ticks=tuple((place(top * n / 4), words_rate(top * n / 4)) for n in range(5)),
        others_y=ROW * (len(marks) + 1), foot=ROW * (len(marks) + 1) + 22, height=ROW * (len(marks) + 1) + 46,
    )  # fmt: skip


def _sentence(common: float | None, marks: Sequence[Mark]) -> str:
    first = (
        "The collaborative’s rate may not be shown"
        if common is None
        else f"The collaborative’s rate is **{words_rate(common)}**"
    )
    better = [mark.hospital for mark in marks if mark.better]
    if better:
        many = "is" if len(better) == 1 else "are"
        return f"**{', '.join(better)}** {many} likely better than the collaborative. {first}."
    if marks:
        return f"{first}. {len(marks)} hospital{'s let' if len(marks) > 1 else ' lets'} you read the name."
    return f"{first}. {NOBODY}"
