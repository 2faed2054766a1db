"""Drawing an audit's sample: strata, sizes, and a draw that its seed repeats. Pure; no database, no clock.

The draw orders cases by a hash of seed, stratum and case key, so it does not depend on the order of rows, on a library's
generator or on which other cases there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Stratum(StrEnum):
    """What a case was drawn for."""

    RANDOM = "RANDOM"
    HIGH_YIELD = "HIGH_YIELD"
    ZERO = "ZERO"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many cases of each stratum, and how many of all are read by two reviewers. ``event_sections`` say what an event is."""

    random: int
    high_yield: int
    zero: int
    twice: int = 0
    event_sections: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Count the cases that are wanted."""
        return self.random + self.high_yield + self.zero


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A case that could be drawn: its key, and how many events are recorded in it."""

    key: str
    n_events: int


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A case that was drawn, for which stratum, and whether two reviewers read it."""

    key: str
    stratum: Stratum
    is_twice: bool


def draw(*, candidates: Sequence[Candidate], plan: Plan, seed: int) -> tuple[Drawn, ...]:
    """Draw without replacement: at random among all, then high-yield among those with events, then among those without any.

    High-yield cases are drawn with probability growing with their recorded events (weights = events). A stratum with too few
    candidates gives all it has. The result is in the order of a hash, so that its order tells nothing of the stratum.
    Raises ValueError for a key that occurs twice. Source: Efraimidis & Spirakis 2006 for the weighted draw.
    """
    if len({candidate.key for candidate in candidates}) != len(candidates):
        raise ValueError("a key occurs twice")
    left = {candidate.key: candidate for candidate in candidates}
    chosen: dict[str, Stratum] = {}
    wanted = ((Stratum.RANDOM, plan.random), (Stratum.HIGH_YIELD, plan.high_yield), (Stratum.ZERO, plan.zero))
    for stratum, n in wanted:
        pool = [item for item in left.values() if _belongs(item, stratum)]
        pool.sort(key=lambda item: _rank(item, stratum, seed), reverse=True)
        for item in pool[:n]:
            chosen[item.key] = stratum
            del left[item.key]
    order = sorted(chosen, key=lambda key: _uniform(seed, "order", key))
    twice = set(sorted(chosen, key=lambda key: _uniform(seed, "twice", key))[: plan.twice])
    return tuple(Drawn(key=key, stratum=chosen[key], is_twice=key in twice) for key in order)


def _belongs(candidate: Candidate, stratum: Stratum) -> bool:
    if stratum is Stratum.RANDOM:
        return True
    return (candidate.n_events > 0) is (stratum is Stratum.HIGH_YIELD)


def _rank(candidate: Candidate, stratum: Stratum, seed: int) -> float:
    weight = candidate.n_events if stratum is Stratum.HIGH_YIELD else 1
    return _uniform(seed, stratum.value, candidate.key) ** (1 / weight)


def _uniform(seed: int, use: str, key: str) -> float:
    """Give a number in (0, 1) that only seed, use and key decide."""
    digest = sha256(f"{seed}\0{use}\0{key}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
