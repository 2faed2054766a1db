"""Sentinels: recording that changed in a way that flatters, and has not changed at the others. Pure.

They start a conversation about data, never an accusation: a new clinic, a new abstractor or a better chart looks the same.
A sentinel speaks only when the change is both large and beyond chance after the collaborative's own change is taken out.

Source: difference in differences of means with unequal variances; Welch 1947 for the standard error.
"""

from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

LOUD = 3.0
FEWEST_CASES = 30


@dataclass(frozen=True, kw_only=True)
class Moments:
    """What a sum of records says: how many, their total and the total of their squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def plus(self, other: "Moments") -> "Moments":
        """Add the records of another group."""
        return Moments(n=self.n + other.n, total=self.total + other.total, squares=self.squares + other.squares)

    @property
    def mean(self) -> float:
        """Return the mean; 0 of no records."""
        return self.total / self.n if self.n else 0.0

    @property
    def error(self) -> float:
        """Return the squared standard error of the mean, with half a record of either kind added so that it is never 0."""
        spread = max(self.squares - self.n * self.mean**2, 0.0) + 0.25
        return spread / self.n**2 if self.n else 0.0


@dataclass(frozen=True, kw_only=True)
class Sentinel:
    """One thing watched at one hospital. ``z`` is the change beyond the others' in standard errors; None when too few cases."""

    code: str
    now: float | None
    before: float | None
    others_now: float | None
    others_before: float | None
    z: float | None
    speaks: bool
    words: str

    def to_document(self) -> dict[str, Any]:
        """Return plain data for storage as JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a sentinel looks at: the least change that matters, in its own unit, in which direction, and the words."""

    code: str
    title: str
    least: float
    upwards: bool
    unit: str
    words: str


WATCHES = (
    Watch(
        code="comorbidity",
        title="Comorbidities recorded",
        least=0.2,
        upwards=True,
        unit="per case",
        words="More comorbidities are recorded than before, and the other hospitals do not record more. Look at how they are coded.",
    ),
    Watch(
        code="present",
        title="Infections marked as present at operation",
        least=0.02,
        upwards=True,
        unit="of cases",
        words="More complications are marked as present before the operation than before. Look at the notes behind them.",
    ),
    Watch(
        code="late_edits",
        title="Changes in the last week before the lock",
        least=0.10,
        upwards=True,
        unit="of cases",
        words="More cases were changed in the last week before the lock than at the other hospitals. Ask what came late.",
    ),
    Watch(
        code="unseen",
        title="Events where follow-up is weak",
        least=0.01,
        upwards=False,
        unit="of cases",
        words="Follow-up is weak and fewer events are recorded than elsewhere: some may not have been seen.",
    ),
)
BY_CODE = {watch.code: watch for watch in WATCHES}


def changed(code: str, *, now: Moments, before: Moments, others_now: Moments, others_before: Moments) -> Sentinel:
    """Compare a hospital's change over time with the others' change over the same time."""
    if min(now.n, before.n, others_now.n, others_before.n) < FEWEST_CASES:
        return _silent(code, now, before, others_now, others_before)
    change = (now.mean - before.mean) - (others_now.mean - others_before.mean)
    z = change / sqrt(now.error + before.error + others_now.error + others_before.error)
    return _sentinel(code, change=change, z=z, of=(now, before, others_now, others_before))


def differs(code: str, *, own: Moments, others: Moments) -> Sentinel:
    """Compare a hospital with the others now."""
    nothing = Moments()
    if min(own.n, others.n) < FEWEST_CASES:
        return _silent(code, own, nothing, others, nothing)
    change = own.mean - others.mean
    return _sentinel(code, change=change, z=change / sqrt(own.error + others.error), of=(own, nothing, others, nothing))


def quiet(sentinel: Sentinel, *, words: str) -> Sentinel:
    """Return the sentinel with nothing to say, because what would make it matter is not so."""
    return replace(sentinel, speaks=False, words=words)


def _sentinel(code: str, *, change: float, z: float, of: tuple[Moments, Moments, Moments, Moments]) -> Sentinel:
    watch = BY_CODE[code]
    sign = 1.0 if watch.upwards else -1.0
    speaks = sign * z >= LOUD and sign * change >= watch.least
    now, before, others_now, others_before = (moments.mean if moments.n else None for moments in of)
    return Sentinel(
        code=code,
        now=now,
        before=before,
        others_now=others_now,
        others_before=others_before,
        z=z,
        speaks=speaks,
        words=watch.words if speaks else "Nothing unusual.",
    )


def _silent(code: str, now: Moments, before: Moments, others_now: Moments, others_before: Moments) -> Sentinel:
    means = [moments.mean if moments.n else None for moments in (now, before, others_now, others_before)]
    return Sentinel(
        code=code,
        now=means[0],
        before=means[1],
        others_now=means[2],
        others_before=means[3],
        z=None,
        speaks=False,
        words=f"Too few cases to tell; at least {FEWEST_CASES} are needed.",
    )
