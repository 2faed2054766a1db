"""Bootstrap samples of sites by one weighted Newton step from the fit of all sites, every sample at once.

A sample that holds site j c_j times has the gradient Σ c_j·s_j and the information Σ c_j·I_j at the fit of all sites: two matrix
products and one batch of small systems serve all samples. Sigma and the intercept, together far from quadratic, are then settled
on the sites' tabulated curves, moved to where the step has put their linear predictors.
"""

from __future__ import annotations

import numpy as np

from feedback.statistics import curves as table
from feedback.statistics import hierarchical
from feedback.statistics.curves import Curves
from feedback.statistics.hierarchical import HierarchicalFit
from feedback.statistics.link import expit
from feedback.statistics.posterior import modes
from feedback.statistics.quadrature import hermite
from feedback.statistics.rows import Rows

REACH = 12.0
NODES = 9
SIGMA_STEPS = 8
LARGEST_STEP = 0.5
SMALLEST_BEND = 1e-3
SETTLED = 1e-4
LOWEST_LOG_SIGMA = -5.0
AT_ONCE = 2_000_000


def rates(rows: Rows, *, whole: HierarchicalFit, sites: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return the risk-standardised rates of the sites of each sample.

    Parameters
    ----------
    rows : R rows of J sites; whole : the model fitted on them, sigma above 0.
    sites, noise : (draws, J) as ``bootstrap.Draws`` has them.

    Returns
    -------
    (draws, J), NaN where a site was not drawn. From about 25 events a site the error is a small part of the bootstrap's own
    standard deviation.

    Source: Shao & Tu, The Jackknife and Bootstrap, 1995, §2.1 (one-step bootstrap).
    """
    own = hierarchical.slopes_of_sites(rows, found=whole)
    counts = np.array([np.bincount(row, minlength=rows.n_sites) for row in sites]).astype(float)
    size = rows.k + 1
    information = (counts @ own.information.reshape(rows.n_sites, -1)).reshape(-1, size, size)
    step = np.linalg.solve(information, (counts @ own.gradient)[:, :, None])[:, :, 0]
    eta = rows.linear(whole.beta)
    curves = table.tabulate(rows, eta, reach=REACH)
    shift = _along(rows, whole=whole, eta=eta) @ step[:, :-1].T
    out = np.full(sites.shape, np.nan)
    each = max(1, AT_ONCE // (rows.n_sites * NODES))
    events, trials = rows.by_site(rows.events), rows.by_site(rows.trials)
    for begin in range(0, len(sites), each):
        part = slice(begin, begin + each)
        moved, weight = shift[:, part], counts[part].T
        sigma, more = _settle(curves, moved, weight=weight, sigma=np.full(moved.shape[1], whole.sigma))
        moved = moved + more
        mode, scale = modes(curves, sigma=sigma, centre=moved)
        predicted = table.events_at(curves, mode + noise[part].T * scale)
        ratio = predicted / table.events_at(curves, moved)
        rate = ratio * ((weight * events[:, None]).sum(axis=0) / (weight * trials[:, None]).sum(axis=0))
        out[part] = np.where(weight > 0, rate, np.nan).T
    return out


def _along(rows: Rows, *, whole: HierarchicalFit, eta: np.ndarray) -> np.ndarray:
    """Return by how much a change of each coefficient moves each site's linear predictor on average, (J, k)."""
    p = expit(eta + np.repeat(whole.effect, rows.ends - rows.starts))
    slopes = rows.cross_by_site(rows.counted(p * (1.0 - p)))
    return slopes / slopes[:, :1]


def _settle(
    curves: Curves, centre: np.ndarray, *, weight: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sigma and the further shift of the intercept (both M,) most likely for each sample, centre and weight (J, M)."""
    points, log_weights = hermite(NODES)
    log_sigma, shift = np.log(sigma), np.zeros(len(sigma))
    for _ in range(SIGMA_STEPS):
        sigma, middle = np.exp(log_sigma), centre + shift
        mode, scale = modes(curves, sigma=sigma, centre=middle)
        sums = np.zeros((4, len(sigma)))
        for part in table.by_parts(len(mode), len(sigma) * NODES):
            v = mode[part, :, None] + np.sqrt(2.0) * scale[part, :, None] * points
            away = (v - middle[part, :, None]) / sigma[:, None]
            square = away**2
            terms = log_weights + points**2 + table.log_likelihood(curves.chosen(part), v) - 0.5 * square
            share = np.exp(terms - terms.max(axis=2, keepdims=True))
            share /= share.sum(axis=2, keepdims=True)
            mean, second = (share * away).sum(axis=2), (share * square).sum(axis=2)
            spread = (share * (square - second[:, :, None]) ** 2).sum(axis=2)
            of_each = (mean, 1.0 - second + mean**2, second - 1.0, 2.0 * second - spread)
            sums += np.array([(weight[part] * values).sum(axis=0) for values in of_each])
        slope, bend, score, information = sums
        moved = sigma * slope / np.maximum(bend, SMALLEST_BEND)
        step = score / np.maximum(information, np.abs(score) / LARGEST_STEP + 1e-12)
        shift += np.clip(moved, -LARGEST_STEP, LARGEST_STEP)
        log_sigma = np.maximum(log_sigma + step, LOWEST_LOG_SIGMA)
        if max(np.abs(step).max(), np.abs(moved).max()) < SETTLED:
            break
    return np.exp(log_sigma), shift
