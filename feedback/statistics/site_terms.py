"""Marginal likelihood of one block of sites by adaptive Gauss–Hermite quadrature, with its exact derivatives.

Two evaluations give the same ``SiteTerms``: ``by_rows`` works on every row at every node, ``by_expansion`` (in
``site_expansion``) on site sums. Neither knows how the outer search moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics.link import expit, softplus
from feedback.statistics.quadrature import hermite
from feedback.statistics.rows import Rows

MODE_TOLERANCE = 1e-11
MODE_ITERATIONS = 60
LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class SiteTerms:
    """What J sites contribute at given coefficients and sigma.

    ``log_likelihood``, ``mode``, ``scale`` (conditional SD) and ``sigma_score`` (derivative by log sigma) are (J,);
    ``nodes`` and ``shares`` (J, Q) are the quadrature points and their posterior weights (each row sums to 1);
    ``residual`` (R,) gives the gradient by the coefficients as X'·residual; ``curvature`` (R,) is the posterior mean of
    trials·p(1 − p) and ``score_nodes`` (J, Q, k) the sums of trials·p·x at the nodes up to a constant for each site
    (both None unless asked for).
    """

    log_likelihood: np.ndarray
    mode: np.ndarray
    scale: np.ndarray
    sigma_score: np.ndarray
    nodes: np.ndarray
    shares: np.ndarray
    residual: np.ndarray
    curvature: np.ndarray | None
    score_nodes: np.ndarray | None


@dataclass(frozen=True)
class NodeSums:
    """Weights of the rule at one site's nodes and the chain-rule coefficients of its moving nodes, all (J,) or (J, Q)."""

    log_likelihood: np.ndarray
    shares: np.ndarray
    sigma_score: np.ndarray
    on_weight: np.ndarray
    on_third: np.ndarray


def place_nodes(mode: np.ndarray, scale: np.ndarray, quadrature: int) -> np.ndarray:
    """Return the (J, Q) adaptive nodes mode + √2·scale·t."""
    points, _ = hermite(quadrature)
    return mode[:, None] + np.sqrt(2.0) * scale[:, None] * points


def combine(
    *,
    nodes: np.ndarray,
    values: np.ndarray,
    slopes: np.ndarray,
    mode: np.ndarray,
    scale: np.ndarray,
    third: np.ndarray,
    sigma: float,
) -> NodeSums:
    """Turn site log-likelihoods at the nodes into the marginal likelihood and its derivative coefficients.

    Parameters
    ----------
    nodes, values, slopes : (J, Q) nodes u, Σ log-likelihood at u, and its derivative by u.
    mode, scale : (J,) posterior mode and (negative second derivative)^(−½).
    third : (J,) Σ trials·p(1−p)(1−2p) at the mode.
    sigma : > 0.

    Returns
    -------
    ``NodeSums``: a row's residual is events − trials·E[p] − on_weight·w − on_third·b₃, with w and b₃ the row's
    second and third derivatives at the mode. The nodes move with the parameters; these two coefficients carry that
    movement, so the gradient is that of the quadrature sum itself, for any number of nodes.

    Source: Pinheiro & Bates, J. Comp. Graph. Stat. 4, 1995 (adaptive rule); derivatives by the implicit function theorem.
    """
    points, log_weights = hermite(nodes.shape[1])
    terms = log_weights + points**2 + values - nodes**2 / (2.0 * sigma**2)
    top = terms.max(axis=1)
    weights = np.exp(terms - top[:, None])
    total = weights.sum(axis=1)
    shares = weights / total[:, None]
    log_likelihood = top + np.log(total) + np.log(np.sqrt(2.0) * scale / sigma) - 0.5 * LOG_2PI
    pull = slopes - nodes / sigma**2
    by_mode = (shares * pull).sum(axis=1)
    by_scale = (shares * pull * (np.sqrt(2.0) * points)).sum(axis=1) + 1.0 / scale
    variance = scale**2
    half = 0.5 * scale**3 * by_scale
    mode_by_log_sigma = 2.0 * mode / sigma**2 * variance
    peak_by_log_sigma = -2.0 / sigma**2 + third * mode_by_log_sigma
    sigma_score = (
        (shares * nodes**2).sum(axis=1) / sigma**2 - 1.0 + by_mode * mode_by_log_sigma - half * peak_by_log_sigma
    )
    return NodeSums(
        log_likelihood=log_likelihood,
        shares=shares,
        sigma_score=sigma_score,
        on_weight=variance * (by_mode - half * third),
        on_third=half,
    )


