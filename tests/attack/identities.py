"""Who is who among the peers: exchange two of them, and link values to hospitals by what an outsider knows of their size."""

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from tests.attack.figure import Figure
from tests.databases import as_role
from tests.house import test_swap
from tests.house.catalog import ask
from tests.house.universe import Universe

Spread = Callable[[np.ndarray, np.ndarray], np.ndarray]
KNOWLEDGE_ERROR = 0.15
GUESSES = 200
MOST_TIMES_CHANCE = 2.0


def swap(universe: Universe) -> Iterator[Figure]:
    """Exchange two peers' names and results: no page of anybody else may change."""
    before = {column: test_swap.pages(universe, column) for column in test_swap.VIEWERS}
    test_swap.exchange()
    changed, pages = [], 0
    for column, was in before.items():
        now = test_swap.pages(universe, column)
        pages += len(was)
        changed += [f"{column} {path}" for path, answer in was.items() if now[path] != answer]
    yield Figure(
        attack="Two peers exchange names and results, and some page shows which is which",
        tried=f"{pages} pages of {len(before)} people, before and after",
        found=f"{len(changed)} pages changed",
        held=not changed and pages > 0,
        details=tuple(changed),
    )


def linkage() -> Iterator[Figure]:
    """Name the peers of one release from their rounded values and the volumes that anybody may know within 15 %."""
    with as_role("superuser"):
        rows = ask(
            "SELECT document -> 'peers', own_set, run_id FROM feedback_standing WHERE document -> 'peers' ->> 'shown' = 'points'"
        )
        results = ask(
            "SELECT run_id, hospital_id, (document ->> 'n')::int, (document ->> 'shrunken_rate')::float FROM feedback_siteresult"
        )
    chances, shares = [], {model: [] for model in SPREADS}
    for text, own, run in rows:
        peers = json.loads(text)
        others = [(n, rate) for of_run, hospital, n, rate in results if of_run == run and hospital not in own and n]
        ends = [[peers[end]["bound"]] * peers[end]["n"] for end in ("low", "high")]
        values = [*ends[0], *peers["values"], *ends[1]]
        if len(values) == len(others):
            chances.append(1 / len(others))
            for model, spread in SPREADS.items():
                shares[model].append(named(values=values, others=others, spread=spread))
    chance = float(np.mean(chances)) if chances else 0.0
    best = {model: float(np.mean(found)) if found else 1.0 for model, found in shares.items()}
    yield Figure(
        attack="Peers are named from their values by somebody who knows every hospital's volume within 15 %",
        tried=f"{len(chances)} standings with single peers, {GUESSES} guesses each, two models of how volume moves a value",
        found=f"{max(best.values()):.1%} named by the better model; chance {chance:.1%}",
        held=bool(chances) and max(best.values()) <= MOST_TIMES_CHANCE * chance,
    )


def _sampling(known: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """A plain rate strays less the larger a hospital is."""
    middle = shown.mean()
    return middle * (1 - middle) / known


def _shrunken(known: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """A shrunken rate strays more the larger a hospital is: the small ones are drawn to the middle."""
    noise, between = shown.mean() * (1 - shown.mean()) / known, max(float(shown.var()), 1e-8)
    return between**2 / (between + noise)


SPREADS = {"plain": _sampling, "shrunken": _shrunken}


def named(
    *, values: Sequence[float], others: Sequence[tuple[int, float]], spread: Spread = _shrunken, seed: int = 1
) -> float:
    """Return the share of peers named right by the most likely assignment, over many draws of what the attacker knows."""
    random = np.random.default_rng(seed)
    volumes, rates = (np.array(column, float) for column in zip(*others, strict=True))
    shown = np.sort(np.asarray(values, float))
    truth = np.argsort(rates, kind="stable")  # where the values stand, the hospitals stand
    right = []
    for _ in range(GUESSES):
        known = volumes * np.exp(random.normal(0.0, KNOWLEDGE_ERROR, volumes.size))
        variance = np.maximum(spread(known, shown), 1e-12)[None, :]
        cost = (shown[:, None] - shown.mean()) ** 2 / (2 * variance) + np.log(variance) / 2
        places, guessed = linear_sum_assignment(cost + random.uniform(0, 1e-9, cost.shape))
        right.append(float(np.mean(truth[places] == guessed)))
    return float(np.mean(right))
