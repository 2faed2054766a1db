"""The random-intercept logistic model: maximum likelihood by adaptive Gauss–Hermite quadrature."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from feedback.statistics import site_blocks
from feedback.statistics.information import block_information, lean_of, near_information
from feedback.statistics.link import expit
from feedback.statistics.logistic import LONG, LogisticFit
from feedback.statistics.quadrature import hermite
from feedback.statistics.rows import Rows
from feedback.statistics.site_blocks import Block
from feedback.statistics.site_expansion import settle_sigma

LARGE_SITE = 20.0
SMALLEST_SIGMA = 1e-3
SMALLEST_RATIO = 1e-4
UNSURE_SIGMA = 0.02
FIRST_SIGMA = (0.1, 1.0)
INFORMATION_NODES = 15
FEW_NODES = 7
DECREMENT = 1e-13
FINE = 1e-18
CLOSE = 1e-5  # a step from here ends where the last one may be taken to first order
NEAR_SLACK = 1e-2
LAST_GAIN = 1e-7  # of the log-likelihood: a step of 0.0005 standard errors


@dataclass(frozen=True)
class HierarchicalFit:
    """A fitted random-intercept logistic model.

    Attributes
    ----------
    beta : (k,) coefficients; sigma : SD of the site effects, exactly 0 when the data show none.
    covariance : (k, k) of ``beta``, inverse observed information over (beta, log sigma).
    sigma_standard_error : of sigma (delta method), None when sigma is 0.
    sigma_p_value : likelihood-ratio test of sigma = 0, half a chi-square on one degree of freedom.
    log_likelihood, quadrature, iterations, converged.
    effect, effect_standard_error : (J,) posterior mode and conditional SD given the estimates (both 0 when sigma is 0).
    """

    beta: np.ndarray
    sigma: float
    covariance: np.ndarray
    sigma_standard_error: float | None
    sigma_p_value: float
    log_likelihood: float
    quadrature: int
    iterations: int
    converged: bool
    effect: np.ndarray
    effect_standard_error: np.ndarray


@dataclass(frozen=True)
class _Point:
    """The marginal likelihood at one (beta, log sigma): value, gradient (k + 1,), information (k + 1, k + 1) and site values.

    ``near`` says that the information is near enough for a step, but not that of the quadrature. ``lean`` (J, k) is the
    movement of the modes with beta, where it is known.
    """

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    information: np.ndarray | None
    near: bool
    lean: np.ndarray | None
    mode: np.ndarray
    scale: np.ndarray


def _evaluate(
    blocks: tuple[Block, ...],
    theta: np.ndarray,
    *,
    quadrature: int,
    start: np.ndarray,
    with_information: bool,
    near: bool = False,
    rough: bool = False,
) -> _Point:
    """Evaluate the marginal likelihood; where nearly all sites are large, ``near`` asks for all through their expansions, for
    the cheaper information and the best sigma, and ``rough`` for single precision on long data."""
    k = len(theta) - 1
    enough = quadrature >= FEW_NODES
    near = near and enough and len(blocks) == 1 and blocks[0].expanded
    looks = [site_blocks.look(block, theta[:-1], start=start[block.sites], rough=rough and near) for block in blocks]
    if near:
        log_sigma = settle_sigma(looks, log_sigma=float(theta[-1]), quadrature=quadrature)
        theta = np.append(theta[:-1], log_sigma)
    sigma = float(np.exp(theta[-1]))
    value, gradient, information = 0.0, np.zeros(k + 1), np.zeros((k + 1, k + 1))
    mode, scale, lean = np.empty(len(start)), np.empty(len(start)), np.zeros((len(start), k))
    for block, look in zip(blocks, looks, strict=True):
        at = {"beta": theta[:-1], "sigma": sigma, "near": near}
        terms = site_blocks.terms(block, look, quadrature=quadrature, curved=with_information and enough, **at)
        value += float(terms.log_likelihood.sum())
        gradient[:k] += block.rows.cross(terms.residual)
        gradient[k] += float(terms.sigma_score.sum())
        mode[block.sites], scale[block.sites] = terms.mode, terms.scale
        if with_information:
            if not enough:
                again = site_blocks.from_modes(look, mode=terms.mode)
                terms = site_blocks.terms(block, again, quadrature=INFORMATION_NODES, curved=True, **at)
            if terms.score_nodes is not None:
                lean[block.sites] = lean_of(terms)
            if near:
                near_one, lean[block.sites] = near_information(block.rows, terms, sigma)
                information += near_one
            else:
                information += block_information(block.rows, terms, sigma)
    return _Point(
        theta=theta,
        value=value,
        gradient=gradient,
        information=information if with_information else None,
        near=near,
        lean=lean if with_information and enough else None,
        mode=mode,
        scale=scale,
    )


def _step(point: _Point) -> np.ndarray:
    """Return the Newton step, with the sigma direction made safe where the likelihood is not concave in it."""
    information = point.information.copy()
    k = len(point.theta) - 1
    inner = np.linalg.solve(information[:k, :k], np.column_stack([information[:k, k], point.gradient[:k]]))
    schur = information[k, k] - information[k, :k] @ inner[:, 0]
    pull = point.gradient[k] - information[k, :k] @ inner[:, 1]
    along = float(np.clip(pull / max(schur, abs(pull), 1e-12), -1.0, 1.0))
    return np.append(inner[:, 1] - inner[:, 0] * along, along)


def fit(
    rows: Rows,
    *,
    fixed: LogisticFit,
    quadrature: int = 15,
    large_site: float = LARGE_SITE,
    max_iterations: int = 60,
) -> HierarchicalFit:
    """Fit logit Pr(event) = xβ + u_site, u ~ N(0, σ²), by maximum marginal likelihood.

    Parameters
    ----------
    rows : R rows of J >= 2 sites.
    fixed : the converged fit without site effects, the starting point and the null of the test.
    quadrature : nodes for each site, 1 (Laplace) to 25.
    large_site : sites with at least this Σ p(1−p) are expanded instead of visited row by row.
    max_iterations : outer steps before giving up.

    Returns
    -------
    ``HierarchicalFit``. Sigma below 1e-3, or a likelihood ratio below 1e-4, is reported as exactly 0 with the
    coefficients of ``fixed``.

    Raises
    ------
    ValueError when ``quadrature`` is not 1 … 25.

    Source: Pinheiro & Bates 1995; Self & Liang, JASA 82, 1987 (test on the boundary).
    """
    hermite(quadrature)
    weight = site_blocks.weights(rows, fixed.fitted)
    blocks = site_blocks.split(rows, weight, nodes=max(quadrature, INFORMATION_NODES), large_site=large_site)
    point = _start(rows, blocks, fixed=fixed, quadrature=quadrature)
    point, iteration, converged = _maximise(blocks, point, quadrature=quadrature, max_iterations=max_iterations)
    ratio = 2.0 * (point.value - fixed.log_likelihood)
    if point.theta[-1] <= np.log(SMALLEST_SIGMA) or ratio < SMALLEST_RATIO:
        return _without_sites(rows, fixed=fixed, quadrature=quadrature, iterations=iteration)
    sigma = float(np.exp(point.theta[-1]))
    covariance = np.linalg.inv(_final_information(blocks, point, quadrature=quadrature))
    return HierarchicalFit(
        beta=point.theta[:-1],
        sigma=sigma,
        covariance=covariance[:-1, :-1],
        sigma_standard_error=float(sigma * np.sqrt(max(covariance[-1, -1], 0.0))),
        sigma_p_value=0.5 * float(chi2.sf(ratio, 1)),
        log_likelihood=point.value,
        quadrature=quadrature,
        iterations=iteration,
        converged=converged,
        effect=point.mode,
        effect_standard_error=point.scale,
    )


def _maximise(
    blocks: tuple[Block, ...], point: _Point, *, quadrature: int, max_iterations: int, enough: float | None = None
) -> tuple[_Point, int, bool]:
    """Climb from a point; returns where that ends, the steps taken and whether it is the top.

    ``enough`` : a step that gains less than this is the last one, also from a near look where every site is expanded there
    as in an exact one; its information is then not that of the quadrature.
    """
    all_large = not any(block.small for block in blocks)
    converged, iteration = False, 0
    while not converged and iteration < max_iterations and point.theta[-1] > np.log(SMALLEST_SIGMA):
        iteration += 1
        step = _step(point)
        decrement = abs(float(step @ point.gradient))
        last = FINE * (1.0 + abs(point.value)) if enough is None else enough
        if point.lean is not None and decrement < last and (not point.near or (all_large and enough is not None)):
            point, converged = _corrected(point, step), True
            break
        advanced = _search(blocks, point, step, quadrature=quadrature, near=point.near and decrement > CLOSE)
        if advanced is None and point.near:
            advanced = _evaluate(blocks, point.theta, quadrature=quadrature, start=point.mode, with_information=True)
        else:
            still = advanced is None or decrement < DECREMENT * (1.0 + abs(point.value))
            converged = still and not point.near
        point = point if advanced is None else advanced
    return point, iteration, converged


def _start(rows: Rows, blocks: tuple[Block, ...], *, fixed: LogisticFit, quadrature: int) -> _Point:
    """Begin at the coefficients of the fixed fit with a moment estimate of sigma from the sites' O − E."""
    surplus = rows.by_site(rows.events - rows.counted(fixed.fitted))
    variance = rows.by_site(rows.counted(fixed.fitted * (1.0 - fixed.fitted)))
    moment = float((surplus**2 - variance).sum() / (variance**2).sum())
    sigma = float(np.clip(np.sqrt(max(moment, 0.0)), *FIRST_SIGMA))
    theta = np.append(fixed.beta, np.log(sigma))
    events = rows.by_site(rows.events)
    start = np.log((events + sigma**-2) / (events - surplus + sigma**-2))
    look = {"start": start, "with_information": True, "near": True, "rough": _long(blocks)}
    return _evaluate(blocks, theta, quadrature=quadrature, **look)


