"""The same site terms from one look at each row: an eighth-order expansion of a large site's log-likelihood.

A site with many expected events has a narrow posterior, on which its log-likelihood is a polynomial to rounding error.
One exponential for each row then serves every quadrature node. Small sites go through ``site_terms.by_rows``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import factorial

import numpy as np

from feedback.statistics.link import log_sum, logs, odds_against
from feedback.statistics.rows import BLOCK, Rows
from feedback.statistics.site_terms import NodeSums, SiteTerms, combine, place_nodes

ORDER = 8
REACH = 1.0
MODE_ITERATIONS = 40
ROUGH_ORDER = 5
SHAPES = 4
SIGMA_STEPS = 4
SIGMA_TOLERANCE = 1e-3
LOWEST_LOG_SIGMA = -8.0


def _derivative_polynomials() -> np.ndarray:
    """Return C with b_m = Σ_r C[m, r] p^r, where b_m is the m-th derivative of log(1 + e^η) and p its first."""
    table = np.zeros((ORDER + 1, ORDER + 1))
    table[1, 1] = 1.0
    for m in range(1, ORDER):
        for r in range(1, m + 1):
            table[m + 1, r] += r * table[m, r]
            table[m + 1, r + 1] -= r * table[m, r]
    return table


POLYNOMIALS = _derivative_polynomials()
FACTORIALS = np.array([float(factorial(m)) for m in range(ORDER + 1)])


@dataclass(frozen=True)
class Expansion:
    """The log-likelihoods of J sites as polynomials of the distance from ``centre`` (J,): coefficients ``values``
    (J, ORDER + 1), beside the rows and their ``risks`` (R,) at the centres; a ``rough`` one is for an early step."""

    rows: Rows
    centre: np.ndarray
    risks: np.ndarray
    values: np.ndarray
    rough: bool


def expand(rows: Rows, eta: np.ndarray, *, centre: np.ndarray, rough: bool = False) -> Expansion:
    """Look at each row once.

    Parameters
    ----------
    rows : R rows of J sites; eta : (R,) linear predictor; centre : (J,) effects to expand about; rough : see
    ``link.odds_against``.
    """
    risks = np.empty(len(eta))
    sums = np.zeros((rows.n_sites, ORDER + 1))
    base = np.zeros(rows.n_sites)
    with np.errstate(over="ignore"):
        for sites, part in rows.batches():
            one = sites.stop == sites.start + 1
            at = eta[part] + (centre[sites.start] if one else centre[rows.site[part]])
            whole = odds_against(at, rough=rough)
            whole += 1.0
            p = np.divide(1.0, whole, out=risks[part])
            add = _add_site if one else _add_sites
            add(rows, sites, part, at=at, whole=whole, p=p, base=base, sums=sums)
    values = -(sums @ POLYNOMIALS.T) / FACTORIALS
    values[:, 0] = base
    values[:, 1] += rows.by_site(rows.events)
    return Expansion(rows=rows, centre=centre, risks=risks, values=values, rough=rough)


def _add_site(
    rows: Rows,
    sites: slice,
    part: slice,
    *,
    at: np.ndarray,
    whole: np.ndarray,
    p: np.ndarray,
    base: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Add what a part of one site's rows gives to its log-likelihood at the centre and to its power sums."""
    site, events = sites.start, rows.events[part]
    if rows.unit:
        base[site] += np.dot(events, at) - at.sum() - log_sum(whole, at)
        sums[site, 1:] += power_sums(p, p)
    else:
        trials = rows.trials[part]
        base[site] += np.dot(events - trials, at) - np.dot(trials, logs(whole, at))
        sums[site, 1:] += power_sums(p, trials * p)


