"""Simulated collaboratives with known bright spots: how many nominations are false, and how many true ones are found."""

from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import expit, logit
from interventions.deviance.persistent import persistent
from interventions.deviance.selection import select
from interventions.deviance.series import Counts

BOUND = 0.9


@dataclass(frozen=True)
class Setting:
    """One kind of collaborative: `sigma` and `omega` on the log-odds scale; `bright` sites of odds ratio `effect` on top."""

    sites: int = 30
    periods: int = 2
    cases: float = 300.0
    rate: float = 0.06
    sigma: float = 0.3
    omega: float = 0.1
    bright: int = 0
    effect: float = 1.0
    measures: int = 1


@dataclass(frozen=True)
class Run:
    """What came of one simulated collaborative."""

    nominated: int
    false: int
    bright_found: int
    bright: int


def draw(setting: Setting, *, random: np.random.Generator) -> tuple[Counts, np.ndarray]:
    """Draw one measure; return its table and the true persistent odds ratio of each site."""
    shape = (setting.sites, setting.periods)
    volume = np.exp(random.normal(0.0, 0.5, setting.sites))
    size = np.maximum(random.poisson(setting.cases * volume / volume.mean(), shape[::-1]).T, 1)
    persistent_effect = random.normal(0.0, setting.sigma, setting.sites)
    persistent_effect[: setting.bright] += np.log(setting.effect)
    theta = (
        persistent_effect[:, None] + random.normal(0.0, setting.omega, shape) + random.normal(0.0, 0.1, setting.periods)
    )
    observed, expected, variance = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    mix = random.normal(0.0, 0.2, setting.sites)
    for cell in np.ndindex(shape):
        risk = expit(logit(setting.rate) - 0.25 + mix[cell[0]] + random.normal(0.0, 0.7, size[cell]))
        expected[cell], variance[cell] = risk.sum(), (risk * (1 - risk)).sum()
        observed[cell] = (random.random(size[cell]) < expit(logit(risk) + theta[cell])).sum()
    return Counts(cases=size.astype(float), observed=observed, expected=expected, variance=variance), np.exp(
        persistent_effect
    )


def run(setting: Setting, *, random: np.random.Generator) -> Run:
    """Draw a collaborative, nominate over its sites and measures together, and count."""
    drawn = [draw(setting, random=random) for _ in range(setting.measures)]
    chance = np.concatenate([persistent(table).probability_false for table, _ in drawn])
    truth = np.concatenate([ratio for _, ratio in drawn])
    bright = np.tile(np.arange(setting.sites) < setting.bright, setting.measures)
    chosen = select(chance)
    return Run(
        nominated=chosen.size, false=int((truth[chosen] >= BOUND).sum()), bright_found=int(bright[chosen].sum()), bright=int(bright.sum())
    )  # fmt: skip


def runs(setting: Setting, *, replicates: int, seed: int) -> list[Run]:
    """Repeat with a generator of its own for each replicate."""
    return [run(setting, random=np.random.default_rng([seed, number])) for number in range(replicates)]


def false_share(found: list[Run]) -> tuple[float, float]:
    """Return the mean over runs of the share of false nominations (0 when nobody is nominated), and its standard error."""
    shares = np.array([item.false / max(item.nominated, 1) for item in found])
    return float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(shares.size))


def anyone(found: list[Run]) -> float:
    """Return the share of runs in which somebody is nominated."""
    return float(np.mean([item.nominated > 0 for item in found]))


def power(found: list[Run]) -> float:
    """Return the share of the planted bright spots that are nominated."""
    return sum(item.bright_found for item in found) / max(sum(item.bright for item in found), 1)
