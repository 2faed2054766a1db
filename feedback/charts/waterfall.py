"""Why it moved: a waterfall of four bars that add up, from the O/E published before to the one now, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from feedback.charts import place, theme
from feedback.charts.numbers import fixed, unit_of, words_count
from feedback.charts.table import Chart, Table

ROW = 34
LEAST_SPAN = 0.25
MARK = 6
NAMES = {
    "REVISED_OR_LATE": "Late or revised cases",
    "CASE_MIX": "Your case mix",
    "OUTCOMES": "Your outcomes",
    "MODEL": "The model",
}
SHORT = {"REVISED_OR_LATE": "Late, revised", "CASE_MIX": "Case mix", "OUTCOMES": "Outcomes", "MODEL": "Model"}
REASONS = {
    "NOTHING_EXPECTED_BEFORE": "Nothing was expected in the earlier period, so there is no ratio to start from.",
    "NOTHING_EXPECTED_AFTER": "Nothing is expected in the later period, so there is no ratio to arrive at.",
    "EARLIER_CASES_GONE": "The cases of the earlier period are no longer there, so the change cannot be split.",
    "NOTHING_EXPECTED_BY_OTHER_MODEL": "One of the two models expects nothing of these cases, so the change cannot be split.",
}


def sentence(movement: Mapping[str, Any]) -> str:
    """Say how much O/E moved and what most of it is due to."""
    if movement["change"] is None or not movement["bars"]:
        return f"Why O/E moved cannot be split: {REASONS[movement['reason']]}"
    largest = max(movement["bars"], key=lambda bar: abs(bar["value"]))
    first, last = (fixed(movement[end], digits=2) for end in ("before", "after"))
    way = (
        f"{'rose' if movement['change'] > 0 else 'fell'} from {first} to {last}"
        if first != last
        else f"stayed at {last}"
    )
    head = f"O/E {way} against {movement['since']}"
    if abs(largest["value"]) < 0.005:
        return f"{head}; no part moved it by as much as 0.01."
    said = f"{head}; the largest part is **{NAMES[largest['term']].lower()}** ({_signed(largest['value'])})."
    return f"{said} {_chance(movement)}".strip()


def _chance(movement: Mapping[str, Any]) -> str:
    """Say whether the outcomes' part is more than chance alone would give."""
    spread = movement["outcomes_standard_error"]
    part = next(bar["value"] for bar in movement["bars"] if bar["term"] == "OUTCOMES")
    if not spread:
        return ""
    inside = abs(part) <= 1.96 * spread
    return (
        f"The outcomes’ part is {'within' if inside else 'beyond'} what chance alone would give "
        f"(±{fixed(1.96 * spread, digits=2)})."
    )


def _signed(value: float) -> str:
    text = fixed(value, digits=2)
    return f"+{text}" if value > 0 and text != "0.00" else text


