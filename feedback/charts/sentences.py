"""The sentence before the picture: what a result means for its reader, from the same result object as figure and table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from feedback.believed import for_all
from feedback.charts.numbers import fixed, words_count, words_of, words_rate, words_rates
from feedback.statistics.words import Verdict

ALMOST = 0.99
SMALL = 0.001
NOT_KEPT = "follow-up, completeness and audits not kept with this figure"
SHAPES = {
    Verdict.LIKELY_BETTER.value: "better",
    Verdict.LIKELY_HIGHER.value: "worse",
    Verdict.LIKELY_LOWER.value: "worse",
    Verdict.NOT_DISTINGUISHABLE.value: "same",
    Verdict.TOO_FEW.value: "unclear",
}
WORDS = {
    Verdict.LIKELY_BETTER.value: "likely better",
    Verdict.LIKELY_HIGHER.value: "likely higher",
    Verdict.LIKELY_LOWER.value: "likely lower",
    Verdict.NOT_DISTINGUISHABLE.value: "not distinguishable",
}


def headline(
    own: Mapping[str, Any] | None,
    *,
    title: str,
    collaborative: float | None,
    whose: str = "Your",
    others: str = "the collaborative’s",
) -> str:
    """Say one result in one sentence, by the rule of the verdict alone.

    own : a full result, or None when the hospital has no counted case. collaborative : the common rate 0–1, or None
    when it may not be shown. whose : "Your", or a hospital's possessive. others : whose rate it is compared with.
    """
    name = _inside(title)
    if own is None or own["n"] == 0:
        return f"{whose} hospital has no case that counts for {name} in this period."
    after = f"{words_rate(own['shrunken_rate'])} after adjustment"
    likely = f"likely between {words_rates(own['shrunken_rate_lower'], own['shrunken_rate_upper'])}"
    likely = likely.replace(" to ", " and ")
    if collaborative is None:
        return f"{whose} {name} is {after}, {likely}; too few other hospitals take part to compare."
    rate = words_rate(collaborative)
    verdict = own["verdict"]
    if verdict == Verdict.TOO_FEW.value:
        return (
            f"There are **too few cases to tell** whether {_within(whose)} {name} differs from {others} {rate}: "
            f"{after}, {likely}."
        )
    words = WORDS[verdict]
    join = "from" if verdict == Verdict.NOT_DISTINGUISHABLE.value else "than"
    return f"{whose} {name} is **{words}** {join} {others} {rate}: **{words_rate(own['shrunken_rate'])}** after adjustment, {likely}."


def credibility(own: Mapping[str, Any] | None, *, window: Mapping[str, Any], provisional: bool) -> list[str]:
    """Return the parts of the credibility line: raw count, period, sampling, follow-up, completeness, reliability, audit."""
    parts = []
    if own is not None and own["n"] > 0:
        parts.append(words_of(own["observed"], own["n"]))
    parts.append(window["label"] + (", provisional" if provisional else ""))
    if own is None:
        return parts
    believed = own.get("credibility", {})
    if believed.get("n_eligible"):
        parts.append(f"{words_rate(believed['n_cases'] / believed['n_eligible'], digits=0)} of operations sampled")
    *known, audited = rests(believed)
    parts += known
    if own["n"] > 0 and own.get("reliability") is not None:
        parts.append(f"reliability {fixed(own['reliability'], digits=2)}")
    return [*parts, audited]


def beside(own: Mapping[str, Any], *, window: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the credibility line of each further figure of an own result: cases of that figure, then what they rest on.

    The follow-up, completeness and audit are those of the window; a trend's cases are those of all its periods.
    """
    known = [words_of(own["observed"], own["n"]), window["label"], *rests(own.get("credibility", {}))]
    trend, watched, moved = own.get("trend") or [], own.get("watch") or {}, own.get("movement") or {}
    found = {"count": known}
    if trend:
        n = sum(point["n"] for point in trend)
        found["trend"] = [f"{words_count(n)} cases in {len(trend)} periods", f"of {window['label']}:", *known[2:]]
    if watched:
        found["watch"] = [f"{words_count(watched['n'])} dated cases", f"of {window['label']}:", *known[2:]]
    if moved:
        n = f"{words_count(moved['cases_before'])} cases before, {words_count(moved['cases_after'])} now"
        found["movement"] = [n, f"of {window['label']}:", *known[2:]]
    return found


def rests(believed: Mapping[str, Any]) -> list[str]:
    """Say what stands beside every figure besides its cases: follow-up, completeness, and the last audit with its agreement."""
    if not believed:
        return [NOT_KEPT]
    due, complete = believed.get("n_follow_up_due"), believed.get("completeness")
    return [
        f"{words_rate(believed['n_followed'] / due, digits=0)} followed up" if due else "no follow-up due",
        "completeness not known" if complete is None else f"{words_rate(complete, digits=0)} complete",
        _audited(believed),
    ]


