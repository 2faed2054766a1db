"""The persistent effect of a site: what stays from period to period, parted from what comes and goes."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from feedback.statistics.link import logit
from interventions.deviance.series import Counts

REACH, STEP = 3.0, 0.05
SIGMAS = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3])
OMEGAS = np.array([0.0, 0.06, 0.12, 0.2, 0.3, 0.45, 0.65])
CENTRES = np.linspace(-0.35, 0.35, 15)
SIGMA_SCALE, OMEGA_SCALE = 0.5, 0.3


@dataclass(frozen=True, eq=False)
class Persistent:
    """Posterior of the persistent odds ratio of each site, against the median site; all (J,) but the last two.

    `probability_false`: that the odds ratio is not below the bound. `odds_ratio`: posterior mean of the log, exponentiated;
    `lower`, `upper`: central 95 per cent. `sigma`, `omega`: posterior means of the SD (log-odds) between sites and, within a
    site, between periods.
    """

    probability_false: np.ndarray
    odds_ratio: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    sigma: float
    omega: float


def persistent(table: Counts, *, bound: float = 0.9) -> Persistent:
    """Fit log-odds of an unwelcome event = model + period + site + deviation of the site in the period.

    `table`: J sites in at least two periods. `bound`: in (0, 1); an odds ratio at or above it is not worth learning from.
    The site effects are normal with SD sigma round a centre, the deviations normal with SD omega; sigma, omega and the centre
    are integrated over (half-normal priors of scale 0.5 and 0.3 in log-odds; flat), so a collaborative in which nobody differs
    says so itself. Of each site and period only the expected events E and their variance V are used: the likelihood is that
    of E/(1 − V/E) … cases of equal risk 1 − V/E, which has the mean and variance of the cases themselves. The period effects
    make the expected events of all sites add up to the observed ones. A site without cases keeps the distribution of all.
    Raises ValueError for a bound outside (0, 1).
    Source: Normand, Glickman & Gatsonis 1997 (probability of a hospital's effect); Gelman 2006 (priors of a hierarchical SD).
    """
    if not 0 < bound < 1:
        raise ValueError("the bound of the odds ratio lies between 0 and 1")
    grid = _grid()
    height = _log_likelihood(table, grid=grid)
    weight, effects = _integrate(height)
    total = weight.sum()
    weight, effects = weight / total, effects / total
    cumulative = np.cumsum(effects, axis=1)
    relative = _offsets()
    below = _below(cumulative, relative=relative, at=np.log(bound))
    mean = effects @ relative
    return Persistent(
        probability_false=np.clip(1.0 - below, 0.0, 1.0), odds_ratio=np.exp(mean),
        lower=np.exp(_quantile(cumulative, relative=relative, p=0.025)),
        upper=np.exp(_quantile(cumulative, relative=relative, p=0.975)),
        sigma=float(weight.sum(axis=(1, 2)) @ SIGMAS), omega=float(weight.sum(axis=(0, 2)) @ OMEGAS),
    )  # fmt: skip


def calibrated(table: Counts) -> np.ndarray:
    """Return expected events (J, T) moved on the log-odds scale until each period's add up to its observed events."""
    size, odds = _equal_cases(table)
    shift = _period_shift(table, size=size, odds=odds)
    return size * _risk(odds, shift[None, :])


def _equal_cases(table: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Return how many cases of equal risk have the same mean and variance, and their log-odds."""
    expected, variance = table.expected, table.variance
    safe = np.where(expected > 0, expected, 1.0)
    risk = np.clip(np.where(expected > 0, 1.0 - variance / safe, 0.5), 1e-6, 1.0 - 1e-6)
    size = np.maximum(np.where(expected > 0, expected / risk, 0.0), table.observed)
    return size, logit(risk)


def _risk(odds: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-(odds + shift)))


def _period_shift(table: Counts, *, size: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Solve Σ expected = Σ observed per period by bisection; a half event keeps periods with none or only events finite."""
    total = size.sum(axis=0)
    target = np.clip(table.observed.sum(axis=0), np.minimum(0.5, total / 2), np.maximum(total - 0.5, total / 2))
    low, high = np.full(target.shape, -12.0), np.full(target.shape, 12.0)
    for _ in range(50):
        middle = 0.5 * (low + high)
        short = (size * _risk(odds, middle[None, :])).sum(axis=0) < target
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return 0.5 * (low + high)


def _log_likelihood(table: Counts, *, grid: np.ndarray) -> np.ndarray:
    """Return the log-likelihood (J, T, K) of each effect on the grid, its largest value 0."""
    size, odds = _equal_cases(table)
    centre = odds + _period_shift(table, size=size, odds=odds)[None, :]
    eta = centre[:, :, None] + grid
    height = table.observed[:, :, None] * eta - size[:, :, None] * np.logaddexp(0.0, eta)
    return height - height.max(axis=2, keepdims=True)


def _normal(distance: np.ndarray, *, sd: float) -> np.ndarray:
    """Return normal weights over the last axis, which sum to 1; all on the nearest point for an SD of 0."""
    z = distance / max(sd, STEP / 4)
    weight = np.exp(-0.5 * (z * z))
    return weight / weight.sum(axis=-1, keepdims=True)


def _prior(values: np.ndarray, *, scale: float) -> np.ndarray:
    """Return trapezoid weights of a half-normal over a grid from 0."""
    edges = np.concatenate(([values[0]], 0.5 * (values[1:] + values[:-1]), [values[-1]]))
    weight = np.diff(edges) * np.exp(-0.5 * (values / scale) ** 2)
    return weight / weight.sum()


def _offsets() -> np.ndarray:
    """Return the points (2K − 1,) on which effects relative to the centre are tabulated."""
    n = round(2 * REACH / STEP)
    return (np.arange(2 * n + 1) - n) * STEP


def _integrate(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return posterior weights (sigmas, omegas, centres) and, weighted by them, the effects relative to the centre (J, 2K − 1).

    The centres lie on multiples of the grid's step, so an effect relative to the centre is a shift of the grid.
    """
    sites, points = height.shape[0], height.shape[2]
    shifts = np.round(CENTRES / STEP).astype(int)
    likelihood = np.exp(height)
    marginal = np.stack([_over_periods(likelihood, blur=blur) for blur in _blurs()])
    peak = marginal.max(axis=2, keepdims=True)
    shape, level = np.exp(marginal - peak), peak[:, :, 0].sum(axis=1)
    priors = _priors()
    evidence = np.einsum("ojk,smk->somj", shape, priors, optimize=True)
    logs = np.log(np.maximum(evidence, 1e-300)).sum(axis=3) + level[None, :, None]
    logs += (
        np.log(_prior(SIGMAS, scale=SIGMA_SCALE))[:, None, None]
        + np.log(_prior(OMEGAS, scale=OMEGA_SCALE))[None, :, None]
    )
    weight = np.exp(logs - logs.max())
    share = weight[:, :, :, None] / np.maximum(evidence, 1e-300)
    effects = np.zeros((sites, 2 * points - 1))
    for place, shift in enumerate(shifts):
        mixed = np.einsum("soj,sk->ojk", share[:, :, place, :], priors[:, place, :], optimize=True)
        start = (points - 1) // 2 - shift
        effects[:, start : start + points] += (mixed * shape).sum(axis=0)
    return weight, effects


def _over_periods(likelihood: np.ndarray, *, blur: np.ndarray) -> np.ndarray:
    """Return the log-likelihood (J, K) of a persistent effect, the deviations of the periods integrated out."""
    return np.log(np.maximum(likelihood @ blur.T, 1e-300)).sum(axis=1)


def _grid() -> np.ndarray:
    return np.arange(-REACH, REACH + STEP / 2, STEP)


@cache
def _blurs() -> tuple[np.ndarray, ...]:
    """Return for each omega the weights (K, K) of the deviations round each persistent effect."""
    grid = _grid()
    return tuple(_normal(grid[:, None] - grid[None, :], sd=omega) for omega in OMEGAS)


@cache
def _priors() -> np.ndarray:
    """Return the weights (sigmas, centres, K) of the persistent effects."""
    grid, shifts = _grid(), np.round(CENTRES / STEP)
    return np.stack([[_normal(grid - shift * STEP, sd=sigma) for shift in shifts] for sigma in SIGMAS])


def _below(cumulative: np.ndarray, *, relative: np.ndarray, at: float) -> np.ndarray:
    """Return the probability below a point, each grid point's share spread evenly over its step."""
    edges = relative + STEP / 2
    return np.array([np.interp(at, edges, row) for row in cumulative])


def _quantile(cumulative: np.ndarray, *, relative: np.ndarray, p: float) -> np.ndarray:
    return np.array([np.interp(p, row, relative + STEP / 2) for row in cumulative])
