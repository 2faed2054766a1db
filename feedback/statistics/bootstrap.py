"""The cluster bootstrap of risk-standardised rates: whole sites are drawn, every sample is fitted anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics import hierarchical, logistic
from feedback.statistics.rows import Rows


@dataclass(frozen=True)
class BootstrapRates:
    """Percentile limits ``lower`` and ``upper`` (J,) of the risk-standardised rates (NaN for a site never drawn), how
    many samples each site appeared in ``appearances`` (J,), and how many samples could not be fitted, ``failed``."""

    lower: np.ndarray
    upper: np.ndarray
    appearances: np.ndarray
    failed: int


def standardised_rates(
    rows: Rows, *, draws: int = 1000, seed: int = 1, level: float = 0.95, quadrature: int = 15
) -> BootstrapRates:
    """Interval of predicted over expected times the overall rate, by resampling sites.

    Parameters
    ----------
    rows : R rows of J >= 2 sites.
    draws : bootstrap samples, >= 1; seed : of the generator; level : in (0, 1); quadrature : nodes, 1–25.

    Returns
    -------
    ``BootstrapRates``. Each sample draws J sites with replacement, copies being distinct sites; the model is fitted anew;
    each appearing site's effect is drawn from N(mode, conditional SE²) of one of its copies, taken at random.

    Raises
    ------
    ValueError when no draw is asked for.

    Source: Normand, Wang & Krumholz, 2007, as used by CMS for 30-day measures; Ash et al., COPSS-CMS white paper, 2012.
    """
    if draws < 1:
        raise ValueError("a bootstrap needs at least one draw")
    random = np.random.default_rng(seed)
    found = np.full((draws, rows.n_sites), np.nan)
    failed = 0
    for draw in range(draws):
        drawn = random.integers(0, rows.n_sites, rows.n_sites)
        noise = random.standard_normal(rows.n_sites)
        chosen = random.permutation(rows.n_sites)
        sample = rows.resampled(drawn)
        fixed = logistic.fit(sample)
        mixed = hierarchical.fit(sample, fixed=fixed, quadrature=quadrature) if fixed.converged else None
        if mixed is None or not mixed.converged:
            failed += 1
            continue
        effect = mixed.effect + noise * mixed.effect_standard_error
        predicted = hierarchical.predicted_events(sample, beta=mixed.beta, effect=effect)
        average = hierarchical.predicted_events(sample, beta=mixed.beta, effect=np.zeros(rows.n_sites))
        rate = float(sample.events.sum() / sample.trials.sum())
        found[draw, drawn[chosen]] = (predicted / average * rate)[chosen]
    tail = (1.0 - level) / 2.0
    appearances = np.isfinite(found).sum(axis=0)
    lower, upper = np.full(rows.n_sites, np.nan), np.full(rows.n_sites, np.nan)
    for site in np.nonzero(appearances)[0]:
        values = found[np.isfinite(found[:, site]), site]
        lower[site], upper[site] = np.quantile(values, (tail, 1.0 - tail))
    return BootstrapRates(lower=lower, upper=upper, appearances=appearances, failed=failed)
