"""Everything a comparison says from the posterior: shrunken ratios, ranks and the band of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics import curves as table
from feedback.statistics import posterior, ranks
from feedback.statistics.curves import Lattice
from feedback.statistics.exact_test import CountDistribution
from feedback.statistics.ranks import Ranks
from feedback.statistics.result import Settings
from feedback.statistics.rows import Rows

REACH = 12.0


@dataclass(frozen=True)
class Shrunken:
    """Posterior of R = Σ expit(xβ + u) / E for J sites, all (J,): mean, interval, Pr(R < threshold), ranks and the band
    ``chance_lower`` … ``chance_upper`` in which chance alone would put the posterior mean of a site at the threshold
    (NaN where no exact distribution exists)."""

    ratio: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    probability_below: np.ndarray
    ranks: Ranks
    chance_lower: np.ndarray
    chance_upper: np.ndarray
    sigma_mean: float


def shrink(
    rows: Rows,
    *,
    lattice: Lattice,
    expected: np.ndarray,
    threshold: float,
    distributions: tuple[CountDistribution | None, ...],
    settings: Settings,
) -> Shrunken:
    """Integrate each site's ratio over sigma and the intercept.

    Parameters
    ----------
    rows : R rows of J sites; lattice : of their linear predictor, held fixed; expected : (J,) > 0.
    threshold : the ratio that means equality with the benchmark.
    distributions : of each site's count at the threshold, for the band of chance.
    settings : level, draws, seed and prior scale are used.

    Source: see ``posterior``; the band follows Spiegelhalter 2005, appendix A.1.1, on the shrunken scale.
    """
    curves = table.tabulated(rows, lattice, reach=REACH)
    mixture = posterior.integrate(curves, prior_scale=settings.prior_scale)
    tail = (1.0 - settings.level) / 2.0
    drawn = posterior.draw_events(mixture, draws=settings.draws, seed=settings.seed) / expected
    low, high = (_chance(curves, mixture, distributions, p=p) for p in (tail, 1.0 - tail))
    return Shrunken(
        ratio=mixture.mean_events / expected,
        lower=table.events_at(curves, posterior.quantile(mixture, tail)) / expected,
        upper=table.events_at(curves, posterior.quantile(mixture, 1.0 - tail)) / expected,
        probability_below=posterior.probability_below(mixture, posterior.effect_for(curves, threshold * expected)),
        ranks=ranks.of_draws(drawn, level=settings.level),
        chance_lower=low / expected,
        chance_upper=high / expected,
        sigma_mean=float((mixture.sigma * mixture.weight).sum()),
    )


def _chance(
    curves: table.Curves, mixture: posterior.Mixture, distributions: tuple[CountDistribution | None, ...], *, p: float
) -> np.ndarray:
    """Return the posterior mean events the sites would have with the p-quantile of their chance counts."""
    counts = np.array([np.nan if item is None else item.interpolated(p) for item in distributions])
    known = np.isfinite(counts)
    shifted = curves.shifted(np.where(known, counts - curves.observed, 0.0))
    return np.where(known, posterior.quick_mean_events(shifted, mixture), np.nan)