def credibility_of_all(summary: Mapping[str, Any] | None) -> list[str]:
    """Return the credibility line of a figure of all hospitals together, from the summary of its run; empty without one.

    Its count is exact: a page that hospitals read shows it only where rule B11 lets them read the collaborative's rate.
    """
    if summary is None:
        return []
    return [words_of(summary["observed"], summary["n"]), *believed_of_all(summary)]


def believed_of_all(summary: Mapping[str, Any] | None) -> list[str]:
    """Return the same line without the count, for pages that hospitals read whatever their share of it."""
    if summary is None:
        return []
    return [summary["window"]["label"], *rests(for_all(summary.get("believed", {})))]


def credibility_of_several(summary: Mapping[str, Any] | None) -> list[str]:
    """Return the credibility line of figures of several measures: the cases of the one with most, without its events."""
    return [f"{words_count(summary['n'])} cases", *believed_of_all(summary)] if summary is not None else []


def _audited(believed: Mapping[str, Any]) -> str:
    if believed.get("agreement") is None:
        few = believed.get("n_audited", 0)
        return f"{few} of {believed['n_hospitals']} hospitals audited" if few else "not yet audited"
    audited, agreed = date.fromisoformat(believed["audited_on"]), believed["agreement"]
    # A few values that differ are not none.
    share = words_rate(agreed, digits=1 if 0.995 <= agreed < 1 else 0)
    if believed.get("n_audited", 1) == 1:
        only = "" if believed.get("n_hospitals", 1) == 1 else f", of one of {believed['n_hospitals']} hospitals"
        return f"{share} agreement in the audit of {audited:%B %Y}{only}"
    return f"{share} agreement, the middle of {believed['n_audited']} audited hospitals, the last in {audited:%B %Y}"


def details(own: Mapping[str, Any], *, collaborative: float | None, adverse: bool) -> Sequence[tuple[str, str]]:
    """Return the rows of the details table: unshrunken figures labelled so, the probability, the rank with its interval."""
    rows = [
        ("Observed", words_count(own["observed"])),
        ("Expected", fixed(own["expected"], digits=1)),
        ("O/E, unshrunken", _interval(own["oe"], own["oe_lower"], own["oe_upper"], digits=2)),
        (
            "Adjusted rate, unshrunken",
            f"{words_rate(own['adjusted_rate'])} ({words_rates(own['adjusted_rate_lower'], own['adjusted_rate_upper'])})",
        ),
    ]
    if collaborative is not None:
        side = "below" if adverse else "above"
        chance = own["probability_below"] if adverse else 1 - own["probability_below"]
        rows.append((f"Probability of lying {side} {words_rate(collaborative)}", probability(chance)))
        rows.append(
            (
                "Rank, 1 the lowest rate",
                f"likely between {fixed(own['rank_lower'], digits=0)} and {fixed(own['rank_upper'], digits=0)}",
            )
        )
    return tuple(rows)


def probability(value: float) -> str:
    """Write a probability in whole per cent; never as certain, because no estimate is."""
    if value > ALMOST:
        return f">{words_rate(ALMOST, digits=0)}"
    if value < 1 - ALMOST:
        return f"<{words_rate(1 - ALMOST, digits=0)}"
    return words_rate(value, digits=0)


def risk(value: float | None) -> str:
    """Write a case's expected risk; a small one is small, not nought."""
    if value is not None and value < SMALL:
        return f"<{words_rate(SMALL)}"
    return words_rate(value)


def early_signal(own: Mapping[str, Any]) -> str:
    """Return the private second line when unshrunken signals stand against an undecided verdict; it never alters the words."""
    undecided = own["verdict"] in {Verdict.NOT_DISTINGUISHABLE.value, Verdict.TOO_FEW.value}
    if not undecided:
        return ""
    if own.get("outside", "none") != "none":
        return "Early signal: the count alone lies outside what chance explains. Look at the cases."
    watch = own.get("watch")
    if watch and any(_within_a_year(day, of=watch["latest"]) for day in watch["signals"]):
        return (
            "Early signal: followed case by case, the chart passed its limit within the last year. Look at the cases."
        )
    return ""


def _within_a_year(day: str, *, of: str) -> bool:
    return (date.fromisoformat(of) - date.fromisoformat(day)).days <= 365


def _interval(value: float | None, low: float | None, high: float | None, *, digits: int) -> str:
    if value is None or low is None or high is None:
        return "cannot be computed"
    return f"{fixed(value, digits=digits)} ({fixed(low, digits=digits)} to {fixed(high, digits=digits)})"


def _within(whose: str) -> str:
    """Write "Your" small inside a sentence; a hospital keeps its capitals."""
    return "your" if whose == "Your" else whose


def _inside(title: str) -> str:
    """Write a title inside a sentence: its first letter small, unless it starts an abbreviation."""
    return title if len(title) > 1 and title[1].isupper() else title[0].lower() + title[1:]