def _add_sites(
    rows: Rows,
    sites: slice,
    part: slice,
    *,
    at: np.ndarray,
    whole: np.ndarray,
    p: np.ndarray,
    base: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Do the same for several whole sites at once."""
    begins = rows.starts[sites] - part.start
    trials = 1.0 if rows.unit else rows.trials[part]
    base[sites] += np.add.reduceat((rows.events[part] - trials) * at - trials * logs(whole, at), begins)
    power = trials * p
    for r in range(1, ORDER + 1):
        sums[sites, r] += np.add.reduceat(power, begins)
        if r < ORDER:
            power = power * p


def power_sums(p: np.ndarray, first: np.ndarray) -> tuple[float, ...]:
    """Return Σ first·p^r for r = 0 … 7: eight sums from three products."""
    second = first * p
    square = p * p
    third, fourth = first * square, second * square
    return (
        first.sum(), second.sum(), third.sum(), fourth.sum(),
        np.dot(third, square), np.dot(fourth, square), np.dot(third, square * square), np.dot(fourth, square * square),
    )  # fmt: skip


def _polynomial(coefficients: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """Evaluate Σ_m coefficients[:, m]·delta^m for (J, M) coefficients and (J,) or (J, Q) delta."""
    shape = (slice(None),) + (None,) * (delta.ndim - 1)
    out = np.zeros_like(delta)
    for m in range(coefficients.shape[1] - 1, -1, -1):
        out = out * delta + coefficients[:, m][shape]
    return out


def _differentiate(coefficients: np.ndarray) -> np.ndarray:
    return coefficients[:, 1:] * np.arange(1, coefficients.shape[1])


def _modes(slope: np.ndarray, peak: np.ndarray, *, centre: np.ndarray, sigma: float) -> np.ndarray:
    """Return the modes as distances from the centres, within ±REACH."""
    delta = np.zeros(len(centre))
    for _ in range(MODE_ITERATIONS):
        gradient = _polynomial(slope, delta) - (centre + delta) / sigma**2
        bend = np.maximum(-_polynomial(peak, delta), 0.0) + sigma**-2
        moved = np.clip(delta + np.clip(gradient / bend, -0.5, 0.5), -REACH, REACH)
        still = np.abs(moved - delta).max() < 1e-13
        delta = moved
        if still:
            break
    return delta


def by_expansion(
    rows: Rows,
    eta: np.ndarray,
    *,
    sigma: float,
    quadrature: int,
    start: np.ndarray,
    with_curvature: bool,
) -> SiteTerms:
    """Evaluate large sites through their expansions about ``start``.

    Parameters and result are those of ``site_terms.by_rows``. The expansion is exact to rounding when ``start`` lies near
    the modes, so the search calls again with the modes it found. Meant for sites whose Σ p(1−p) is at least 20: the
    ninth-order remainder then moves the likelihood by less than about 1e-7 (checked against ``by_rows`` in the tests).

    Source: Taylor's theorem; the derivatives of log(1 + e^η) are polynomials in p by b' = p(1 − p)·db/dp.
    """
    return terms_of(expand(rows, eta, centre=start), sigma=sigma, quadrature=quadrature, with_curvature=with_curvature)


@dataclass(frozen=True)
class _Sites:
    """What the J sites' polynomials give at one sigma."""

    mode: np.ndarray
    scale: np.ndarray
    nodes: np.ndarray
    sums: NodeSums


def _sites(expansion: Expansion, *, sigma: float, quadrature: int) -> _Sites:
    centre = expansion.centre
    slope = _differentiate(expansion.values)
    peak = _differentiate(slope)
    delta = _modes(slope, peak, centre=centre, sigma=sigma)
    mode = centre + delta
    scale = (np.maximum(-_polynomial(peak, delta), 0.0) + sigma**-2) ** -0.5
    nodes = place_nodes(mode, scale, quadrature)
    away = nodes - centre[:, None]
    sums = combine(
        nodes=nodes,
        values=_polynomial(expansion.values, away),
        slopes=_polynomial(slope, away),
        mode=mode,
        scale=scale,
        third=-_polynomial(_differentiate(peak), delta),
        sigma=sigma,
    )
    return _Sites(mode=mode, scale=scale, nodes=nodes, sums=sums)


def settle_sigma(expansions: Sequence[Expansion], *, log_sigma: float, quadrature: int) -> float:
    """Return the log sigma that is best at these coefficients, near enough for a Newton step from there.

    Parameters
    ----------
    expansions : of all sites; log_sigma : where to begin; quadrature : nodes.

    Source: Louis, JRSS B 44, 1982 (the information in the denominator).
    """
    for _ in range(SIGMA_STEPS):
        sigma = float(np.exp(log_sigma))
        score, information = 0.0, 0.0
        for expansion in expansions:
            found = _sites(expansion, sigma=sigma, quadrature=quadrature)
            square = found.nodes**2 / sigma**2
            mean = (found.sums.shares * square).sum(axis=1)
            score += float(found.sums.sigma_score.sum())
            information += float((2.0 * mean - (found.sums.shares * (square - mean[:, None]) ** 2).sum(axis=1)).sum())
        step = float(np.clip(score / max(information, abs(score), 1e-12), -1.0, 1.0))
        log_sigma = max(log_sigma + step, LOWEST_LOG_SIGMA)
        if abs(step) < SIGMA_TOLERANCE:
            break
    return log_sigma


def terms_of(
    expansion: Expansion, *, sigma: float, quadrature: int, with_curvature: bool, with_scores: bool = True
) -> SiteTerms:
    """Evaluate an expansion at one sigma, see ``by_expansion``; ``score_nodes`` may be left out of the curvature."""
    rows, risks = expansion.rows, expansion.risks
    found = _sites(expansion, sigma=sigma, quadrature=quadrature)
    node_sums = found.sums
    away = found.nodes - expansion.centre[:, None]
    powers = np.arange(ORDER)
    moments = (node_sums.shares[:, :, None] * away[:, :, None] ** powers).sum(axis=1) / FACTORIALS[:ORDER]
    at_mode = (found.mode - expansion.centre)[:, None] ** powers / FACTORIALS[:ORDER]
    row_terms = moments.copy()
    row_terms[:, 1:] += node_sums.on_weight[:, None] * at_mode[:, :-1]
    row_terms[:, 2:] += node_sums.on_third[:, None] * at_mode[:, :-2]
    factors = np.zeros((2 if with_curvature else 1, len(found.mode), ORDER))
    order = ROUGH_ORDER if expansion.rough else ORDER
    factors[0, :, :order] = row_terms[:, :order] @ POLYNOMIALS[1 : order + 1, 1 : order + 1]
    score_nodes = None
    if with_curvature:
        order = ORDER if with_scores else ROUGH_ORDER
        factors[1, :, :order] = moments[:, : order - 1] @ POLYNOMIALS[2 : order + 1, 1 : order + 1]
        if with_scores:
            score_nodes = _score_nodes(rows, risks, away)
    residual, *rest = _by_row(rows, risks, factors)
    curvature = rest[0] if rest else None
    np.subtract(rows.events, residual, out=residual)
    return SiteTerms(
        log_likelihood=node_sums.log_likelihood,
        mode=found.mode,
        scale=found.scale,
        sigma_score=node_sums.sigma_score,
        nodes=found.nodes,
        shares=node_sums.shares,
        residual=residual,
        curvature=curvature,
        score_nodes=score_nodes,
    )


def _by_row(rows: Rows, risks: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return trials·Σ_r factors[·, site, r]·p^(r + 1) for every row, (S, R), for S sets of factors (S, J, ORDER).

    The powers are worked out once in parts that stay in the cache; a small product then serves all sets of a site.
    """
    out = np.empty((len(factors), len(risks)))
    powers = np.empty((ORDER, BLOCK))
    ends = rows.ends.tolist()
    for sites, part in rows.batches():
        own = powers[:, : part.stop - part.start]
        own[0] = risks[part]
        for lower, higher in pairwise(own):
            np.multiply(lower, own[0], out=higher)
        begin = part.start
        for site in range(sites.start, sites.stop):
            end = min(ends[site], part.stop)
            np.matmul(factors[:, site], own[:, begin - part.start : end - part.start], out=out[:, begin:end])
            begin = end
        if not rows.unit:
            out[:, part] *= rows.trials[part]
    return out


def _score_nodes(rows: Rows, risks: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Return Σ trials·p·x at the nodes minus its value at the centre, (J, Q, k), to the fourth order.

    It serves only the variance of the score, a small part of the information: standard errors move by less than 1e-4 of
    themselves. The second to fifth derivatives of log(1 + e^η) are w, w(1 − 2p), w(1 − 6w) and w(1 − 2p)(1 − 12w).
    """
    if len(rows.site) < rows.n_sites * len(rows.table):
        vectors = rows.cross_by_site_each(_shapes(rows, risks, slice(None)))
    else:
        vectors = rows.cross_by_site_of(lambda part: _shapes(rows, risks, part), count=SHAPES)
    powers = np.arange(1, SHAPES + 1)
    return (away[:, :, None] ** powers / FACTORIALS[powers]) @ vectors


def _shapes(rows: Rows, risks: np.ndarray, part: slice) -> np.ndarray:
    """Return trials times the second to fifth derivative for some rows, (4, m)."""
    p = risks[part]
    out = np.empty((SHAPES, len(p)))
    weight = np.multiply(p, 1.0 - p)
    turn = 1.0 - 2.0 * p
    out[0] = weight if rows.unit else rows.trials[part] * weight
    np.multiply(out[0], turn, out=out[1])
    np.multiply(out[0], 1.0 - 6.0 * weight, out=out[2])
    np.multiply(out[1], 1.0 - 12.0 * weight, out=out[3])
    return out