def _long(blocks: tuple[Block, ...]) -> bool:
    return sum(len(block.rows.site) for block in blocks) >= LONG


def _corrected(point: _Point, step: np.ndarray) -> _Point:
    """Take a last step too small to need another look: what follows from it to first order is exact to rounding."""
    sigma = float(np.exp(point.theta[-1]))
    pulled = 2.0 * point.mode / sigma**2 * point.scale**2 * step[-1]
    return replace(
        point,
        theta=point.theta + step,
        value=point.value + 0.5 * float(step @ point.gradient),
        mode=point.mode + point.lean @ step[:-1] + pulled,
    )


def _search(
    blocks: tuple[Block, ...], point: _Point, step: np.ndarray, *, quadrature: int, near: bool = False
) -> _Point | None:
    """Return the first of the halved steps that does not lower the likelihood (beyond what a near look may miss), or None."""
    slack = NEAR_SLACK if point.near else 1e-11 * (1.0 + abs(point.value))
    for halving in range(12):
        trial = _evaluate(
            blocks,
            point.theta + step * 0.5**halving,
            quadrature=quadrature,
            start=point.mode,
            with_information=True,
            near=near,
            rough=float(step @ point.gradient) > 1.0 and _long(blocks),
        )
        if trial.value >= point.value - slack:
            return trial
    return None


