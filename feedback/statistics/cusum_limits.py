"""Limits of the risk-adjusted CUSUM for one's own case mix: run lengths and alarm probabilities by Markov chain, and by simulation."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_banded
from scipy.optimize import brentq

from feedback.statistics.cusum import check_risk, scores

STATES_PER_UNIT = 600
COARSE_STATES_PER_UNIT = 200
GUESSING_STATES_PER_UNIT = 100
FEWEST_STATES = 50
LARGEST_LIMIT = 40.0
SMALLEST_LIMIT = 0.02
BEYOND_COUNTING = 1e12


@dataclass(frozen=True)
class SimulatedRunLength:
    """Cases to the first signal over simulated series: mean with its Monte-Carlo standard error; `n_open` never signalled."""

    mean: float
    standard_error: float
    n_series: int
    n_open: int


@dataclass(frozen=True, eq=False)
class _Chain:
    """One step of the chain on nodes 0…n_nodes−1: `chance[k]` is the probability of moving by `lowest + k` nodes."""

    chance: np.ndarray
    lowest: int
    n_nodes: int


def event_chance(*, risk: np.ndarray, true_odds: float) -> np.ndarray:
    """Return the chance of the event when the true odds are `true_odds` times those of the risk; shape of `risk`."""
    return risk * true_odds / (1 - risk + true_odds * risk)


def _check(*, risk, weights, true_odds: float) -> tuple[np.ndarray, np.ndarray]:
    chance = check_risk(risk)
    share = np.ones(chance.size) if weights is None else np.asarray(weights, dtype=float)
    if chance.size == 0:
        raise ValueError("a case mix needs at least one case")
    if share.shape != chance.shape or not (share >= 0).all() or not 0 < share.sum() < np.inf:
        raise ValueError("weights must be one non-negative number per risk, not all 0")
    if not 0 < true_odds < np.inf:
        raise ValueError("the true odds ratio must be positive and finite")
    return chance, share / share.sum()


def _chain(*, risk, share, limit: float, odds_ratio: float, null: float, true_odds: float, n_steps: int) -> _Chain:
    """Put the scores on a grid of width limit / n_steps, each split linearly on its two neighbouring nodes."""
    without, with_event = scores(risk=risk, odds_ratio=odds_ratio, null=null)
    happens = event_chance(risk=risk, true_odds=true_odds)
    place = np.concatenate([without, with_event]) * (n_steps / limit)
    chance = np.concatenate([share * (1 - happens), share * happens])
    below = np.floor(place)
    part, node = place - below, below.astype(int)
    lowest = min(int(node.min()), 0)
    size = max(int(node.max()) + 2, 1) - lowest
    mass = np.bincount(node - lowest, weights=chance * (1 - part), minlength=size)
    mass += np.bincount(node - lowest + 1, weights=chance * part, minlength=size)
    return _Chain(chance=mass, lowest=lowest, n_nodes=n_steps + 1)


def _run_length(chain: _Chain) -> float:
    """Solve (I − Q) x = 1 as a banded system and return x at node 0; infinite when the chain cannot be left."""
    last = chain.n_nodes - 1
    down, up = min(-chain.lowest, last), min(chain.lowest + chain.chance.size - 1, last)
    moves = np.arange(-down, up + 1)
    band = np.zeros((down + up + 1, chain.n_nodes))
    band[up - moves] = -chain.chance[moves - chain.lowest][:, None]
    to_zero = np.cumsum(chain.chance)[-chain.lowest - np.arange(down + 1)]
    band[up : up + down + 1, 0] = -to_zero
    band[up] += 1.0
    if not chain.chance[1 - chain.lowest :].any():
        return float("inf")
    length = float(solve_banded((down, up), band, np.ones(chain.n_nodes), overwrite_ab=True, overwrite_b=True)[0])
    return length if 0 < length < BEYOND_COUNTING else float("inf")


def average_run_length(
    *, risk, limit: float, odds_ratio: float, weights=None, null: float = 1.0, true_odds: float = 1.0,
    states_per_unit: int = STATES_PER_UNIT,
) -> float:  # fmt: skip
    """Return the mean number of cases until S > limit, from S = 0, when cases are drawn from the given case mix.

    `risk`: shape (n,), 0–1, the own case mix; `weights`: shape (n,), default equal. `odds_ratio`, `null`: as in `cusum.scores`.
    `true_odds`: 1 = in control (mean cases between false alarms), 2 = the odds are doubled (cases until found). Infinite when
    no case can raise the chart. The grid of 600 nodes per unit errs by about 0.1 %, of 200 by about 0.3 %.
    Raises ValueError for an empty mix, risks outside 0–1, bad weights, limits ≤ 0 or impossible odds.
    Source: Brook & Evans 1972; Steiner 2000; Knoth, Wittenberg & Gan 2019; methods §11.
    """
    chance, share = _check(risk=risk, weights=weights, true_odds=true_odds)
    if not 0 < limit < np.inf:
        raise ValueError("a limit must be above 0 and finite")
    n_steps = max(int(np.ceil(states_per_unit * limit)), 1)
    return _run_length(
        _chain(
            risk=chance,
            share=share,
            limit=limit,
            odds_ratio=odds_ratio,
            null=null,
            true_odds=true_odds,
            n_steps=n_steps,
        )
    )


def signal_probability(
    *, risk, limit: float, odds_ratio: float, n_cases: int, weights=None, null: float = 1.0, true_odds: float = 1.0,
    states_per_unit: int = COARSE_STATES_PER_UNIT,
) -> float:  # fmt: skip
    """Return the probability, 0–1, of at least one signal within `n_cases` cases that start at S = 0.

    With `true_odds` 1 this is the false-alarm probability of, say, one year's cases. Arguments and errors as
    `average_run_length`; `n_cases` ≥ 0. Source: Steiner 2000; methods §11.
    """
    chance, share = _check(risk=risk, weights=weights, true_odds=true_odds)
    if not 0 < limit < np.inf or n_cases < 0:
        raise ValueError("a limit must be above 0 and finite, and the number of cases at least 0")
    n_steps = max(int(np.ceil(states_per_unit * limit)), 1)
    chain = _chain(
        risk=chance, share=share, limit=limit, odds_ratio=odds_ratio, null=null, true_odds=true_odds, n_steps=n_steps
    )
    state = np.zeros(chain.n_nodes)
    state[0] = 1.0
    for _ in range(n_cases):
        moved = np.convolve(state, chain.chance)
        state = moved[-chain.lowest : chain.n_nodes - chain.lowest].copy()
        state[0] += moved[: -chain.lowest].sum()
        state = np.pad(state, (0, chain.n_nodes - state.size))
    return float(np.clip(1.0 - state.sum(), 0.0, 1.0))


def calibrate_limit(
    *,
    risk,
    target_run_length: float,
    odds_ratio: float,
    weights=None,
    null: float = 1.0,
    states_per_unit: int = STATES_PER_UNIT,
) -> float:
    """Return the limit whose in-control average run length on the own case mix is `target_run_length` cases.

    Found by a bracketed search in the logarithm of the run length, first on a coarse grid. Arguments and errors as `average_run_length`;
    raises ValueError also when the target is shorter than a chart of this mix can be, or beyond reach (limit over 40).
    Source: Steiner 2000; Knoth, Wittenberg & Gan 2019; methods §11.
    """
    chance, share = _check(risk=risk, weights=weights, true_odds=1.0)
    if not 1 < target_run_length < np.inf:
        raise ValueError("the run length aimed at must be above 1 and finite")

    def excess(limit: float, *, per_unit: int) -> float:
        n_steps = max(int(np.ceil(per_unit * limit)), FEWEST_STATES)
        length = _run_length(
            _chain(
                risk=chance, share=share, limit=limit, odds_ratio=odds_ratio, null=null, true_odds=1.0, n_steps=n_steps
            )
        )
        return float(np.log(min(length, BEYOND_COUNTING) / target_run_length))

    near = _solve(lambda limit: excess(limit, per_unit=GUESSING_STATES_PER_UNIT), guess=2.0, factor=2.0)
    return _solve(lambda limit: excess(limit, per_unit=states_per_unit), guess=near, factor=1.01)


def _solve(excess, *, guess: float, factor: float) -> float:
    """Return the limit at which the rising function `excess` passes 0, searching outwards from `guess`."""
    low, high = guess / factor, guess * factor
    while excess(low) > 0:
        low /= factor
        if low < SMALLEST_LIMIT:
            raise ValueError("even the smallest limit alarms more rarely than that on this case mix")
    while excess(high) < 0:
        high *= factor
        if high > LARGEST_LIMIT:
            raise ValueError("no limit up to 40 alarms as rarely as that on this case mix")
    return float(brentq(excess, low, high, xtol=1e-5))


def calibrate_limit_for_alarms(
    *, risk, probability: float, n_cases: int, odds_ratio: float, weights=None, null: float = 1.0,
    states_per_unit: int = COARSE_STATES_PER_UNIT,
) -> float:  # fmt: skip
    """Return the limit at which a chart in control signals within `n_cases` cases with the given probability.

    `probability`: in (0, 1), say 0.05 a year; for many charts divide it among them with `share_of_alarms`. Errors as
    `calibrate_limit`. Source: methods §11.
    """
    if not 0 < probability < 1 or n_cases < 1:
        raise ValueError("the probability must lie between 0 and 1 and the number of cases be at least 1")

    def excess(limit: float) -> float:
        return probability - signal_probability(
            risk=risk,
            limit=limit,
            odds_ratio=odds_ratio,
            n_cases=n_cases,
            weights=weights,
            null=null,
            states_per_unit=states_per_unit,
        )

    return _solve(excess, guess=2.0, factor=2.0)


def share_of_alarms(*, probability: float, n_charts: int) -> float:
    """Return the false-alarm probability each of `n_charts` independent charts may have so that any alarm has `probability`.

    Raises ValueError for a probability outside (0, 1) or fewer than one chart. Source: Šidák 1967; methods §11.
    """
    if not 0 < probability < 1 or n_charts < 1:
        raise ValueError("the probability must lie between 0 and 1 and there must be at least one chart")
    return float(-np.expm1(np.log1p(-probability) / n_charts))


def simulate_run_length(
    *, risk, limit: float, odds_ratio: float, seed: int, weights=None, null: float = 1.0, true_odds: float = 1.0,
    n_series: int = 2000, most_cases: int = 100_000,
) -> SimulatedRunLength:  # fmt: skip
    """Check a limit by simulation: draw cases from the mix until each of `n_series` charts signals.

    Arguments and errors as `average_run_length`; `seed` makes it repeatable. Series still silent after `most_cases` are counted
    in `n_open`; the mean is then all cases seen per signal (infinite without any signal). Source: methods §11.
    """
    chance, share = _check(risk=risk, weights=weights, true_odds=true_odds)
    if not 0 < limit < np.inf or n_series < 1 or most_cases < 1:
        raise ValueError("the limit must be above 0 and finite, the numbers of series and of cases at least 1")
    without, with_event = scores(risk=chance, odds_ratio=odds_ratio, null=null)
    happens, ladder = event_chance(risk=chance, true_odds=true_odds), np.cumsum(share)
    random = np.random.default_rng(seed)
    level, lengths = np.zeros(n_series), []
    for case in range(1, most_cases + 1):
        drawn = np.minimum(np.searchsorted(ladder, random.random(level.size), side="right"), chance.size - 1)
        step = np.where(random.random(level.size) < happens[drawn], with_event[drawn], without[drawn])
        level = np.maximum(level + step, 0.0)
        silent = level <= limit
        lengths.append((case, int(level.size - silent.sum())))
        level = level[silent]
        if level.size == 0:
            break
    found = np.array(lengths, dtype=float)
    n_signals, seen = int(found[:, 1].sum()), float((found[:, 0] * found[:, 1]).sum()) + level.size * float(most_cases)
    if n_signals == 0:
        return SimulatedRunLength(mean=float("inf"), standard_error=float("inf"), n_series=n_series, n_open=n_series)
    mean = seen / n_signals
    error = float(np.sqrt((found[:, 1] * (found[:, 0] - mean) ** 2).sum() / max(n_signals - 1, 1) / n_signals))
    return SimulatedRunLength(mean=mean, standard_error=error, n_series=n_series, n_open=int(level.size))