def find_modes(rows: Rows, eta: np.ndarray, *, sigma: float, start: np.ndarray) -> np.ndarray:
    """Return the (J,) posterior modes by Newton's method on all sites at once, steps clipped to ±2.

    Raises
    ------
    ArithmeticError when a mode does not settle, which a strictly concave function cannot cause.
    """
    mode = start.copy()
    for iteration in range(MODE_ITERATIONS):
        p = expit(eta + mode[rows.site])
        slope = rows.by_site(rows.events - rows.trials * p) - mode / sigma**2
        peak = rows.by_site(rows.trials * p * (1.0 - p)) + sigma**-2
        reach = 2.0 if iteration < 20 else 2.0 * 0.7 ** (iteration - 19)
        step = np.clip(slope / peak, -reach, reach)
        mode += step
        if np.abs(step).max() < MODE_TOLERANCE * max(1.0, sigma):
            return mode
    raise ArithmeticError("a site's posterior mode did not settle")


def by_rows(
    rows: Rows, eta: np.ndarray, *, sigma: float, quadrature: int, start: np.ndarray, with_curvature: bool
) -> SiteTerms:
    """Evaluate every row at every node.

    Parameters
    ----------
    rows : R rows of J sites.
    eta : (R,) linear predictor without site effect.
    sigma : > 0.
    quadrature : Q, 1 … 25.
    start : (J,) first guess of the modes.
    with_curvature : also return what the information matrix needs.
    """
    mode = find_modes(rows, eta, sigma=sigma, start=start)
    p = expit(eta + mode[rows.site])
    weight = rows.trials * p * (1.0 - p)
    bend = weight * (1.0 - 2.0 * p)
    scale = (rows.by_site(weight) + sigma**-2) ** -0.5
    nodes = place_nodes(mode, scale, quadrature)
    values, slopes = np.empty_like(nodes), np.empty_like(nodes)
    risks = np.empty((quadrature, len(eta)))
    for q in range(quadrature):
        at = eta + nodes[rows.site, q]
        risks[q] = expit(at)
        values[:, q] = rows.by_site(rows.events * at - rows.trials * softplus(at))
        slopes[:, q] = rows.by_site(rows.events - rows.trials * risks[q])
    sums = combine(
        nodes=nodes, values=values, slopes=slopes, mode=mode, scale=scale, third=rows.by_site(bend), sigma=sigma
    )
    mean_risk, curvature, score_nodes = np.zeros(len(eta)), None, None
    for q in range(quadrature):
        mean_risk += sums.shares[rows.site, q] * risks[q]
    if with_curvature:
        curvature = np.zeros(len(eta))
        for q in range(quadrature):
            curvature += sums.shares[rows.site, q] * risks[q] * (1.0 - risks[q])
        curvature *= rows.trials
        score_nodes = rows.cross_by_site_each(risks if rows.unit else rows.trials * risks)
    residual = (
        rows.events - rows.trials * mean_risk - sums.on_weight[rows.site] * weight - sums.on_third[rows.site] * bend
    )
    return SiteTerms(
        log_likelihood=sums.log_likelihood,
        mode=mode,
        scale=scale,
        sigma_score=sums.sigma_score,
        nodes=nodes,
        shares=sums.shares,
        residual=residual,
        curvature=curvature,
        score_nodes=score_nodes,
    )
