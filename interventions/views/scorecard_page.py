"""What the scorecard's pages say: sentences, rows and columns from a stored card."""

from datetime import date
from typing import Any

from django.urls import reverse

from interventions.selectors import scorecards

STATES = {"COUNTED": "", "WAIVED": "waived", "NOT_JUDGED": "not judged"}
ROUTES = {"ATTAINMENT": "by level", "IMPROVEMENT": "by improvement", "APPEAL": "by appeal"}
COLUMNS = ["Item", ("Weight", "", "num"), ("Points", "", "num"), ("Still earnable", "", "num"), "Where it comes from"]
STEPS = (
    ("frozen_at", "Rules frozen"),
    ("year", "The year"),
    ("appeals_until", "Appeals"),
    ("final_at", "Totals final"),
    ("released_at", "Released"),
)


def points(value: float) -> str:
    """Write points with one decimal where they are not whole."""
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"


def stage(row: Any) -> list[tuple[str, str, str]]:
    """Return the steps of a year: words, state, note."""
    found, current = [], True
    for name, words in STEPS:
        held = None if name == "year" else getattr(row, name)
        note = f"until {held:%-d %b %Y}" if name == "appeals_until" and held else f"{held:%-d %b %Y}" if held else ""
        done = bool(row.appeals_until) if name == "year" else bool(held)
        found.append(
            (
                words,
                "done" if done else "current" if current else "todo",
                note or (str(row.year) if name == "year" else ""),
            )
        )
        current = current and done
    return found


def titles(row: Any) -> dict[str, str]:
    """Return the titles of the items by code."""
    return {item.code: item.title for item in scorecards.rules(row).items}


def card(found: Any, *, row: Any, own: bool, total: Any, today: date) -> dict[str, Any]:
    """Return what the page of one hospital shows of its card."""
    document = found.document if found else None
    lines = [_line(one) for one in document["lines"]] if document else []
    released = total if row.released_at is not None else None
    return {
        "card": document, "lines": lines, "columns": COLUMNS, "sentence": _sentence(document, row=row, own=own, released=released, today=today),
        "as_of": found.at if found else None, "released": released, "stage": stage(row),
        "leaves": [("Total", f"{released.total} of 100"), ("Hash of the card", released.digest)] if released else [],
        "credibility": [document["cohort"], f"worked out {found.at:%-d %b %Y, %H:%M} UTC"] if document else [],
    }  # fmt: skip


def _line(one: dict[str, Any]) -> dict[str, Any]:
    evidence = [(words, reverse(page, args=given)) for words, page, given in one["evidence"]]
    counted = one["state"] == "COUNTED"
    return one | {
        "weight": points(one["weight"]) if counted else "–", "points": points(one["points"]) if counted else "–",
        "earnable": points(one["earnable"]) if counted else "–", "said": STATES[one["state"]], "way": _way(one),
        "evidence": evidence, "performs": one["kind"] == "PERFORMANCE", "shared": one["scope"] == "COLLABORATIVE",
    }  # fmt: skip


def _way(one: dict[str, Any]) -> str:
    return ROUTES.get(one["route"], "") if one["kind"] == "PERFORMANCE" or one["route"] == "APPEAL" else ""


def _sentence(document: dict[str, Any] | None, *, row: Any, own: bool, released: Any, today: date) -> str:
    if document is None:
        return "The card is not worked out yet; the job does it in a moment."
    if released is not None and own:
        return f"**{points(float(released.total))} of 100 points in {row.year}.** This total, and nothing else, is released for the payer."
    if not own:
        return (
            f"**{points(document['points'])} of {points(document['weight'])} points for taking part**, {points(document['earnable'])} still"
            " earnable. How its patients fared stands on the hospital's own page alone."
        )
    sofar = f"**{points(document['points'])} of 100 points to date**"
    if document["earnable"] < 0.05:
        return f"{sofar}; nothing more can be earned in {row.year}."
    best = max(document["lines"], key=lambda one: one["earnable"])
    return f"{sofar}, {points(document['earnable'])} still earnable; most of it in “{best['title']}” ({points(best['earnable'])})."


def recorded(rows: list[Any], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Return what was recorded with the titles of the items."""
    return [{"row": row, "title": titles.get(row.item, row.item)} for row in rows]


def asked(rows: list[Any], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Return what was asked with the titles of the items and the shape of its state."""
    shapes = {"ASKED": "due", "GRANTED": "done", "DECLINED": "none"}
    return [
        {
            "row": row, "title": titles.get(row.item, row.item), "shape": shapes[row.status],
            "percent": "" if row.share is None else f"{100 * row.share:g}\u202f%",
        }
        for row in rows
    ]  # fmt: skip


def centre_columns(row: Any) -> list[Any]:
    """Return the columns of the centre's table."""
    found: list[Any] = [
        "Hospital",
        "Cohort",
        ("Taking part", "", "num"),
        ("Of", "", "num"),
        ("Still earnable", "", "num"),
    ]
    return [*found, ("Total of 100", "", "num")] if row.final_at else found


def centre_sentence(row: Any, *, cards: dict[int, dict[str, Any]], waiting: int) -> str:
    """Say how far hospitals are with taking part, and what waits."""
    if not cards:
        return "The cards are not worked out yet; the job does it in a moment."
    earned = [one["points"] for one in cards.values()]
    words = f"**{points(min(earned))} to {points(max(earned))} points for taking part** in {row.year}, over {len(cards)} hospitals."
    return f"{words} {waiting} request{'s wait' if waiting != 1 else ' waits'} for an answer." if waiting else words
