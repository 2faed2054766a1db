"""What may be said of an intervention, in four words and their sentences; nowhere else does a page say that it helped."""

from dataclasses import dataclass
from enum import StrEnum

from interventions.impact.jackknife import Interval

FEWEST = 5
LEVEL = 0.05


class Verdict(StrEnum):
    """Whether the change helped."""

    HELPED = "HELPED"
    NO_SIGN = "NO_SIGN"
    TOO_EARLY = "TOO_EARLY"
    WORSE = "WORSE"


class Why(StrEnum):
    """What a verdict other than a plain one rests on, and what to keep in mind beside it."""

    FEW_ADOPTERS = "FEW_ADOPTERS"
    FEW_COMPARATORS = "FEW_COMPARATORS"
    CHANCE = "CHANCE"
    MOVING_BEFORE = "MOVING_BEFORE"
    PLACEBO = "PLACEBO"
    ONE_SITE = "ONE_SITE"
    OFFER_UNKNOWN = "OFFER_UNKNOWN"
    OTHER_ROAD = "OTHER_ROAD"


WORDS = {
    Why.FEW_ADOPTERS: f"Fewer than {FEWEST} hospitals have started and have enough before and after it.",
    Why.FEW_COMPARATORS: f"Fewer than {FEWEST} hospitals that had not started are there to compare with.",
    Why.CHANCE: "Chance alone could give a difference of this size.",
    Why.MOVING_BEFORE: "Those who started were on another course than the others before they did, so the difference cannot be laid to it.",
    Why.PLACEBO: "A made-up earlier start shows a difference too, so the difference cannot be laid to it.",
    Why.ONE_SITE: "Without one of the hospitals the interval would no longer exclude no effect.",
    Why.OFFER_UNKNOWN: "When it was first on offer is not known; a bad quarter that prompted a start may still colour the baseline.",
    Why.OTHER_ROAD: "The second method of estimation points the other way.",
}


@dataclass(frozen=True)
class Said:
    """The verdict, what it rests on, and its sentences, headline first."""

    verdict: Verdict
    why: tuple[Why, ...]
    sentences: tuple[str, ...]


def decide(
    *, effect: Interval, p: float | None, adverse: bool, adopters: int, comparators: int,
    before_p: float | None, placebo: Interval | None, fragile: bool, offer_known: bool, other: Interval | None,
) -> Said:  # fmt: skip
    """Choose the verdict.

    `effect`: in points; `p`: by permuting start dates. `adverse`: whether the event is unwelcome. `before_p`: of the test for moving
    before the start, `placebo`: of a made-up earlier start, `other`: by the second method, each None when it could not be had.
    TOO_EARLY under five adopters or five comparators. HELPED or WORSE only when the interval excludes 0 and p is at most 0.05, and
    neither the test before the start (p < 0.05) nor the placebo (interval excludes 0) speaks against it; otherwise NO_SIGN.
    Raises ValueError when the effect has no interval though there are adopters and comparators enough.
    """
    few = [why for why, n in ((Why.FEW_ADOPTERS, adopters), (Why.FEW_COMPARATORS, comparators)) if n < FEWEST]
    if few:
        return Said(
            verdict=Verdict.TOO_EARLY, why=tuple(few), sentences=("Too early to say.", *(WORDS[why] for why in few))
        )
    if effect.lower is None or p is None:
        raise ValueError("an effect with adopters and comparators enough has an interval and a p")
    against = [Why.CHANCE] if effect.lower <= 0 <= effect.upper or p > LEVEL else []
    against += [Why.MOVING_BEFORE] if before_p is not None and before_p < LEVEL else []
    against += [Why.PLACEBO] if placebo is not None and excludes_zero(placebo) else []
    beside = [] if offer_known else [Why.OFFER_UNKNOWN]
    if against:
        return Said(
            verdict=Verdict.NO_SIGN,
            why=(*against, *beside),
            sentences=_sentences("No clear sign of an effect", effect, (*against, *beside)),
        )
    beside += [Why.ONE_SITE] if fragile else []
    beside += [Why.OTHER_ROAD] if other is not None and other.value * effect.value < 0 else []
    helped = (effect.value < 0) == adverse
    head = "It helped" if helped else "It made things worse"
    return Said(
        verdict=Verdict.HELPED if helped else Verdict.WORSE,
        why=tuple(beside),
        sentences=_sentences(head, effect, tuple(beside)),
    )


def excludes_zero(effect: Interval) -> bool:
    """Say whether an effect has an interval, and 0 lies outside it."""
    return effect.lower is not None and not effect.lower <= 0 <= effect.upper


def per_hundred(effect: Interval) -> str:
    """Return an effect in words: events per 100 cases, fewer or more, with its interval."""
    direction, low, high = (
        ("fewer", -effect.upper, -effect.lower) if effect.value < 0 else ("more", effect.lower, effect.upper)
    )
    other = "more" if direction == "fewer" else "fewer"
    least = f"{100 * low:.1f}" if low >= 0 else f"{-100 * low:.1f} {other}"
    return f"{100 * abs(effect.value):.1f} {direction} per 100 cases (95 % interval {least} to {100 * high:.1f} {direction})"


def _sentences(head: str, effect: Interval, why: tuple[Why, ...]) -> tuple[str, ...]:
    return (f"{head}: {per_hundred(effect)}.", *(WORDS[item] for item in why))
