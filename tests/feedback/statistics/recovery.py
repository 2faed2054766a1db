"""Recovery of simulated truth: what the methods promise, counted over many collaboratives whose truth is known.

``make recover`` (``python -m tests.feedback.statistics.recovery_report``) runs every claim at full length and writes docs/recovery.md; the suite runs
each at a fraction of it. A collaborative has log-normal volumes, one continuous and one binary covariate and an event rate
near 10 %; every collaborative has its own seed, so any single one can be drawn again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from feedback.statistics import curves as tables
from feedback.statistics import hierarchical, logistic, posterior, ranks
from feedback.statistics.coding import Adjuster, Categorical
from feedback.statistics.cohort import build
from feedback.statistics.cusum import risk_adjusted_cusum
from feedback.statistics.cusum_limits import average_run_length, calibrate_limit
from feedback.statistics.intervals import garwood
from feedback.statistics.link import expit
from feedback.statistics.rows import arrange
from feedback.statistics.shrunken import REACH

TRUTH = np.array([-2.45, 0.5, 0.4])
ADJUSTERS = (Adjuster(name="x"), Adjuster(name="flag"))
BAND = float(norm.isf(0.005))
CLEAR = 0.975


@dataclass(frozen=True)
class Registry:
    """One simulated collaborative: ``site`` (n,), ``outcome`` (n,), ``x`` and ``flag`` (n,), true ``effect`` (J,)."""

    site: np.ndarray
    outcome: np.ndarray
    x: np.ndarray
    flag: np.ndarray
    effect: np.ndarray

    @property
    def linear(self) -> np.ndarray:
        """The true log-odds (n,) at an average hospital."""
        return TRUTH[0] + TRUTH[1] * self.x + TRUTH[2] * self.flag


def draw(*, sites: int, cases: int, sigma: float, seed: int, average: int = 0, shift: float = 0.0) -> Registry:
    """Draw a collaborative of ``sites`` × ``cases`` rows; the first ``average`` sites have no effect of their own.

    ``shift`` moves the intercept. Site effects are N(0, sigma²).
    """
    random = np.random.default_rng((seed, sites, cases))
    volume = np.exp(random.normal(0.0, 0.6, sites))
    n = sites * cases
    site = np.concatenate([np.arange(sites), random.choice(sites, n - sites, p=volume / volume.sum())])
    effect = random.normal(0.0, sigma, sites)
    effect[:average] = 0.0
    x = np.round(random.normal(size=n), 1)
    flag = (random.random(n) < 0.4).astype(float)
    eta = TRUTH[0] + shift + TRUTH[1] * x + TRUTH[2] * flag + effect[site]
    outcome = (random.random(n) < expit(eta)).astype(float)
    return Registry(site=site, outcome=outcome, x=x, flag=flag, effect=effect)


@dataclass(frozen=True)
class Seen:
    """What one collaborative showed: error of the coefficients in SE (k,), whether their intervals hold the truth (k,),
    sigma's estimate by maximum likelihood and its posterior mean, shares of sites whose shrunken, exact and rank interval holds
    the truth, and the words."""

    z: np.ndarray
    held: np.ndarray
    sigma: float
    sigma_mean: float
    shrunken: float
    exact: float
    rank: float
    better: np.ndarray
    higher: np.ndarray
    ratio: np.ndarray


def look(registry: Registry, *, draws: int = 200, prior_scale: float = 1.0, shrunken: bool = True) -> Seen:
    """Fit one collaborative by the functions the comparison uses, and hold the answers against the truth."""
    j = len(registry.effect)
    cohort = build(
        site=Categorical(codes=registry.site.astype(np.int32), levels=tuple(f"{number:04d}" for number in range(j))),
        outcome=registry.outcome,
        columns={"x": registry.x, "flag": registry.flag},
        adjusters=ADJUSTERS,
    )
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    fixed = logistic.fit(rows)
    mixed = hierarchical.fit(rows, fixed=fixed)
    error = np.sqrt(np.diag(mixed.covariance))
    z = (mixed.beta - TRUTH) / error
    expected = rows.by_site(rows.trials * fixed.fitted)
    mean = np.bincount(registry.site, expit(registry.linear + registry.effect[registry.site]))
    ratio, nothing = mean / expected, np.full(j, False)
    shrunken_held, rank_held, sigma_mean, better, higher = math.nan, math.nan, math.nan, nothing, nothing
    if shrunken:
        curves = tables.tabulated(rows, tables.lattice(rows, rows.linear(mixed.beta)), reach=REACH)
        mixture = posterior.integrate(curves, prior_scale=prior_scale)
        sigma_mean = float(mixture.sigma @ mixture.weight)
        drawn = tables.events_at(curves, posterior.draw_effects(mixture, draws=draws, seed=1).T).T / expected
        placed, true_rank = ranks.of_draws(drawn), 1.0 + np.argsort(np.argsort(ratio))
        below, truth = (
            posterior.probability_below(mixture, posterior.effect_for(curves, events)) for events in (expected, mean)
        )
        shrunken_held = ((truth >= 1.0 - CLEAR) & (truth <= CLEAR)).mean()  # the same as lying between the two limits
        rank_held = ((placed.lower <= true_rank) & (true_rank <= placed.upper)).mean()
        better, higher = below >= CLEAR, below <= 1.0 - CLEAR
    low, high = garwood(rows.by_site(rows.events))
    return Seen(
        z=z,
        held=np.abs(z) <= norm.isf(0.025),
        sigma=mixed.sigma,
        sigma_mean=sigma_mean,
        shrunken=float(shrunken_held),
        exact=float(((low <= mean) & (mean <= high)).mean()),
        rank=float(rank_held),
        better=better,
        higher=higher,
        ratio=ratio,
    )


@dataclass(frozen=True)
class Share:
    """A mean over collaboratives with its simulation standard error."""

    mean: float
    error: float

    @property
    def band(self) -> float:
        """Half the width of the 99 % simulation band."""
        return BAND * self.error


def share(values: list[float] | np.ndarray) -> Share:
    """Summarise one number a collaborative; the collaborative is the unit, since its sites are not independent."""
    array = np.asarray(values, dtype=float)
    return Share(mean=float(array.mean()), error=float(array.std(ddof=1) / math.sqrt(len(array))))


def study(
    *, sites: int, cases: int, sigma: float, registries: int, seed: int = 0, average: int = 0,
    prior_scale: float = 1.0, shrunken: bool = True,
) -> list[Seen]:  # fmt: skip
    """Look at ``registries`` collaboratives with seeds ``seed``, ``seed`` + 1, …"""
    return [
        look(
            draw(sites=sites, cases=cases, sigma=sigma, seed=seed + number, average=average),
            prior_scale=prior_scale,
            shrunken=shrunken,
        )
        for number in range(registries)
    ]


def wrong_direction(seen: list[Seen]) -> tuple[Share, Share]:
    """Share of all sites told “likely better” though their true rate lies above the collaborative's, and the reverse."""
    return (
        share([(one.better & (one.ratio > 1)).mean() for one in seen]),
        share([(one.higher & (one.ratio < 1)).mean() for one in seen]),
    )


