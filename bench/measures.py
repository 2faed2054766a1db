"""Times a round of many measures: each compared, with its funnel, and a control chart and a CUSUM for every site.

Run from the project folder: ``OPENBLAS_NUM_THREADS=1 python -m bench.measures [CASES]`` (1000000 when left out). The measures share
their cases and covariates, so the design is built once. Limits of the CUSUM are given, not calibrated.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np

from feedback.statistics import funnel
from feedback.statistics.compare import Settings, compare
from feedback.statistics.control_chart import p_prime_chart
from feedback.statistics.cusum import risk_adjusted_cusum
from feedback.statistics.simulate import collaborative

MEASURES = 20
SITES = 100
QUARTERS = 12
LIMIT = 4.5
SETTINGS = Settings(funnel="additive")


def main(n: int) -> None:
    """Print the CPU seconds of each part."""
    truth = collaborative(n=n, sites=SITES, sigma=0.35, seed=7)
    random = np.random.default_rng(5)
    quarter = random.integers(0, QUARTERS, n)
    spent = {"design": 0.0, "comparison": 0.0, "funnel": 0.0, "control charts": 0.0, "CUSUM": 0.0}
    clock = time.process_time()

    def lap(part: str) -> None:
        nonlocal clock
        spent[part] += time.process_time() - clock
        clock = time.process_time()

    shared = truth.cohort()
    order = np.argsort(shared.site * QUARTERS + quarter, kind="stable")
    ends = np.cumsum(np.bincount(shared.site))[:-1]
    place = shared.site * QUARTERS + quarter
    cases = np.bincount(place, minlength=SITES * QUARTERS).reshape(SITES, QUARTERS)
    lap("design")
    for number in range(MEASURES):
        outcome = (random.random(n) < truth.risk * (0.7 + 0.03 * number)).astype(float)
        clock = time.process_time()
        cohort = replace(shared, outcome=outcome)
        result = compare(cohort, settings=SETTINGS)
        lap("comparison")
        grid = np.geomspace(1.0, max(site.expected for site in result.sites), 200)
        for p in (0.001, 0.025, 0.975, 0.999):
            funnel.exact_ratio(grid, p=p)
        lap("funnel")
        events = np.bincount(place, weights=outcome, minlength=SITES * QUARTERS).reshape(SITES, QUARTERS)
        for site in range(SITES):
            p_prime_chart(events=events[site], cases=cases[site])
        lap("control charts")
        happened, risk = np.split(outcome[order], ends), np.split(result.expected_risk[order], ends)
        for own, chance in zip(happened, risk, strict=True):
            risk_adjusted_cusum(outcome=own, risk=chance, upper_limit=LIMIT, lower_limit=LIMIT)
        lap("CUSUM")
    print(f"{MEASURES} measures, {SITES} sites, {QUARTERS} quarters, {n} cases: {sum(spent.values()):.2f} CPU s")
    for part, took in spent.items():
        print(f"  {part:<16}{took:>8.2f}")


if __name__ == "__main__":
    main(*([int(word) for word in sys.argv[1:2]] or [1_000_000]))
