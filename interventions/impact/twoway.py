"""Two-way effects of sites and periods from untreated cells, for many sets of cells at once, and what they predict."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TwoWay:
    """What would have been: `predicted` (B, J, T), and `known` (B, J, T), where the untreated cells determine it."""

    predicted: np.ndarray
    known: np.ndarray


def predict(*, outcome: np.ndarray, weight: np.ndarray) -> TwoWay:
    """Fit outcome = site + period by weighted least squares for each of B sets of cells.

    `outcome`: (J, T); `weight`: (B, J, T), 0 for a cell that is not used. A cell can be predicted when its site and its period
    are linked by used cells; otherwise their effects are only known up to a constant each.
    Source: Borusyak, Jaravel & Spiess 2024, step 1; Abowd, Creecy & Kramarz 2002 (linked sets).
    """
    used = weight > 0
    site_total = weight.sum(axis=2)
    safe = np.where(site_total > 0, site_total, 1.0)
    site_mean = np.einsum("bjt,jt->bj", weight, outcome) / safe
    linked = _linked(used)
    live = used.any(axis=1)
    matrix = -np.einsum("bjt,bjs->bts", weight / safe[:, :, None], weight)
    index = np.arange(outcome.shape[1])
    matrix[:, index, index] += weight.sum(axis=1) + ~live
    matrix += linked * weight.sum(axis=(1, 2))[:, None, None] / live.size
    right = np.einsum("bjt,bjt->bt", weight, outcome - site_mean[:, :, None])
    period = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    site = site_mean - np.einsum("bjt,bt->bj", weight, period) / safe
    known = (used.astype(float) @ linked.astype(float)) > 0
    return TwoWay(predicted=site[:, :, None] + period[:, None, :], known=known)


def _linked(used: np.ndarray) -> np.ndarray:
    """Return which periods (B, T, T) are linked through sites, by squaring the relation until it holds for any length."""
    cells = used.astype(float)
    linked = np.einsum("bjt,bjs->bts", cells, cells) > 0
    for _ in range(int(np.ceil(np.log2(max(used.shape[2], 2))))):
        step = linked.astype(float)
        linked = (step @ step) > 0
    return linked