def words_for_average(seen: list[Seen], *, average: int) -> tuple[Share, Share]:
    """Share of the truly average sites (the first ``average``) told “likely better”, and told “likely higher”."""
    return share([one.better[:average].mean() for one in seen]), share([one.higher[:average].mean() for one in seen])


@dataclass(frozen=True)
class Found:
    """CUSUM over simulated hospitals: promised and seen mean cases to a false alarm, and cases to finding doubled odds."""

    promised: float
    seen: Share
    expected_delay: float
    delay: Share
    found_in_two_years: float
    alarms_in_two_years: float


def watch(*, hospitals: int, a_year: int = 300, years_between: float = 10.0, seed: int = 0) -> Found:
    """Calibrate to one case mix, then follow hospitals in order, and hospitals with doubled odds of the event."""
    random = np.random.default_rng((seed, 11))
    mix = np.round(expit(TRUTH[0] + TRUTH[1] * random.normal(size=400) + TRUTH[2] * (random.random(400) < 0.4)), 3)
    promised = years_between * a_year
    limit = calibrate_limit(risk=mix, target_run_length=promised, odds_ratio=2.0, states_per_unit=200)
    calm = [_first_signal(random, mix=mix, limit=limit, odds=1.0, most=int(12 * promised)) for _ in range(hospitals)]
    bad = [_first_signal(random, mix=mix, limit=limit, odds=2.0, most=20 * a_year) for _ in range(hospitals)]
    return Found(
        promised=promised,
        seen=share(calm),
        expected_delay=average_run_length(risk=mix, limit=limit, odds_ratio=2.0, true_odds=2.0, states_per_unit=200),
        delay=share(bad),
        found_in_two_years=float(np.mean(np.array(bad) <= 2 * a_year)),
        alarms_in_two_years=float(np.mean(np.array(calm) <= 2 * a_year)),
    )


def _first_signal(random: np.random.Generator, *, mix: np.ndarray, limit: float, odds: float, most: int) -> int:
    """Return the number of cases to the first signal, ``most`` when there is none."""
    risk = random.choice(mix, most)
    outcome = (random.random(most) < odds * risk / (1.0 - risk + odds * risk)).astype(float)
    chart = risk_adjusted_cusum(outcome=outcome, risk=risk, upper_limit=limit, lower_limit=None, worse=2.0, better=0.5)
    return chart.upper_signals[0] + 1 if chart.upper_signals else most