def _final_information(blocks: tuple[Block, ...], point: _Point, *, quadrature: int) -> np.ndarray:
    """Return the observed information at the estimate; with few nodes by differences of the exact gradient."""
    if quadrature >= FEW_NODES:
        return point.information
    size, step = len(point.theta), 1e-3
    out = np.empty((size, size))
    for column in range(size):
        unit = np.zeros(size)
        unit[column] = step
        gradients = [
            _evaluate(
                blocks, point.theta + times * unit, quadrature=quadrature, start=point.mode, with_information=False
            ).gradient
            for times in (-2.0, -1.0, 1.0, 2.0)
        ]
        out[:, column] = -(gradients[0] - 8.0 * gradients[1] + 8.0 * gradients[2] - gradients[3]) / (12.0 * step)
    return 0.5 * (out + out.T)


def _without_sites(rows: Rows, *, fixed: LogisticFit, quadrature: int, iterations: int) -> HierarchicalFit:
    return HierarchicalFit(
        beta=fixed.beta,
        sigma=0.0,
        covariance=fixed.covariance,
        sigma_standard_error=None,
        sigma_p_value=0.5,
        log_likelihood=fixed.log_likelihood,
        quadrature=quadrature,
        iterations=iterations,
        converged=True,
        effect=np.zeros(rows.n_sites),
        effect_standard_error=np.zeros(rows.n_sites),
    )


@dataclass(frozen=True)
class SiteSlopes:
    """Each site's own gradient (J, k + 1) and information (J, k + 1, k + 1) over (beta, log sigma)."""

    gradient: np.ndarray
    information: np.ndarray


def slopes_of_sites(rows: Rows, *, found: HierarchicalFit) -> SiteSlopes:
    """Look at each of the J sites alone at a fit with sigma above 0; the gradients add up to nothing.

    Parameters
    ----------
    rows : R rows of J sites; found : the model fitted on them.
    """
    size = rows.k + 1
    gradient, information = np.empty((rows.n_sites, size)), np.empty((rows.n_sites, size, size))
    theta = np.append(found.beta, np.log(found.sigma))
    for site in range(rows.n_sites):
        own, start = rows.of_site(site), found.effect[site : site + 1]
        weight = site_blocks.weights(own, expit(own.linear(found.beta) + found.effect[site]))
        block = site_blocks.split(own, weight, nodes=INFORMATION_NODES, large_site=LARGE_SITE)
        point = _evaluate(block, theta, quadrature=INFORMATION_NODES, start=start, with_information=True)
        gradient[site], information[site] = point.gradient, point.information
    return SiteSlopes(gradient=gradient, information=information)


def refit(
    rows: Rows,
    *,
    beta: np.ndarray,
    sigma: float,
    effect: np.ndarray,
    weight: np.ndarray,
    quadrature: int = 15,
    max_iterations: int = 60,
) -> tuple[np.ndarray, float, np.ndarray, np.ndarray] | None:
    """Maximise anew from a near solution, as a bootstrap sample has it.

    Parameters
    ----------
    rows : R rows of J sites; beta, sigma, effect : where to begin, (k,), > 0 and (J,); weight : (J,) Σ p(1−p) there; quadrature : nodes.

    Returns
    -------
    Coefficients, sigma, effects and their standard errors; None where sigma runs towards 0 or the search does not settle.
    """
    blocks = site_blocks.split(rows, weight, nodes=max(quadrature, INFORMATION_NODES), large_site=LARGE_SITE)
    theta = np.append(beta, np.log(sigma))
    point = _evaluate(blocks, theta, quadrature=quadrature, start=effect, with_information=True, near=True)
    point, _, converged = _maximise(
        blocks, point, quadrature=quadrature, max_iterations=max_iterations, enough=LAST_GAIN
    )
    reached = float(np.exp(point.theta[-1]))
    if not converged or reached < UNSURE_SIGMA:
        return None
    return point.theta[:-1], reached, point.mode, point.scale
