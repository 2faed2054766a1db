"""A seeded collaborative with known truth, for tests and for checking coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.coding import Adjuster, Categorical
from feedback.statistics.cohort import Cohort, build
from feedback.statistics.link import expit

ADJUSTERS = (
    Adjuster(name="age", coding="linear", centre=65.0, scale=10.0),
    Adjuster(name="lactate", coding="linear"),
    Adjuster(name="female", coding="linear"),
    Adjuster(name="asa", coding="categorical", reference="2"),
    Adjuster(name="urgency", coding="categorical", reference="elective"),
    Adjuster(name="procedure", coding="categorical"),
    *(Adjuster(name=name, coding="linear") for name in ("diabetes", "copd", "renal", "cardiac", "steroid", "cancer")),
)


@dataclass(frozen=True)
class Simulated:
    """Raw columns with the truth behind them.

    ``site`` labels as ``Categorical``; ``outcome`` (n,); ``columns`` by name; ``effect`` (J,) true log-odds of each
    site; ``risk`` (n,) true risk of an average site; ``adjusters`` that describe the columns.
    """

    site: Categorical
    outcome: np.ndarray
    columns: dict[str, np.ndarray | Categorical]
    effect: np.ndarray
    risk: np.ndarray
    adjusters: tuple[Adjuster, ...]

    def cohort(self) -> Cohort:
        """Return the cohort of these columns."""
        return build(site=self.site, outcome=self.outcome, columns=self.columns, adjusters=self.adjusters)


def collaborative(
    *,
    n: int,
    sites: int,
    sigma: float,
    seed: int,
    rate: float = 0.05,
    spread: float = 0.6,
    adjusters: int | None = None,
) -> Simulated:
    """Draw a collaborative: log-normal volumes, mixed covariates, normal site effects.

    Parameters
    ----------
    n : cases, at least ``sites``; sites : J.
    sigma : SD of the site effects, >= 0.
    seed : of the generator; the same seed gives the same bytes.
    rate : target event rate, 0–1; spread : SD of log volume.
    adjusters : how many of the 12 covariates (20 columns) to keep, all when left out.

    Raises
    ------
    ValueError when there are fewer cases than sites.
    """
    if n < sites:
        raise ValueError("every site needs at least one case")
    random = np.random.default_rng(seed)
    volume = np.exp(random.normal(0.0, spread, sites))
    place = np.concatenate([np.arange(sites), random.choice(sites, size=n - sites, p=volume / volume.sum())])
    effect = random.normal(0.0, sigma, sites) if sigma > 0 else np.zeros(sites)
    age = np.clip(random.normal(64.0, 13.0, n), 18.0, 99.0)
    lactate = np.exp(random.normal(0.3, 0.5, n))
    binary = {
        name: (random.random(n) < share).astype(float)
        for name, share in (
            ("female", 0.47), ("diabetes", 0.18), ("copd", 0.11), ("renal", 0.08), ("cardiac", 0.2), ("steroid", 0.05), ("cancer", 0.15)
        )
    }  # fmt: skip
    asa = random.choice(5, size=n, p=(0.08, 0.42, 0.4, 0.095, 0.005)).astype(np.int32)
    urgency = random.choice(3, size=n, p=(0.7, 0.2, 0.1)).astype(np.int32)
    procedure = random.choice(6, size=n, p=(0.3, 0.25, 0.2, 0.15, 0.07, 0.03)).astype(np.int32)
    linear = _log_odds(age=age, lactate=lactate, binary=binary, asa=asa, urgency=urgency, procedure=procedure)
    linear += _intercept_for(linear, rate=rate)
    outcome = (random.random(n) < expit(linear + effect[place])).astype(float)
    columns: dict[str, np.ndarray | Categorical] = {
        "age": age,
        "lactate": lactate,
        **binary,
        "asa": Categorical(codes=asa, levels=("1", "2", "3", "4", "5")),
        "urgency": Categorical(codes=urgency, levels=("elective", "urgent", "emergency")),
        "procedure": Categorical(codes=procedure, levels=("a", "b", "c", "d", "e", "f")),
    }
    return Simulated(
        site=Categorical(codes=place.astype(np.int32), levels=tuple(f"S{number:04d}" for number in range(sites))),
        outcome=outcome,
        columns=columns,
        effect=effect,
        risk=expit(linear),
        adjusters=ADJUSTERS[:adjusters],
    )


def _log_odds(*, age, lactate, binary, asa, urgency, procedure) -> np.ndarray:
    linear = 0.035 * (age - 65.0) + 0.25 * (lactate - 1.5) - 0.1 * binary["female"]
    linear += np.array([-0.8, 0.0, 0.6, 1.4, 2.2])[asa] + np.array([0.0, 0.4, 0.8])[urgency]
    linear += np.array([0.0, -0.5, -0.4, 0.2, 0.5, 0.7])[procedure]
    for name, weight in (
        ("diabetes", 0.15),
        ("copd", 0.3),
        ("renal", 0.5),
        ("cardiac", 0.35),
        ("steroid", 0.3),
        ("cancer", 0.2),
    ):
        linear += weight * binary[name]
    return linear


def _intercept_for(linear: np.ndarray, *, rate: float) -> float:
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if expit(linear + middle).mean() < rate else (low, middle)
    return 0.5 * (low + high)
