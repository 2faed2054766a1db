"""The same site terms from one look at each row: an eighth-order expansion of a large site's log-likelihood.

A site with many expected events has a narrow posterior, on which its log-likelihood is a polynomial to rounding error.
One exponential for each row then serves every quadrature node. Small sites go through ``site_terms.by_rows``.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from feedback.statistics.rows import Rows
from feedback.statistics.site_terms import SiteTerms, combine, place_nodes

ORDER = 8
INFORMATION_ORDER = 4
REACH = 1.0
MODE_ITERATIONS = 40


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


def _power_sums(rows: Rows, eta: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return risks (R,), Σ trials·p^r by site (J, ORDER + 1), and the site log-likelihoods (J,) at the centres."""
    ends = np.append(rows.starts[1:], len(eta))
    risks = np.empty(len(eta))
    sums = np.zeros((rows.n_sites, ORDER + 1))
    values = np.empty(rows.n_sites)
    for site, (begin, end) in enumerate(zip(rows.starts, ends, strict=True)):
        at = eta[begin:end] + centre[site]
        small = np.exp(-np.abs(at))
        p = np.where(at >= 0, 1.0, small) / (1.0 + small)
        trials = rows.trials[begin:end]
        values[site] = (rows.events[begin:end] * at - trials * (np.maximum(at, 0.0) + np.log(1.0 + small))).sum()
        risks[begin:end] = p
        power = trials * p
        for r in range(1, ORDER + 1):
            sums[site, r] = power.sum()
            power *= p
    return risks, sums, values


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
    centre = start
    risks, sums, base = _power_sums(rows, eta, centre)
    bends = sums @ POLYNOMIALS.T
    values = -bends / FACTORIALS
    values[:, 0] = base
    values[:, 1] += rows.by_site(rows.events)
    slope = _differentiate(values)
    peak = _differentiate(slope)
    delta = _modes(slope, peak, centre=centre, sigma=sigma)
    mode = centre + delta
    scale = (np.maximum(-_polynomial(peak, delta), 0.0) + sigma**-2) ** -0.5
    nodes = place_nodes(mode, scale, quadrature)
    away = nodes - centre[:, None]
    node_sums = combine(
        nodes=nodes,
        values=_polynomial(values, away),
        slopes=_polynomial(slope, away),
        mode=mode,
        scale=scale,
        third=-_polynomial(_differentiate(peak), delta),
        sigma=sigma,
    )
    powers = np.arange(ORDER)
    moments = (node_sums.shares[:, :, None] * away[:, :, None] ** powers).sum(axis=1) / FACTORIALS[:ORDER]
    at_mode = delta[:, None] ** powers / FACTORIALS[:ORDER]
    row_terms = moments.copy()
    row_terms[:, 1:] += node_sums.on_weight[:, None] * at_mode[:, :-1]
    row_terms[:, 2:] += node_sums.on_third[:, None] * at_mode[:, :-2]
    curvature, score_nodes = None, None
    if with_curvature:
        curvature = _by_row(rows, risks, moments[:, : ORDER - 1] @ POLYNOMIALS[2:])
        score_nodes = _score_nodes(rows, risks, away)
    return SiteTerms(
        log_likelihood=node_sums.log_likelihood,
        mode=mode,
        scale=scale,
        sigma_score=node_sums.sigma_score,
        nodes=nodes,
        shares=node_sums.shares,
        residual=rows.events - _by_row(rows, risks, row_terms @ POLYNOMIALS[1:]),
        curvature=curvature,
        score_nodes=score_nodes,
    )


def _by_row(rows: Rows, risks: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return trials·Σ_r coefficients[site, r]·p^r for every row, coefficients (J, ORDER + 1) with a zero first column."""
    out = np.empty(len(risks))
    ends = np.append(rows.starts[1:], len(risks))
    for site, (begin, end) in enumerate(zip(rows.starts, ends, strict=True)):
        p = risks[begin:end]
        total = np.full(end - begin, coefficients[site, ORDER])
        for r in range(ORDER - 1, 0, -1):
            total *= p
            total += coefficients[site, r]
        total *= p
        total *= rows.trials[begin:end]
        out[begin:end] = total
    return out


def _score_nodes(rows: Rows, risks: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Return Σ trials·p·x at the nodes minus its value at the centre, (J, Q, k), to the fourth order.

    It serves only the variance of the score, a small part of the information: standard errors move by less than 1e-4 of
    themselves.
    """
    power = rows.trials * risks
    power_sums = []
    for _ in range(INFORMATION_ORDER + 1):
        power_sums.append(rows.cross_by_site(power))
        power = power * risks
    stacked = np.stack(power_sums)
    out = np.zeros((*away.shape, rows.k))
    for m in range(1, INFORMATION_ORDER + 1):
        vector = np.tensordot(POLYNOMIALS[m + 1, 1 : INFORMATION_ORDER + 2], stacked, axes=1)
        out += (away**m / FACTORIALS[m])[:, :, None] * vector[:, None, :]
    return out
