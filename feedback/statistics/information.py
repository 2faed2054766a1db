"""What one block of sites tells about coefficients and sigma: the observed information, exactly or near enough for a step."""

from __future__ import annotations

import numpy as np

from feedback.statistics.rows import Rows
from feedback.statistics.site_terms import SiteTerms


def block_information(rows: Rows, terms: SiteTerms, sigma: float) -> np.ndarray:
    """Return one block's observed information over (beta, log sigma), by Louis' identity.

    Source: Louis, JRSS B 44, 1982.
    """
    k = rows.k
    out = np.empty((k + 1, k + 1))
    shares = terms.shares[:, :, None]
    centred = terms.score_nodes - (shares * terms.score_nodes).sum(axis=1, keepdims=True)
    root = (np.sqrt(shares) * centred).reshape(-1, k)
    out[:k, :k] = rows.gram(terms.curvature) - root.T @ root
    square = terms.nodes**2 / sigma**2
    mean = (terms.shares * square).sum(axis=1)
    out[:k, k] = ((terms.shares * square)[:, :, None] * centred).sum(axis=(0, 1))
    out[k, :k] = out[:k, k]
    out[k, k] = float((2.0 * mean - (terms.shares * (square - mean[:, None]) ** 2).sum(axis=1)).sum())
    return out


def near_information(rows: Rows, terms: SiteTerms, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Return one block's information with the sites' scores by all columns taken as proportional, good for a step, and the
    movement of the modes with beta, (J, k).

    For the intercept it is exact: by parts, Var(l') = E[−l''] + (Var(u)/σ² − 1)/σ² and Cov(u², l')/σ² = Cov(u², u)/σ⁴ −
    2E[u]/σ² under a site's posterior, l being its log-likelihood by its effect u.
    """
    k = rows.k
    out = np.empty((k + 1, k + 1))
    slopes, gram = rows.cross_by_site(terms.curvature), rows.gram(terms.curvature)
    along = slopes / slopes[:, :1]
    mean = (terms.shares * terms.nodes).sum(axis=1)
    centred = terms.nodes - mean[:, None]
    variance = (terms.shares * centred**2).sum(axis=1)
    spread = slopes[:, 0] + (variance / sigma**2 - 1.0) / sigma**2
    out[:k, :k] = gram - (along * spread[:, None]).T @ along
    square = terms.nodes**2 / sigma**2
    middle = (terms.shares * square).sum(axis=1)
    joint = 2.0 * mean / sigma**2 - (terms.shares * square * centred).sum(axis=1) / sigma**2
    out[:k, k] = out[k, :k] = joint @ along
    out[k, k] = float((2.0 * middle - (terms.shares * (square - middle[:, None]) ** 2).sum(axis=1)).sum())
    return out, -slopes * terms.scale[:, None] ** 2


def lean_of(terms: SiteTerms) -> np.ndarray:
    """Return how each site's mode moves with the coefficients, (J, k)."""
    centred = terms.nodes - (terms.shares * terms.nodes).sum(axis=1, keepdims=True)
    weight = terms.shares * centred
    slopes = (weight[:, :, None] * terms.score_nodes).sum(axis=1) / (weight * centred).sum(axis=1)[:, None]
    return -slopes * terms.scale[:, None] ** 2
