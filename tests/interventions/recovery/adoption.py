"""Simulated staggered adoptions with known effect: bias, coverage and false alarms of the estimators."""

from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import expit, logit
from interventions.impact.imputation import mean_effect, permutation_p
from interventions.impact.panel import NEVER, Panel, cells


@dataclass(frozen=True)
class Setting:
    """One kind of collaborative: `effect` in points, growing by `growth` a period; `trigger`: see `_starts`."""

    sites: int = 30
    adopters: int = 12
    periods: int = 16
    cases: float = 60.0
    rate: float = 0.08
    effect: float = -0.02
    growth: float = 0.0
    noise: float = 0.10
    memory: float = 0.0
    trigger: str = "BY_LOT"
    left_out: int = 2
    offer: bool = False


@dataclass(frozen=True)
class Run:
    """One replicate: the true mean effect on the treated cells, the estimate, its interval, its permutation p (None if not asked)."""

    truth: float
    value: float
    lower: float
    upper: float
    p: float | None


def draw(setting: Setting, *, random: np.random.Generator) -> tuple[Panel, np.ndarray]:
    """Draw a panel and the true effect of every cell in points."""
    shape = (setting.sites, setting.periods)
    volume = np.exp(random.normal(0.0, 0.4, setting.sites))
    size = np.maximum(random.poisson((setting.cases * volume / volume.mean())[:, None], shape), 1)
    shock = random.normal(0.0, setting.noise, shape)
    for t in range(1, setting.periods):
        shock[:, t] = setting.memory * shock[:, t - 1] + np.sqrt(1 - setting.memory**2) * shock[:, t]
    site, period = random.normal(0.0, 0.3, (setting.sites, 1)), np.cumsum(random.normal(-0.01, 0.04, setting.periods))
    risk = expit(logit(setting.rate) + site + period + shock)
    without = random.binomial(size, risk)
    start = _starts(setting, size=size, without=without, random=random)
    since = np.arange(setting.periods) - start[:, None]
    treated = (start >= 0)[:, None] & (since >= 0)
    change = np.where(treated, setting.effect + setting.growth * since, 0.0)
    risk_under = np.clip(risk + change, 0.001, 0.999)
    observed = np.where(treated, random.binomial(size, risk_under), without)
    model = size * expit(logit(setting.rate) + random.normal(0.0, 0.05, (setting.sites, 1)) + np.zeros(shape))
    panel = Panel(
        cases=size,
        observed=observed,
        expected=model,
        start=start,
        left_out=setting.left_out,
        offered=setting.left_out + 2 if setting.offer else None,
    )
    return panel, np.where(treated, risk_under - risk, 0.0)


def _starts(setting: Setting, *, size, without, random: np.random.Generator) -> np.ndarray:
    """Return start positions, adopters chosen by lot; when they start depends on `trigger`.

    BY_LOT: at any time. BAD_QUARTER: each quarter they decide anew, e times as readily for every standard deviation by which
    the latest quarter was worse than usual, and start in the quarter after or the one after that. WORST: all wait for what will
    have been their worst quarter (nobody could; it is the hardest case).
    """
    start = np.full(setting.sites, NEVER)
    early, late = setting.left_out + 4, setting.periods - 3
    z = (without - size * setting.rate) / np.sqrt(size * setting.rate * (1 - setting.rate))
    z = z - z.mean(axis=1, keepdims=True)
    for j in random.permutation(setting.sites)[: setting.adopters]:
        delay = 1 + int(random.random() < 0.5)
        if setting.trigger == "BY_LOT":
            start[j] = random.integers(early, late)
        elif setting.trigger == "BAD_QUARTER":
            ready = random.random(late - early) < np.minimum(0.12 * np.exp(z[j, early - 2 : late - 2]), 1.0)
            start[j] = early - 2 + (int(np.argmax(ready)) if ready.any() else late - early - 1) + delay
        else:
            start[j] = early - 2 + int(np.argmax(z[j, early - 2 : late - 2])) + delay
    return start


def run(setting: Setting, *, random: np.random.Generator, draws: int = 0) -> Run:
    """Draw one collaborative and estimate."""
    panel, change = draw(setting, random=random)
    counted = cells(panel)
    mean, whole, _ = mean_effect(counted)
    truth = float((change * counted.weight)[whole.treated].sum() / counted.weight[whole.treated].sum())
    p = permutation_p(counted, value=mean.value, draws=draws, seed=int(random.integers(2**31))) if draws else None
    return Run(truth=truth, value=mean.value, lower=mean.lower, upper=mean.upper, p=p)


def runs(setting: Setting, *, replicates: int, seed: int, draws: int = 0) -> list[Run]:
    """Repeat with a generator of its own for each replicate."""
    return [run(setting, random=np.random.default_rng([seed, number]), draws=draws) for number in range(replicates)]


def bias(found: list[Run]) -> tuple[float, float]:
    """Return the mean error in points and its standard error."""
    error = np.array([item.value - item.truth for item in found])
    return float(error.mean()), float(error.std(ddof=1) / np.sqrt(error.size))


def coverage(found: list[Run]) -> float:
    """Return the share of intervals that hold the truth."""
    return float(np.mean([item.lower <= item.truth <= item.upper for item in found]))


def false_positives(found: list[Run]) -> tuple[float, float, float]:
    """Return the shares of runs whose interval excludes 0, whose permutation p is at most 0.05, and of both together."""
    away = np.array([not item.lower <= 0 <= item.upper for item in found])
    dealt = np.array([item.p is not None and item.p <= 0.05 for item in found])
    return float(away.mean()), float(dealt.mean()), float((away & dealt).mean())
