"""The overview: one sentence a measure, and which three deserve attention first, by size, certainty and reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from feedback.charts import pages, sentences
from feedback.charts.numbers import EMPTY, fixed, words_rate, words_rates
from feedback.charts.table import Table
from feedback.statistics.words import Verdict

MOST = 3
NUMBERS = {1: "one", 2: "two", 3: "three"}
CLEAR = {Verdict.LIKELY_HIGHER.value, Verdict.LIKELY_LOWER.value, Verdict.LIKELY_BETTER.value}


@dataclass(frozen=True)
class Row:
    """One line of the overview."""

    registry: str
    code: str
    title: str
    shape: str
    sentence: str
    credibility: tuple[str, ...]
    spark: Any
    weight: float
    worse: bool


def rows(
    seen: Any, *, names: Mapping[int, str], today: date, named: bool = False, field: Sequence[str] = ()
) -> list[Row]:
    """Return one line for each own hospital of a stored standing; for the centre one about the whole field.

    named : say the hospital's name even when there is one only. field : what a figure of all hospitals rests on.
    """
    document = seen.document
    measure = document["measure"]
    if not document["own"]:
        words = field_words(document)
        return [
            Row(
                registry=seen.registry,
                code=seen.code,
                title=measure["title"],
                shape="none",
                sentence=words,
                credibility=_said_once(field, document["window"]),
                spark=None,
                weight=0.0,
                worse=False,
            )
        ]
    several = named or len(document["own"]) > 1
    late = provisional(document["window"], today=today)
    found = []
    for key, own in document["own"].items():
        name = names.get(int(key), "")
        sentence = sentences.headline(
            own,
            title=measure["title"],
            collaborative=document["collaborative"],
            whose=f"{name}’s" if several else "Your",
        )
        found.append(
            Row(
                registry=seen.registry,
                code=seen.code,
                title=measure["title"],
                shape=sentences.SHAPES[own["verdict"]],
                sentence=sentence,
                credibility=_said_once(
                    sentences.credibility(own, window=document["window"], provisional=late), document["window"]
                ),
                spark=pages.spark(own["trend"], title=measure["title"]) if own["trend"] else None,
                weight=weight(own, collaborative=document["collaborative"]),
                worse=own["verdict"] in {Verdict.LIKELY_HIGHER.value, Verdict.LIKELY_LOWER.value},
            )
        )
    return found


def _said_once(parts: Sequence[str], window: Mapping[str, Any]) -> tuple[str, ...]:
    """Leave the window out, which stands over the whole list, unless it is provisional."""
    return tuple(part for part in parts if part != window["label"])


def weight(own: Mapping[str, Any], *, collaborative: float | None) -> float:
    """Return size × certainty × reliability of a difference: relative distance, how sure its side is (0–1), reliability."""
    if not collaborative or own["verdict"] not in CLEAR:
        return 0.0
    size = abs(own["shrunken_rate"] / collaborative - 1)
    certainty = 2 * abs(own["probability_below"] - 0.5)
    return size * certainty * own["reliability"]


def first(found: Sequence[Row]) -> list[Row]:
    """Return at most three lines worth attention: what is likely worse before what is likely better, heavier first."""
    clear = [row for row in found if row.weight > 0]
    return sorted(clear, key=lambda row: (not row.worse, -row.weight, row.title))[:MOST]


def field_words(document: Mapping[str, Any]) -> str:
    """Say how the whole field lies, without anybody in it."""
    peers = document["peers"]
    if peers["shown"] != "points":
        return peers["because"]
    ends = peers["low"]["n"]
    return (
        f"The collaborative’s rate is **{words_rate(document['collaborative'])}**. After adjustment all hospitals but the "
        f"{NUMBERS[ends]} at either end lie between {words_rates(peers['low']['bound'], peers['high']['bound'])}.".replace(
            " to ", " and "
        )
    )


def field_trend(document: Mapping[str, Any]) -> Table | None:
    """Return how all hospitals together moved against the frozen model, or None where nothing may be shown."""
    reference = document.get("reference")
    if reference is None or all(point["oe"] is None for point in reference["points"]):
        return None
    return Table(
        columns=("Period", "O/E of all hospitals"),
        rows=tuple(
            (point["period"], EMPTY if point["oe"] is None else fixed(point["oe"], digits=2))
            for point in reference["points"]
        ),
        caption=f"All hospitals together against {pages.model_words(reference)}".removesuffix(","),
        numeric=True,
    )


def field_table(document: Mapping[str, Any]) -> Table | None:
    """Return the whole field as rounded values without identity, or None when it may not be shown."""
    peers = document["peers"]
    if peers["shown"] != "points":
        return None
    low, high = peers["low"], peers["high"]
    rows = [("The collaborative", words_rate(document["collaborative"]))]
    if document["achievable"] is not None:
        rows.append(("Achievable: best tenth of the fitted distribution", words_rate(document["achievable"])))
    rows.append((f"{low['n']} hospitals", f"at or below {words_rate(low['bound'])}"))
    rows += [("One hospital", words_rate(value)) for value in peers["values"]]
    rows.append((f"{high['n']} hospitals", f"at or above {words_rate(high['bound'])}"))
    return Table(
        columns=("Who", "Rate after adjustment"),
        rows=tuple(rows),
        caption="The field, rounded, without identity",
        numeric=True,
    )


def provisional(window: Mapping[str, Any], *, today: date) -> bool:
    """Tell whether some case's follow-up was not over yet."""
    return window["final_from"] is not None and today < date.fromisoformat(window["final_from"])
