"""Did it help? One call from a panel to the verdict, with everything that was looked at on the way."""

from dataclasses import dataclass, replace

import numpy as np

from interventions.impact.callaway import sensitivity
from interventions.impact.imputation import AtTime, Effects, effects, estimate, permutation_p
from interventions.impact.jackknife import Interval, interval
from interventions.impact.panel import Cells, Panel, cells
from interventions.impact.pretrend import PreTrend, pretrend
from interventions.impact.refusal import ImpactRefusal
from interventions.impact.verdict import FEWEST, Said, decide, excludes_zero

SHIFT = 4


@dataclass(frozen=True)
class Without:
    """The effect with one site (by position) left out."""

    site: int
    value: float


@dataclass(frozen=True)
class Events:
    """Events the change prevented among `cases` treated so far (negative: brought), with the interval of the effect."""

    cases: int
    prevented: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Assessment:
    """The mean effect on adopters in points, and around it: `p` by permuting start dates (None when too early); `by_time` since
    the start; `before`: the test for moving before; `second`: Callaway and Sant'Anna's; `without` each site; `placebo`: the
    effect of a start made up a year earlier; `adopters` and `comparators` (positions); what is `said`."""

    effect: Interval
    p: float | None
    by_time: tuple[AtTime, ...]
    before: PreTrend | None
    second: Interval | None
    without: tuple[Without, ...]
    placebo: Interval | None
    events: Events
    adopters: tuple[int, ...]
    comparators: tuple[int, ...]
    said: Said


def assess(panel: Panel, *, adverse: bool, seed: int, draws: int = 1999) -> Assessment:
    """Estimate what adopting did to an outcome, a process or a balancing measure.

    `panel`: as declared before the start (see `Panel`); `adverse`: whether the event is unwelcome; `seed` and `draws`: of the
    permutation test. The effect is the mean over the adopters' cases in the window of (O − E)/n less what not-yet-adopters'
    periods predict for them, in points (0.01 is one event per 100 cases). Raises ImpactRefusal when there is nothing to estimate
    (see `cells`) or nothing to compare with (NO_COMPARISON), ValueError for tables that cannot be.
    Source: Borusyak, Jaravel & Spiess 2024; Callaway & Sant'Anna 2021; see the modules.
    """
    counted = cells(panel)
    effect, by_time, whole, left = estimate(counted)
    if not np.isfinite(effect.value):
        raise ImpactRefusal("NO_COMPARISON", ("No hospital that had not started shows what would have been.",))
    adopters = np.flatnonzero(whole.adopters)
    comparators = comparing(counted, whole=whole)
    early = min(adopters.size, comparators.size) < FEWEST or effect.lower is None
    p = None if early else permutation_p(counted, value=effect.value, draws=draws, seed=seed)
    before, made_up, second = pretrend(counted), placebo(counted), sensitivity(counted)
    said = decide(
        effect=effect, p=p, adverse=adverse, adopters=adopters.size, comparators=comparators.size,
        before_p=None if before is None else before.p, placebo=made_up, fragile=_fragile(effect, left),
        offer_known=panel.offered is not None, other=second,
    )  # fmt: skip
    return Assessment(
        effect=effect, p=p, by_time=by_time, before=before, second=second,
        without=tuple(Without(site=j, value=float(value)) for j, value in enumerate(left)), placebo=made_up,
        events=prevented(effect, cases=counted.weight[whole.treated].sum(), adverse=adverse),
        adopters=tuple(adopters.tolist()), comparators=tuple(comparators.tolist()), said=said,
    )  # fmt: skip


def comparing(counted: Cells, *, whole: Effects) -> np.ndarray:
    """Return the positions of the sites that had not started, nor were about to, in a period in which an adopter had."""
    when = np.arange(counted.weight.shape[1])
    untreated = (counted.weight > 0) & (when < (counted.start - counted.left_out)[:, None])
    return np.flatnonzero((untreated & whole.treated.any(axis=0)).any(axis=1))


def prevented(effect: Interval, *, cases: float, adverse: bool) -> Events:
    """Return how many unwelcome events (of welcome ones: how many were missed) the change prevented among `cases` under it."""
    sign = -1.0 if adverse else 1.0
    ends = None if effect.lower is None else sorted((sign * effect.lower * cases, sign * effect.upper * cases))
    return Events(
        cases=int(cases), prevented=float(sign * effect.value * cases), lower=None if ends is None else float(ends[0]),
        upper=None if ends is None else float(ends[1]),
    )  # fmt: skip


def placebo(counted: Cells, *, shift: int = SHIFT) -> Interval | None:
    """Return the effect of starts made up `shift` periods too early, from periods of the baselines alone; None when too few
    adopters have a period before it and one after.

    Only baselines are used, so with a known offer the made-up starts lie before it.
    Source: Bertrand, Duflo & Mullainathan 2004 (placebo laws).
    """
    periods = counted.weight.shape[1]
    adopted = counted.start < periods
    end = np.minimum(counted.start - counted.left_out, counted.offered)
    weight = np.where(adopted[:, None] & (np.arange(periods) >= end[:, None]), 0.0, counted.weight)
    made_up = np.where(adopted, np.maximum(end - shift, 0), periods)
    moved = replace(counted, weight=weight, start=made_up, left_out=0, offered=periods)
    sites = made_up.size
    whole = effects(moved, start=made_up[None, :], kept=np.ones((1, sites)))
    if whole.adopters.sum() < FEWEST:
        return None
    left = effects(moved, start=np.broadcast_to(made_up, (sites, sites)), kept=1.0 - np.eye(sites)).mean
    return interval(float(whole.mean[0]), left, group=whole.adopters, used=weight.sum(axis=1) > 0)


def _fragile(effect: Interval, left: np.ndarray) -> bool:
    """Say whether without some site an interval as wide as that of all would hold 0 though theirs does not."""
    if not excludes_zero(effect):
        return False
    reach = effect.upper - effect.value
    return bool((np.abs(left) <= reach).any() or (np.sign(left) != np.sign(effect.value)).any())
