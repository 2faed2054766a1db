"""Were adopters already moving before they started? Leads of the start among untreated cells, tested together."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher

from interventions.impact.imputation import AtTime
from interventions.impact.jackknife import covariance, interval
from interventions.impact.panel import Cells

MOST_LEADS = 3
FEWEST_WITH_REFERENCE = 3


@dataclass(frozen=True)
class PreTrend:
    """`leads`: how far adopters were off the untreated course, by periods before the end of the baseline (negative times;
    the reference are still earlier periods); `p`: of all being 0, None when too few adopters allow no test."""

    leads: tuple[AtTime, ...]
    p: float | None


def pretrend(cells: Cells) -> PreTrend | None:
    """Regress untreated cells on site, period and the latest leads of the baseline's end; None without a reference before them.

    Only baselines are used: what adopters did in the left-out periods, or between the offer and their start, is part of how they
    came to start. Times count back from the end of the baseline: −1 is its latest period. At most three leads, fewer when under
    three adopters have an earlier period with cases. The test is Hotelling's, with the number of adopters less one as degrees of
    freedom.
    Source: Borusyak, Jaravel & Spiess 2024, section 4.4 (test on untreated cells only); Hotelling 1931.
    """
    sites, periods = cells.weight.shape
    adopted = (cells.start < periods)[:, None]
    end = np.where(cells.start < periods, np.minimum(cells.start - cells.left_out, cells.offered), periods)
    since = np.arange(periods) - end[:, None]
    untreated = cells.weight * (since < 0)
    for count in range(MOST_LEADS, 0, -1):
        times = -np.arange(count, 0, -1)
        reference = ((untreated > 0) & adopted & (since < times[0])).any(axis=1)
        lead = (since[:, :, None] == times) & (untreated > 0)[:, :, None] & (reference & adopted[:, 0])[:, None, None]
        if reference.sum() >= FEWEST_WITH_REFERENCE and lead.any(axis=(0, 1)).all():
            break
    else:
        return None
    weight = np.concatenate([untreated[None], untreated[None] * (1.0 - np.eye(sites))[:, :, None]])
    found = _leads(outcome=cells.excess, weight=weight, lead=lead.astype(float))
    used = untreated.sum(axis=1) > 0
    rows = tuple(
        AtTime(
            time=int(time), effect=interval(float(found[0, i]), found[1:, i], group=reference, used=used),
            cases=int((untreated * lead[:, :, i]).sum()), adopters=int(lead[:, :, i].any(axis=1).sum()),
        )
        for i, time in enumerate(times)
    )  # fmt: skip
    return PreTrend(
        leads=rows,
        p=_hotelling(found[0], covariance(found[1:], group=reference, used=used), adopters=int(reference.sum())),
    )


def _leads(*, outcome: np.ndarray, weight: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Return the coefficients (B, L) of the leads beside site and period effects, for B sets of weights (B, J, T)."""
    sites, periods = outcome.shape
    design = np.concatenate([np.broadcast_to(np.eye(periods), (sites, periods, periods)), lead], axis=2)
    total = weight.sum(axis=2)
    safe = np.where(total > 0, total, 1.0)
    mean = np.einsum("bjt,jtp->bjp", weight, design) / safe[:, :, None]
    level = np.einsum("bjt,jt->bj", weight, outcome) / safe
    square = np.einsum("bjt,jtp,jtq->bpq", weight, design, design, optimize=True)
    matrix = square - np.einsum("bj,bjp,bjq->bpq", total, mean, mean, optimize=True)
    right = np.einsum("bjt,jtp,jt->bp", weight, design, outcome, optimize=True) - np.einsum(
        "bj,bjp,bj->bp", total, mean, level
    )
    solved = np.linalg.pinv(matrix, rcond=1e-10, hermitian=True) @ right[:, :, None]
    return solved[:, periods:, 0]


def _hotelling(value: np.ndarray, spread: np.ndarray, *, adopters: int) -> float | None:
    """Return the p of all leads being 0, None with too few adopters or a singular covariance."""
    leads, freedom = value.size, adopters - 1
    if freedom < leads + 1 or np.linalg.matrix_rank(spread) < leads:
        return None
    squared = float(value @ np.linalg.solve(spread, value))
    return float(fisher.sf(squared * (freedom - leads + 1) / (freedom * leads), leads, freedom - leads + 1))
