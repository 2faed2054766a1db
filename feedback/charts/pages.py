"""The figures of a measure's page, all from the one stored standing, so that sentence, figure and table cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from feedback.charts import sentences
from feedback.charts.calibration import calibration
from feedback.charts.funnel import funnel
from feedback.charts.numbers import fixed, words_count, words_rate
from feedback.charts.run_chart import Point, run_chart
from feedback.charts.sparkline import Sparkline, sparkline
from feedback.charts.standing import standing
from feedback.charts.table import Chart

RELIABLE_FROM = 0.4
FEWEST_PERIODS = 2


def standing_chart(document: Mapping[str, Any], own: Mapping[str, Any], *, whose: str = "Your") -> Chart:
    """Draw one own hospital of a stored standing among its blinded peers."""
    measure, peers = document["measure"], document["peers"]
    collaborative = document["collaborative"]
    note = peers["because"]
    if peers["shown"] == "pooled":
        note = f"{note} Together they have {words_rate(peers['pooled'])}."
    return standing(
        own=own["shrunken_rate"],
        interval=(own["shrunken_rate_lower"], own["shrunken_rate_upper"]),
        n_cases=own["n"],
        collaborative=own["shrunken_rate"] if collaborative is None else collaborative,
        sentence=sentences.headline(own, title=measure["title"], collaborative=collaborative, whose=whose),
        title=measure["title"],
        band=_pair(own.get("chance_lower"), own.get("chance_upper")),
        achievable=document["achievable"],
        peers=peers["values"],
        below=_bin(peers["low"]),
        above=_bin(peers["high"]),
        n_hospitals=_count(peers) + len(document["own"]) if peers["shown"] == "points" else None,
        peer_note=note,
        details=sentences.details(own, collaborative=collaborative, adverse=measure["adverse"]),
        reliable=own["reliability"] >= RELIABLE_FROM,
        reason=f"reliability is {fixed(own['reliability'], digits=2)}, below {RELIABLE_FROM}",
    )


def _count(peers: Mapping[str, Any]) -> int:
    return len(peers["values"]) + sum(peers[end]["n"] for end in ("low", "high") if peers[end])


def _pair(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)


def _bin(end: Mapping[str, Any] | None) -> tuple[int, float] | None:
    return None if end is None else (end["n"], end["bound"])


def funnel_chart(document: Mapping[str, Any], own: Mapping[str, Any]) -> Chart:
    """Draw the own unshrunken O/E on its funnel, without peers."""
    place = own["funnel"]
    inside = {
        "none": "inside what chance alone explains",
        "95": "outside the 95 % limits",
        "99.8": "outside the 99.8 % limits",
    }
    return funnel(
        size=place["size"],
        value=place["value"],
        target=1.0,
        own_95=tuple(place["own_95"]),
        own_998=tuple(place["own_998"]),
        grid=place["grid"],
        limits_95=[tuple(pair) for pair in place["limits_95"]],
        limits_998=[tuple(pair) for pair in place["limits_998"]],
        sentence=(
            f"With {words_count(own['observed'])} observed and {fixed(own['expected'], digits=1)} expected, "
            f"the unshrunken O/E of {fixed(own['oe'], digits=2)} lies **{inside[own['outside']]}**."
        ),
        title=f"{document['measure']['title']}: O/E against the number of expected cases",
    )


def trend_chart(
    points: Sequence[Mapping[str, Any]], *, title: str, reference: Mapping[str, Any] | None = None
) -> Chart:
    """Draw own O/E by period against the frozen reference model, and all hospitals together where they may be shown.

    reference : what a standing keeps of it: the ``model`` in words and the common ``points``.
    """
    together = _together(points, reference)
    drawn = [
        Point(
            period=point["period"],
            value=point["oe"],
            limits=tuple(point["chance"]) if point["chance"] else None,
            signal=_signal(point),
        )
        for point in points
    ]
    return run_chart(
        points=drawn,
        centre=1.0,
        centre_words=f"what {model_words(reference)} expects for your case mix (O/E 1.00)",
        sentence=" ".join(part for part in (_trend_sentence(points), _together_sentence(points, together)) if part),
        title=f"{title}: O/E by period",
        kind="ratio",
        common=together,
    )


def model_words(reference: Mapping[str, Any] | None) -> str:
    """Name the frozen model: what it was fitted to and since when it is frozen, where a standing says so."""
    if reference is None:
        return "the frozen reference model"
    model = reference["model"]
    if model["frozen_on"] is None:
        return f"the reference model, fitted to {model['label']},"
    frozen = date.fromisoformat(model["frozen_on"])
    return f"the reference model, fitted to {model['label']} and frozen on {frozen:%-d %B %Y},"


def _together(points: Sequence[Mapping[str, Any]], reference: Mapping[str, Any] | None) -> list[float | None]:
    known = {point["period"]: point["oe"] for point in reference["points"]} if reference else {}
    return [known.get(point["period"]) for point in points] if known else []


def _together_sentence(points: Sequence[Mapping[str, Any]], together: Sequence[float | None]) -> str:
    shown = [(point["period"], value) for point, value in zip(points, together, strict=False) if value is not None]
    if len(shown) < FEWEST_PERIODS:
        return ""
    (first, before), (last, now) = shown[0], shown[-1]
    return (
        f"All hospitals together had an O/E of {fixed(before, digits=2)} in {first} and of **{fixed(now, digits=2)}** in {last} "
        "against the same model."
    )


def _signal(point: Mapping[str, Any]) -> str:
    if point["oe"] is None or point["chance"] is None:
        return ""
    low, high = point["chance"]
    return "outside the limits of chance" if point["oe"] < low or point["oe"] > high else ""


def _trend_sentence(points: Sequence[Mapping[str, Any]]) -> str:
    known = [point for point in points if point["oe"] is not None]
    if not known:
        return "No period has a case that counts yet."
    out = [point["period"] for point in known if _signal(point)]
    latest = known[-1]
    said = (
        f"In {latest['period']}: {words_count(latest['observed'])} observed against "
        f"{fixed(latest['expected'], digits=1)} expected by the frozen model"
    )
    if not out:
        return f"{said}; **no period** lies outside what chance explains."
    many = f"{len(out)} of {len(known)} periods lie" if len(out) > 1 else f"{out[0]} lies"
    return f"{said}; **{many}** outside what chance explains (about one in twenty would by chance)."


def spark(points: Sequence[Mapping[str, Any]], *, title: str) -> Sparkline | None:
    """Draw a trend small, for a list; None when no period has a case."""
    values = [point["oe"] for point in points]
    if all(value is None for value in values):
        return None
    return sparkline(
        values=values, words=f"{title}, O/E by period, {points[0]['period']} to {points[-1]['period']}", reference=1.0
    )


def calibration_chart(card: Mapping[str, Any], *, title: str) -> Chart:
    """Draw how well predicted risks met what happened, by group of risk, for the whole collaborative."""
    fit, groups, curve = card["fit"], card["groups"], card.get("curve")
    slope = fit["calibration_slope"]
    return calibration(
        predicted=[group["mean_risk"] for group in groups],
        observed=[group["rate"] for group in groups],
        intervals=[(group["lower"], group["upper"]) for group in groups],
        counts=[int(group["n"]) for group in groups],
        sentence=(
            f"Cases at higher risk than others are told apart with a c-statistic of **{fixed(fit['c_statistic'], digits=2)}**; "
            f"the calibration slope is {fixed(slope, digits=2)} (1 is ideal)."
        ),
        title=f"{title}: predicted and observed",
        predictions="Predictions are those of the risk model without any hospital’s effect, on the cases it was fitted on.",
        curve=(curve["risk"], curve["rate"]) if curve else ((), ()),
    )
