"""Simulated single series with autocorrelation: how often the interval of the interrupted time series holds the truth."""

import numpy as np

from interventions.impact.interrupted import segmented


def coverage(*, periods: int, start: int, memory: float, slope: bool, replicates: int, seed: int) -> float:
    """Return the share of intervals of the mean effect that hold a planted step of −2 points."""
    held = 0
    for number in range(replicates):
        random = np.random.default_rng([seed, number])
        noise = random.normal(size=periods)
        for t in range(1, periods):
            noise[t] = memory * noise[t - 1] + np.sqrt(1 - memory**2) * noise[t]
        excess = 0.03 * noise - 0.02 * (np.arange(periods) >= start)
        mean = segmented(excess=excess, cases=np.full(periods, 60), start=start, slope=slope).mean
        held += mean.lower <= -0.02 <= mean.upper
    return held / replicates
