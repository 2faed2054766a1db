"""Times a whole comparison beside one plain logistic fit of the same cases, and prints the ratio; a measurement, not a test.

Run from the project folder: ``OPENBLAS_NUM_THREADS=1 python -m bench.comparison [CASES …]`` (100000 and 1000000 when left out).
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from glum import GeneralizedLinearRegressor

from feedback.statistics.compare import Settings, compare
from feedback.statistics.simulate import collaborative

SITES = 100
REPETITIONS = 5


def seconds(work) -> float:
    """Return what one call costs in CPU seconds (others may share the machine; run it with one BLAS thread)."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main(sizes: list[int]) -> None:
    """Interleave both jobs and print medians side by side."""
    print(
        f"{'cases':>9} {'columns':>8} {'design s':>9} {'compare s':>10} {'glum fit s':>11} {'(design + compare) / glum':>27}"
    )
    for n in sizes:
        truth = collaborative(n=n, sites=SITES, sigma=0.35, seed=7)
        cohort = truth.cohort()
        matrix = np.asfortranarray(cohort.design.matrix()[:, 1:])
        peer = GeneralizedLinearRegressor(family="binomial", alpha=0)
        times = {"design": [], "compare": [], "peer": []}
        for _ in range(REPETITIONS):
            times["design"].append(seconds(truth.cohort))
            times["compare"].append(seconds(lambda cohort=cohort: compare(cohort, settings=Settings())))
            times["peer"].append(seconds(lambda matrix=matrix, truth=truth, peer=peer: peer.fit(matrix, truth.outcome)))
        design, ours, plain = (statistics.median(times[name]) for name in ("design", "compare", "peer"))
        print(
            f"{n:>9} {matrix.shape[1]:>8} {design:>9.3f} {ours:>10.3f} {plain:>11.3f} {(design + ours) / plain:>27.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100_000, 1_000_000])
