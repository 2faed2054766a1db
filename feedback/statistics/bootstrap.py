"""The cluster bootstrap of risk-standardised rates: whole sites are drawn, every sample is fitted anew, or by one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics import curves, hierarchical, logistic, one_step, site_blocks
from feedback.statistics.hierarchical import HierarchicalFit
from feedback.statistics.link import expit
from feedback.statistics.rows import Rows

ENOUGH_EVENTS = 25.0
METHODS = ("auto", "exact", "one-step")


@dataclass(frozen=True)
class BootstrapRates:
    """Percentile limits ``lower`` and ``upper`` (J,) of the risk-standardised rates (NaN for a site never drawn), how
    many samples each site appeared in ``appearances`` (J,), how many samples could not be fitted, ``failed``, and the
    ``method`` used: ``exact`` or ``one-step``. ``rates`` (draws, J) are the samples themselves, NaN where not drawn."""

    lower: np.ndarray
    upper: np.ndarray
    appearances: np.ndarray
    failed: int
    method: str
    rates: np.ndarray


@dataclass(frozen=True)
class Draws:
    """What chance decides, the same for both methods: which sites each sample holds, (draws, J) indices, and the standard
    normal number behind each site's effect, that of one of its copies taken at random (0 where it was not drawn)."""

    sites: np.ndarray
    noise: np.ndarray


def draw(*, draws: int, sites: int, seed: int) -> Draws:
    """Draw the samples; equal seeds give equal samples."""
    random = np.random.default_rng(seed)
    chosen_sites = np.empty((draws, sites), dtype=np.int64)
    noise = np.zeros((draws, sites))
    for number in range(draws):
        drawn = random.integers(0, sites, sites)
        normal = random.standard_normal(sites)
        turn = random.permutation(sites)
        chosen_sites[number] = drawn
        noise[number, drawn[turn]] = normal[turn]
    return Draws(sites=chosen_sites, noise=noise)


def standardised_rates(
    rows: Rows, *, draws: int = 1000, seed: int = 1, level: float = 0.95, quadrature: int = 15, method: str = "auto"
) -> BootstrapRates:
    """Interval of predicted over expected times the overall rate, by resampling sites.

    Parameters
    ----------
    rows : R rows of J >= 2 sites.
    draws : bootstrap samples, >= 1; seed : of the generator; level : in (0, 1); quadrature : nodes, 1–25.
    method : ``exact`` fits every sample to convergence; ``one-step`` takes a weighted Newton step from the fit of all
        sites; ``auto`` takes the step where every site has at least 25 cases with and 25 without the event.

    Returns
    -------
    ``BootstrapRates``. Each sample draws J sites with replacement, copies being distinct sites; the model is fitted anew;
    each appearing site's effect is drawn from N(mode, conditional SE²) of one of its copies, taken at random.

    Raises
    ------
    ValueError when no draw is asked for or the method is unknown.

    Source: Normand, Wang & Krumholz, 2007, as used by CMS for 30-day measures; Ash et al., COPSS-CMS white paper, 2012.
    """
    if draws < 1:
        raise ValueError("a bootstrap needs at least one draw")
    if method not in METHODS:
        raise ValueError(f"method {method} is none of {', '.join(METHODS)}")
    drawn = draw(draws=draws, sites=rows.n_sites, seed=seed)
    whole = _fit(rows, quadrature=quadrature)
    quick = method == "one-step" or (method == "auto" and _eventful(rows))
    if whole is not None and whole.sigma > hierarchical.UNSURE_SIGMA and quick:
        found, method = one_step.rates(rows, whole=whole, sites=drawn.sites, noise=drawn.noise), "one-step"
    else:
        found, method = _exact(rows, whole=whole, drawn=drawn, quadrature=quadrature), "exact"
    tail = (1.0 - level) / 2.0
    appearances = np.isfinite(found).sum(axis=0)
    lower, upper = np.full(rows.n_sites, np.nan), np.full(rows.n_sites, np.nan)
    for site in np.nonzero(appearances)[0]:
        values = found[np.isfinite(found[:, site]), site]
        lower[site], upper[site] = np.quantile(values, (tail, 1.0 - tail))
    return BootstrapRates(
        lower=lower,
        upper=upper,
        appearances=appearances,
        failed=int(np.count_nonzero(~np.isfinite(found).any(axis=1))),
        method=method,
        rates=found,
    )


def _eventful(rows: Rows) -> bool:
    events = rows.by_site(rows.events)
    return bool(np.minimum(events, rows.by_site(rows.trials) - events).min() >= ENOUGH_EVENTS)


def _fit(rows: Rows, *, quadrature: int) -> HierarchicalFit | None:
    fixed = logistic.fit(rows)
    mixed = hierarchical.fit(rows, fixed=fixed, quadrature=quadrature) if fixed.converged else None
    return mixed if mixed is not None and mixed.converged else None


def _exact(rows: Rows, *, whole: HierarchicalFit | None, drawn: Draws, quadrature: int) -> np.ndarray:
    """Fit every sample to convergence, beginning at the fit of all sites where sigma stays clear of 0."""
    found = np.full(drawn.sites.shape, np.nan)
    weight = np.zeros(rows.n_sites)
    if whole is not None:
        weight = site_blocks.weights(rows, expit(rows.linear(whole.beta) + whole.effect[rows.site]))
    for number, (sites, noise) in enumerate(zip(drawn.sites, drawn.noise, strict=True)):
        sample = rows.resampled(sites)
        beta, effect, error = _estimates(sample, sites=sites, whole=whole, weight=weight, quadrature=quadrature)
        if beta is None:
            continue
        shown = effect + noise[sites] * error
        binned = curves.lattice(sample, sample.linear(beta))
        predicted, average = binned.risks(shown), binned.risks(np.zeros(rows.n_sites))
        found[number, sites] = predicted / average * float(sample.events.sum() / sample.trials.sum())
    return found


def _estimates(
    sample: Rows, *, sites: np.ndarray, whole: HierarchicalFit | None, weight: np.ndarray, quadrature: int
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    none = np.zeros(0)
    if whole is not None and whole.sigma > hierarchical.UNSURE_SIGMA:
        near = hierarchical.refit(
            sample,
            beta=whole.beta,
            sigma=whole.sigma,
            effect=whole.effect[sites],
            weight=weight[sites],
            quadrature=quadrature,
        )
        if near is not None:
            return near[0], near[2], near[3]
    found = _fit(sample, quadrature=quadrature)
    return (None, none, none) if found is None else (found.beta, found.effect, found.effect_standard_error)
