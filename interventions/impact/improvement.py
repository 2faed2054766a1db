"""Who improved most, by a declared rule: the change of a site, shrunken to that of all as far as chance explains it."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from interventions.impact.refusal import ImpactRefusal

FEWEST_SITES = 5
SURE = 0.9


@dataclass(frozen=True, eq=False)
class Change:
    """Change of (O − E)/n from the earlier to the later window, in points, (J,) with NaN for sites without cases in either:
    `raw`, `shrunken`, `error` (posterior SD) and `probability` that the site improved more than the mean; `mean` and `spread`
    (SD between sites) of all; `improved`: positions with a probability of at least 0.9, the largest shrunken improvement first."""

    raw: np.ndarray
    shrunken: np.ndarray
    error: np.ndarray
    probability: np.ndarray
    mean: float
    spread: float
    improved: tuple[int, ...]


def most_improved(*, cases, observed, expected, variance, adverse: bool) -> Change:
    """Return the changes between two windows of equal standing.

    `cases`, `observed`, `expected`, `variance`: shape (J, 2), earlier and later window, by the same frozen model; `variance`: the
    sum of risk × (1 − risk). Each site's change has the sampling variance V/n² of both windows; the true changes are taken as
    normal (DerSimonian–Laird). A site that was unlucky in the earlier window is thereby not praised for its luck's end.
    Raises ImpactRefusal TOO_FEW_SITES, ValueError for shapes and values.
    Source: DerSimonian & Laird 1986; methods §5.3, §7, §15 (regression to the mean).
    """
    n, o, e, v = (np.asarray(table, dtype=float) for table in (cases, observed, expected, variance))
    if n.ndim != 2 or n.shape[1] != 2 or not n.shape == o.shape == e.shape == v.shape:
        raise ValueError("each table needs one row per site and two columns")
    if not ((o >= 0) & (o <= n) & (v >= 0)).all():
        raise ValueError("observed events lie between 0 and the cases, and variances are not negative")
    there = (n > 0).all(axis=1) & (v > 0).all(axis=1)
    if there.sum() < FEWEST_SITES:
        raise ImpactRefusal("TOO_FEW_SITES", (f"Fewer than {FEWEST_SITES} hospitals have cases in both windows.",))
    points = np.divide(o - e, n, out=np.full(n.shape, np.nan), where=n > 0)
    noise = np.divide(v, n**2, out=np.full(n.shape, np.nan), where=n > 0).sum(axis=1)
    raw = np.where(there, points[:, 1] - points[:, 0], np.nan)
    mean, between = _pool(raw[there], noise[there])
    share = between / (between + noise)
    shrunken, error = mean + share * (raw - mean), np.sqrt(share * noise)
    gain = -(shrunken - mean) if adverse else shrunken - mean
    probability = np.where(there, norm.cdf(np.divide(gain, error, out=np.zeros_like(gain), where=error > 0)), np.nan)
    best = [
        j for j in np.argsort(-np.where(there, gain, -np.inf), kind="stable") if there[j] and probability[j] >= SURE
    ]
    return Change(
        raw=raw, shrunken=np.where(there, shrunken, np.nan), error=np.where(there, error, np.nan), probability=probability,
        mean=mean, spread=float(np.sqrt(between)), improved=tuple(int(j) for j in best),
    )  # fmt: skip


def _pool(change: np.ndarray, noise: np.ndarray) -> tuple[float, float]:
    """Return the mean change and the variance between sites (DerSimonian–Laird, not below 0)."""
    weight = 1.0 / noise
    fixed = float((weight * change).sum() / weight.sum())
    q = float((weight * (change - fixed) ** 2).sum())
    between = max(0.0, (q - (change.size - 1)) / float(weight.sum() - (weight**2).sum() / weight.sum()))
    total = 1.0 / (noise + between)
    return float((total * change).sum() / total.sum()), between
