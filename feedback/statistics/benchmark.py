"""Achievable Benchmark of Care: what the best sites that together see a tenth of all cases achieve. For process measures only."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

FEWEST_SITES = 5
LARGEST_SHARE = 0.5
ROUNDING = 1e-9


class Objection(StrEnum):
    """Why a benchmark may be computed but must not be shown."""

    TOO_FEW_SITES = "TOO_FEW_SITES"
    ONE_SITE_OVER_HALF = "ONE_SITE_OVER_HALF"
    NO_CASES = "NO_CASES"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark and what it rests on. Rates 0–1; None where no site has a case.

    `members`: positions of the sites in it, best first. `share`: their share of all cases; `largest_share`: the largest member's
    share of the members' cases. `unadjusted`: what ranking by raw rates would have given (one lucky case can set that bar).
    `without_cases`: positions of the sites left out for having none. `objections`: empty when it may be shown.
    """

    value: float | None
    members: tuple[int, ...]
    events: int
    cases: int
    share: float | None
    largest_share: float | None
    overall: float | None
    unadjusted: float | None
    without_cases: tuple[int, ...]
    objections: tuple[Objection, ...]

    @property
    def showable(self) -> bool:
        """Say whether at least five sites are in it and none holds over half of its cases."""
        return not self.objections


def achievable_benchmark(*, events, cases, higher_is_better: bool = True, share: float = 0.10) -> Benchmark:
    """Return the pooled rate of the best sites that together hold at least `share` of all cases.

    `events`, `cases`: shape (n_sites,), whole numbers, 0 ≤ events ≤ cases. Sites are ranked by the adjusted performance fraction
    (x+1)/(d+2), ties by more cases, then by position; all sites tied with the one at the cut are included; sites without cases
    are left out. With `higher_is_better` False x counts the cases without the event, and the benchmark is again a rate of
    events. `share`: in (0, 1]. It is not adjusted for risk, therefore not for outcomes.
    Raises ValueError for unequal shapes, impossible or fractional counts, or a share out of range.
    Source: Kiefe et al. 1998; Weissman et al. 1999; methods §12.
    """
    count, size = _check(events=events, cases=cases)
    if not 0 < share <= 1:
        raise ValueError("the share of cases must lie above 0 and up to 1")
    active = np.flatnonzero(size > 0)
    without = tuple(np.flatnonzero(size == 0).tolist())
    if active.size == 0:
        return Benchmark(value=None, members=(), events=0, cases=0, share=None, largest_share=None, overall=None,
                         unadjusted=None, without_cases=without, objections=(Objection.NO_CASES,))  # fmt: skip
    d = size[active]
    good = count[active] if higher_is_better else d - count[active]
    members = active[_best(fraction=(good + 1) / (d + 2), size=d, share=share)]
    raw = active[_best(fraction=good / d, size=d, share=share)]
    held, largest = float(size[members].sum()), float(size[members].max())
    objections = []
    if members.size < FEWEST_SITES:
        objections.append(Objection.TOO_FEW_SITES)
    if largest > LARGEST_SHARE * held:
        objections.append(Objection.ONE_SITE_OVER_HALF)
    return Benchmark(
        value=float(count[members].sum() / held), members=tuple(members.tolist()), events=int(count[members].sum()), cases=int(held),
        share=float(held / size.sum()), largest_share=largest / held, overall=float(count.sum() / size.sum()),
        unadjusted=float(count[raw].sum() / size[raw].sum()), without_cases=without, objections=tuple(objections),
    )  # fmt: skip


def _check(*, events, cases) -> tuple[np.ndarray, np.ndarray]:
    count, size = np.asarray(events, dtype=float), np.asarray(cases, dtype=float)
    if count.ndim != 1 or count.shape != size.shape:
        raise ValueError("events and cases must have one entry per site")
    if not (np.isfinite(count) & np.isfinite(size) & (count == np.floor(count)) & (size == np.floor(size))).all():
        raise ValueError("events and cases must be whole numbers")
    if ((count < 0) | (count > size)).any():
        raise ValueError("events must lie between 0 and the number of cases")
    return count, size


def _best(*, fraction: np.ndarray, size: np.ndarray, share: float) -> np.ndarray:
    """Return positions, best first, until they hold the share of all cases, with everyone tied at the cut.

    Fractions of whole numbers below 2⁵³ are equal exactly when they are equal as floats, so ties need no rounding.
    """
    order = np.lexsort((np.arange(fraction.size), -size, -fraction))
    needed = share * size.sum() * (1 - ROUNDING)
    cut = int(np.searchsorted(np.cumsum(size[order]), needed))
    return order[fraction[order] >= fraction[order[cut]]]