def explain(movement: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return one sentence for each bar, in its order."""
    words = {
        "REVISED_OR_LATE": (
            f"{words_count(movement['late'])} cases came in late, {words_count(movement['withdrawn'])} were withdrawn, "
            f"{words_count(movement['revised_outcome'])} had their outcome and "
            f"{words_count(movement['revised_risk'])} their risk factors revised."
        ),
        "CASE_MIX": "What the patients now bring with them, at the same model and the same outcomes.",
        "OUTCOMES": "How often the outcome occurred, at a fixed expected risk.",
        "MODEL": "The risk model was fitted anew on the new cases of all hospitals.",
    }
    return tuple((NAMES[bar["term"]], words[bar["term"]]) for bar in movement["bars"])


def waterfall(movement: Mapping[str, Any], *, title: str) -> Chart | None:
    """Draw the four bars between the two published figures; None when the change cannot be split.

    movement : as stored with a result: before, after, bars (term, value, start, stop), since.
    """
    if not movement["bars"]:
        return None
    said = dict(explain(movement))
    rows = [(f"O/E before ({movement['since']})", fixed(movement["before"], digits=2), "As it was published.")]
    rows += [(NAMES[bar["term"]], _signed(bar["value"]), said[NAMES[bar["term"]]]) for bar in movement["bars"]]
    rows.append(("O/E now", fixed(movement["after"], digits=2), "As it is published now."))
    variants = [_variant(movement, min_width=least, width=width) for least, width in theme.WIDTHS[:2]]
    return Chart(
        figure={"variants": variants, "max_width": 720},
        table=Table(
            columns=("Part", "On the scale of O/E", "What it is"), rows=tuple(rows), caption=f"{title}: why O/E moved"
        ),
        sentence=sentence(movement),
        caption="The four parts add up exactly to the change. Unshrunken O/E, as in the details table.",
    )


def _variant(movement: Mapping[str, Any], *, min_width: int, width: int) -> dict[str, Any]:
    bars: Sequence[Mapping[str, Any]] = movement["bars"]
    names = ["Before", *(SHORT[bar["term"]] for bar in bars), "Now"]
    left = int(max(place.text_width(name) for name in names)) + 16
    levels = [movement["before"], movement["after"], *(bar[end] for bar in bars for end in ("start", "stop"))]
    # A change of a hundredth must not look like a landslide: the axis spans a quarter at least.
    middle = (min(levels) + max(levels)) / 2
    low, high = place.bounds([*levels, middle - LEAST_SPAN / 2, middle + LEAST_SPAN / 2], pad=0.12)
    ticks = place.ticks(low=low, high=high, at_most=5 if width > 400 else 3)
    n = len(names)
    x = theme.axis(low=low, high=high, ticks=ticks, words=unit_of(kind="ratio").ticks(ticks), grid=True)
    y = theme.axis(low=0.3, high=n + 0.7, ticks=range(n, 0, -1), words=names, line=False)
    layout = theme.layout(height=ROW * n + 44, x=x, y=y, margin=(8, 16, 32, left))
    scale = place.Scale(low=low, high=high, width=width - left - 16)
    for at, bar in zip(range(n - 1, 1, -1), bars, strict=True):
        colour = theme.ACCENT if bar["term"] == "OUTCOMES" else theme.PEER
        ends = sorted((bar["start"], bar["stop"]))
        layout["shapes"].append(theme.box(x=(ends[0], ends[1]), y=(at - 0.28, at + 0.28), colour=colour))
        layout["shapes"].append(theme.line(x=(bar["stop"], bar["stop"]), y=(at - 1, at), colour=theme.EDGE))
        side = place.beside(pixel=scale.pixel(ends[1]), words=_signed(bar["value"]), width=scale.width, prefer="right")
        layout["annotations"].append(
            theme.label(x=scale.value(side.at), y=at, words=_signed(bar["value"]), across=side.across, masked=True)
        )
    first, last = movement["before"], movement["after"]
    layout["shapes"].append(theme.line(x=(first, first), y=(n - 1, n), colour=theme.EDGE))
    ends_words = [f"O/E {fixed(first, digits=2)}", f"O/E {fixed(last, digits=2)}"]
    trace = theme.marks(x=[first, last], y=[n, 1], colour=theme.INK, size=11, words=ends_words)
    for at, value, words in ((n, first, ends_words[0]), (1, last, ends_words[1])):
        side = place.beside(pixel=scale.pixel(value) + MARK, words=words, width=scale.width, prefer="right")
        if side.across == "right":  # on the other side of the dot, and clear of it there too
            side = place.beside(pixel=scale.pixel(value) - MARK, words=words, width=scale.width, prefer="left")
        layout["annotations"].append(
            theme.label(x=scale.value(side.at), y=at, words=words, across=side.across, colour=theme.INK, masked=True)
        )
    return {"min_width": min_width, "data": [trace], "layout": layout}
